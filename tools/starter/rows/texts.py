"""Real sentences turned into questions: a part is taken out and asked for, in the
words around it. In Chinese the question word stands where the answer stood; in
English it stands there or in front. Also plain copying, which is the skill under all
others."""

import re

import formats

from . import words
from .ask import vary

ENDS = {"zh": re.compile(r"(?<=[。！？])"), "en": re.compile(r"(?<=[.!?])\s+(?=[A-Z\"])")}
# What a part looks like, and how it is asked for.
PARTS = {
    "zh": [
        (r"[12]\d{3}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日", ["哪一天", "什么时候", "何时"]),
        (r"[12]\d{3}年", ["哪一年", "什么时候", "何年"]),
        (r"\d[\d,.]*(?:%|％)", ["多少", "百分之多少"]),
        (r"\d[\d,.]*(?:万|亿)?(?:元|人|个|次|米|公里|岁|座|部|名|种|年|天|小时|分钟|平方米|公斤)", ["多少", "多大", "几"]),
        (r"(?<=[“《「])[^”》」“《]{2,16}(?=[”》」])", ["什么", "哪个"]),
        (r"[\u4e00-\u9fff]{2,5}(?:省|市|县|区|镇|大学|公司|医院|学校|公园|博物馆)", ["哪里", "哪个地方", "什么地方"]),
        (r"(?<=[为是叫])[\u4e00-\u9fff]{2,8}(?=[，。的])", ["什么"]),
        (r"(?<=[由被])[\u4e00-\u9fff]{2,5}(?=[，。的])", ["谁", "什么"]),
        (r"[A-Za-z][A-Za-z0-9_.-]{2,20}", ["什么", "哪个"]),
        (r"(?<=[，：、])[\u4e00-\u9fff]{3,10}(?=[，。、；])", ["什么", "怎样"]),
    ],
    "en": [
        (r"\b[12]\d{3}\b", ["which year", "what year", "when"]),
        (r"\b\d[\d,.]*\d%?|\b\d\b%?", ["how many", "how much", "what number"]),
        (r"(?<=[\"“`])[^\"”`]{3,40}(?=[\"”`])", ["what"]),
        (r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,3}", ["who", "what", "which"]),
        (r"(?<=[a-z,] )[A-Z][a-zA-Z]{3,}", ["what", "where", "which"]),
        (r"(?<=\bthe )[a-z]{4,}(?: [a-z]{4,})?", ["what"]),
        (r"(?<=\ba )[a-z]{4,}(?: [a-z]{4,})?", ["what kind of thing", "what"]),
        (r"(?<=\bby )[a-z]{4,}(?: [a-z]{3,}){0,3}", ["by what means", "how", "what"]),
    ],
}


def sentences(lang, text):
    return [s.strip() for s in ENDS[lang].split(text) if s.strip()]


def whole(lang, sentence):
    """Whether it reads as one sentence of text, not as code or a list."""
    if not (8 if lang == "zh" else 25) <= len(sentence) <= (120 if lang == "zh" else 260):
        return False
    quoted = sum(sentence.count(c) for c in "“”\"")
    return not re.search(r"[|{}<>\\=]", sentence) and quoted % 2 == 0 and sentence[-1] in "。！？.!?"


def about(r, lang, sentence):
    """A question about a part of a sentence, and the part; None if it has no such part."""
    for pattern, ways in r.sample(PARTS[lang], len(PARTS[lang])):
        found = list(re.finditer(pattern, sentence))
        if found:
            m = r.choice(found)
            before, after = sentence[:m.start()].strip("“《"), sentence[m.end():].rstrip("。.！!？?")
            return (ask_zh if lang == "zh" else ask_en)(r, before, r.choice(ways), after), m.group()
    return None


def ask_zh(r, before, way, after):
    """Keeps the clause that the answer stands in, sometimes its neighbours."""
    if r.random() < 0.6:
        before = re.split(r"[，；：]", before)[-1] if len(re.split(r"[，；：]", before)[-1]) > 3 else before
    if r.random() < 0.7:
        after = re.split(r"[，；：]", after)[0]
    q = re.sub(r"[“”《》「」]", "", before + way + after)
    return re.sub(r"^(但是|因此|所以|而且|此外|同时|并且|然后|其中|但|而|也|并)，?", "", q)


def ask_en(r, before, way, after):
    if r.random() < 0.5:
        before = re.split(r"[,;:] ", before)[-1]
    if r.random() < 0.6:
        after = re.split(r"[,;:] ", after)[0]
    before, after = before.strip(), after.strip()
    if r.random() < 0.5 and before:
        return f"{way[0].upper()}{way[1:]}: {before} ... {after}" if r.random() < 0.3 else f"{way[0].upper()}{way[1:]} {before[0].lower()}{before[1:]} {after}".strip()
    return f"{before} {way} {after}".strip()


def thin(r, lang, question):
    """Drops some words, so that a question need not repeat the sentence."""
    if lang == "en":
        kept = [w for w in question.split() if r.random() > 0.15 or w[0].isupper()]
        return " ".join(kept) or question
    parts = re.findall(r"[a-zA-Z0-9_.%-]+|.", question)
    if len(parts) < 8:
        return question
    at, n = r.randrange(len(parts) - 4), r.randint(1, 3)
    return "".join(parts[:at] + parts[at + n:]) if r.random() < 0.5 else question


def window(r, passage, most):
    """Some sentences in a row, up to so many characters."""
    start = r.randrange(len(passage))
    out, size = [], 0
    for s in passage[start:]:
        if size + len(s) > most:
            break
        out.append(s)
        size += len(s)
    return out


def extract(r, lang, passage):
    """A row about a passage of real text, given as sentences; None if it has none to ask about."""
    shown = window(r, passage, r.choice([150, 300, 500] if lang == "zh" else [300, 700, 1200]))
    fit = [s for s in shown if whole(lang, s)]
    if not fit:
        return None
    asked = [(s, about(r, lang, s)) for s in r.sample(fit, min(len(fit), r.randint(1, 4)))]
    asked = [(s, *a) for s, a in asked if a is not None]
    if not asked:
        return None
    lost = r.choice(asked) if r.random() < 0.2 else None  # taken out of the text, and asked for
    if lost:
        shown = [s for s in shown if s != lost[0] and lost[2] not in s]
        if not shown:
            return None
    text, turns = ("" if lang == "zh" else " ").join(shown), []
    for sentence, question, part in asked:
        question = vary(r, lang, thin(r, lang, question))
        answer = formats.extract_answer(lang, sentence, part) if sentence in shown else formats.NOT_IN_TEXT[lang]
        turns += [formats.again(lang, question) if turns else formats.extract_user(lang, text, question), answer]
    return formats.conversation(formats.EXTRACT[lang], *turns)


def copy(r, lang, passage):
    """Says a part of a text again: by its number, by its beginning, by what stands around it, or all of it."""
    shown = window(r, passage, r.choice([60, 200, 400]))
    if not shown:
        return None
    at = r.randrange(len(shown))
    s = shown[at]
    secret = words.code(r)
    zh = lang == "zh"
    lines = [f"{i}. {x}" for i, x in enumerate(shown, 1)]
    head = s[:r.randint(2, 6)] if zh else " ".join(s.split()[:r.randint(2, 4)])
    kind = r.randrange(5)
    if kind == 0:
        ask, turns = "照抄第{}行。" if zh else "Copy line {}.", []
        for i in r.sample(range(len(shown)), min(len(shown), r.randint(1, 3))):
            turns += [("" if turns else "\n".join(lines) + "\n\n") + ask.format(i + 1), shown[i]]
        return formats.conversation("", *turns)
    if kind == 1:
        return formats.conversation("", "\n".join(shown) + (f"\n\n照抄以“{head}”开头的一行。" if zh else f'\n\nCopy the line that begins with "{head}".'), s)
    if kind == 2:
        lines = [*shown[:at], (f"编号是{secret}。" if zh else f"The number is {secret}."), *shown[at:]]
        return formats.conversation("", "\n".join(lines) + ("\n\n编号是多少？" if zh else "\n\nWhat is the number?"), secret)
    if kind == 3:
        names = [words.person(r, lang) for _ in range(r.randint(2, 6))]
        values = [words.code(r) for _ in names]
        table = "\n".join(f"{n}：{v}" if zh else f"{n}: {v}" for n, v in zip(names, values))
        ask, turns = "{}对应的是什么？" if zh else "What belongs to {}?", []
        for i in r.sample(range(len(names)), r.randint(1, len(names))):
            turns += [("" if turns else table + "\n\n") + ask.format(names[i]), values[i]]
        return formats.conversation("", *turns)
    return formats.conversation("", ("重复：" if zh else "Repeat: ") + s, s)
