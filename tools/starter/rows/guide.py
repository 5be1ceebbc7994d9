"""Questions about the manual, with the passages that retrieval really finds for them.

The wordings are those of internal/starter/asked.*.txt, said in many ways, and
questions made of the passages' own words. The passages come from the Go program
tools/starter/passages, so that training sees what the product will show.
"""

import json
import pathlib
import re
import subprocess

import formats

from . import texts
from .ask import vary

ASKED = pathlib.Path(__file__).parents[3] / "internal/starter"
OFF_TOPIC = {
    "zh": "今天天气怎么样;给我讲个笑话;中国有多少个省;怎么学游泳;牛肉多少钱一斤;唐朝有多少年;帮我写一封情书;怎样减肥最快;谁是美国总统;晚饭吃什么好;"
          "股票会涨吗;推荐几本小说;地球到月亮多远;怎么修自行车;孩子不爱吃饭怎么办;火车票怎么买;如何学好英语;李白是哪个朝代的;周末去哪里玩;怎么养猫;翻译一句英文;写一段代码排序;"
          "给公司起个名字;签证怎么办理;房贷利率多少;头疼吃什么药;鸡蛋煮几分钟;最近有什么新闻",
    "en": "what is the weather today;tell me a joke;how many countries are there in Africa;how do I learn to swim;how much is a kilo of beef;write a love letter;"
          "how do I lose weight;who is the president;what should I eat tonight;will the market rise;suggest some novels;how far is the moon;how do I repair a bicycle;"
          "my child does not eat;where do I buy train tickets;how do I learn Spanish;who painted the Mona Lisa;where shall we go this weekend;how do I keep a cat;"
          "translate this sentence into French;write code that sorts a list;find a name for my company;how do I get a visa;what are mortgage rates;what helps against a headache;"
          "how long do eggs boil;what is in the news",
}


def sentences(text):
    """A passage in sentences and lines, each as it stands."""
    return [s for _, s in numbered(text)]


def numbered(text):
    """The sentences, each with the number of the line it stands in."""
    return [(n, s.strip()) for n, line in enumerate(text.split("\n")) for s in re.split(r"(?<=[。！？])|(?<=[.!?;]) (?=[A-Za-z`])", line) if s.strip()]


def answer(passage, anchors):
    """The sentences that hold the anchors; all of the passage for none or for *."""
    if not anchors or "*" in anchors or passage["text"].startswith(("Exit code", "退出码")):
        return passage["text"]
    picked = set()
    for a in anchors:
        found = [x for x in numbered(passage["text"]) if a in x[1]]
        if not found:  # the anchor spans what are two sentences to us
            return passage["text"]
        picked.add(found[0])
    out, last = "", None
    for n, s in (x for x in numbered(passage["text"]) if x in picked):
        out += ("" if last is None else "\n" if n != last else "" if passage["lang"] == "zh" else " ") + s
        last = n
    return out


class Guide:
    def __init__(self, program):
        self.program = program
        self.all = [json.loads(x) for x in subprocess.run([program], capture_output=True, check=True, text=True).stdout.splitlines()]
        self.facts = [f for lang in ("zh", "en") for f in self.load(lang)]

    def load(self, lang):
        for line in (ASKED / f"asked.{lang}.txt").read_text().splitlines():
            section, anchors, questions = (x.strip() for x in line.split("|"))
            anchors = [a.strip() for a in anchors.split("&") if a.strip()]
            passage = next(p for p in self.all if p["lang"] == lang and p["section"] == section and (not anchors or anchors[0] in p["text"]))
            yield {"lang": lang, "passage": passage, "answer": answer(passage, anchors), "questions": questions.split(";")}

    def find(self, questions, k):
        """The passages for each of many questions, at once."""
        lines = "".join(json.dumps(q) + "\n" for q in questions)
        out = subprocess.run([self.program, str(k)], input=lines, capture_output=True, check=True, text=True).stdout
        return [json.loads(x)["passages"] or [] for x in out.splitlines()]

    def rows(self, r, n):
        """So many rows, retrieval run once over all questions."""
        asked = [self.question(r) for _ in range(n)]
        for (lang, question, passage, text), found in zip(asked, self.find([a[1] for a in asked], 5)):
            yield self.row(r, lang, question, passage, text, found)

    def question(self, r):
        """(language, question, the passage that answers it or None, its answer)."""
        lang = r.choice(["zh", "en"])
        if r.random() < 0.08:
            return lang, vary(r, lang, r.choice(OFF_TOPIC[lang].split(";"))), None, None
        fact = r.choice([f for f in self.facts if f["lang"] == lang])
        name = fact["passage"]["section"].split(":")[1]
        if ":" in fact["passage"]["section"] and fact["answer"] == fact["passage"]["text"] and r.random() < 0.5 and fact["passage"]["title"] == name:
            return lang, vary(r, lang, r.choice(self.named(lang, fact["passage"]["section"], name))), fact["passage"], fact["answer"]
        if r.random() < 0.25:
            return lang, vary(r, lang, keywords(r, lang, fact["answer"])), fact["passage"], fact["answer"]
        return lang, vary(r, lang, r.choice(fact["questions"])), fact["passage"], fact["answer"]

    def named(self, lang, section, name):
        """Questions that name a setting or an error."""
        if section.startswith("settings"):
            return {"zh": [f"{name} 是什么意思", f"{name} 怎么设置", f"{name} 默认是多少", f"设置项 {name} 有什么用", f"{name} 应该填什么", f"{name}设成0会怎样", f"解释 {name}"],
                    "en": [f"what does {name} do", f"what is the default of {name}", f"how do I set {name}", f"explain the setting {name}", f"meaning of {name}", f"what happens if {name} is 0"]}[lang]
        return {"zh": [f"出现 {name} 怎么办", f"{name} 是什么错误", f"报错 {name}", f"如何解决 {name}", f"为什么会有 {name}", f"返回了{name}，什么原因", f"{name} 怎么处理"],
                "en": [f"what does {name} mean", f"I get {name}", f"how do I fix {name}", f"error {name}", f"why do I see {name}", f"what should I do about {name}", f"{name}: what now"]}[lang]

    def row(self, r, lang, question, passage, text, found):
        k = r.choice([1, 1, 1, 1, 1, 2, 3])  # the product shows one
        others = [p for p in found if p is not passage and p != passage]
        if passage is None or r.random() < 0.06:
            shown, reply = others[:k], formats.NOT_IN_MANUAL[lang]
        else:
            at = found.index(passage) if passage in found[:k] and r.random() < 0.6 else r.randrange(k)
            shown = others[:k - 1]
            shown.insert(min(at, len(shown)), passage)
            reply = formats.guide_answer(shown.index(passage) + 1, text)
        turns = [formats.guide_user(lang, shown, question), reply]
        for question, reply in self.more(r, lang, shown, {question}):
            turns += [formats.again(lang, question), reply]
        return lang, formats.conversation(formats.GUIDE[lang], *turns)

    def more(self, r, lang, shown, asked):
        """Further questions about the same passages: more is learnt of a prompt that is
        computed once, and another passage of the same ones is to be chosen."""
        facts = [(i, f) for i, p in enumerate(shown, 1) for f in self.facts if f["passage"] is p or f["passage"] == p]
        size = sum(len(p["text"]) for p in shown)
        for i, f in r.sample(facts, min(len(facts), r.randint(0, 4))):
            if r.random() < 0.08:
                missing = r.choice([f for f in self.facts if f["lang"] == lang and f["passage"] not in shown])
                yield vary(r, lang, r.choice(missing["questions"])), formats.NOT_IN_MANUAL[lang]
                continue
            question = r.choice(f["questions"]) if r.random() < 0.7 else keywords(r, lang, f["answer"])
            size += len(f["answer"])
            if question in asked or size > (900 if lang == "zh" else 2400):
                continue
            asked.add(question)
            yield vary(r, lang, question), formats.guide_answer(i, f["answer"])


def keywords(r, lang, text):
    """A question of some of a sentence's own words."""
    parts = re.findall(r"[A-Za-z][\w.-]+|\d+|[\u4e00-\u9fff]{2,6}", text)
    if lang == "zh":
        parts = [p[i:i + 4] for p in parts for i in range(0, len(p), 4)]
    if not parts:
        return text
    at = r.randrange(len(parts))
    some = parts[at:at + r.randint(3, 6)]
    if lang == "zh":
        return "".join(some) + r.choice(["是怎么回事", "怎么办", "是什么意思", "", "怎么弄", "说明"])
    return r.choice(["how about ", "explain ", "what about ", "tell me about ", "is it true that "]) + " ".join(some)


def title(lang, sentence):
    return sentence[:5] if lang == "zh" else " ".join(sentence.split()[:2])


def made(r, lang, passages):
    """The same task over real text: numbered passages, a question about one sentence of one of them."""
    shown = []
    for p in r.sample(passages, min(len(passages), r.randint(1, 4))):
        some = texts.window(r, p, 160 if lang == "zh" else 350)
        if some:
            shown.append(some)
    pairs = [(i, s) for i, p in enumerate(shown) for s in p if texts.whole(lang, s)]
    if not pairs:
        return None
    listed = [{"title": title(lang, p[0]), "text": ("" if lang == "zh" else " ").join(p)} for p in shown]
    turns = []
    for i, sentence in r.sample(pairs, min(len(pairs), r.randint(1, 4))):
        asked = texts.about(r, lang, sentence)
        question = vary(r, lang, texts.thin(r, lang, asked[0] if asked and r.random() < 0.6 else keywords(r, lang, sentence)))
        turns += [formats.again(lang, question) if turns else formats.guide_user(lang, listed, question), formats.guide_answer(i + 1, sentence)]
    return formats.conversation(formats.GUIDE[lang], *turns)
