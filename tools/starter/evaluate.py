"""Measures the starter model through hearth's own API, so that template, tokenizer and
engine are part of what is measured: the model in the binary, asked as people ask, or a
file by itself, which is then shown the passages here.

    evaluate.py --hearth BINARY --passages PROGRAM [--cmrc FILE] [--xquad FILE] [--most N] [MODEL.gguf]

guide    held-out questions about the manual, with what retrieval finds: right if all
         facts are in the answer, which is one passage's at most and no longer than 600
         characters; what the manual does not say must be said so
blind    the same, with questions by somebody who had read the manual and nothing else
loan     held-out applications: valid JSON with the right keys, and each field
forms    other forms, of the generator under a seed that training does not use, likewise
extract  CMRC 2018's and XQuAD's questions, fetched by whoever runs this and never
         trained on: exact match, and contained in an answer
         not much longer; the quote must stand in the text
tools    rows of the generator under a seed that training does not use; of a file by
         itself also sums, dates, talk, which in the binary do not reach the model
"""

import argparse
import collections
import json
import pathlib
import random
import re
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import formats
import leakage
import serving
from rows import forms, small, tools

SEED = 990_001
SOURCE = re.compile(r"\n\n(\(Manual: .*\)|——《手册》“.*”)$")
KNOWS_LITTLE = {"zh": "只懂 hearth 的手册", "en": "I know its manual and nothing else"}  # internal/starter/prompt.go
K = 3  # passages shown with a question about the manual
ANSWER_MAX = 600  # characters


def heldout(name):
    for lang in ("zh", "en"):
        for line in (leakage.HELDOUT / f"{name}.{lang}.jsonl").read_text().splitlines():
            yield json.loads(line)


def holds(text, facts):
    return all(any(w in text for w in wordings) for wordings in facts)


def guide_items(program, name, shown):
    items = list(heldout(name))
    asked = "".join(json.dumps(i["question"]) + "\n" for i in items)
    found = subprocess.run([program, str(K)], input=asked, capture_output=True, check=True, text=True).stdout.splitlines()
    for item, line in zip(items, found):
        f = json.loads(line)
        messages = formats.conversation(f["system"], f["user"]) if shown else formats.conversation("", item["question"])
        yield item["lang"], messages, None, judge_guide(item, f["passages"] or [])


def judge_guide(item, passages):
    def judge(message):
        text = SOURCE.sub("", message.get("content") or "")
        if not item["facts"]:
            return {"refused": any(w in text for w in (formats.NOT_IN_MANUAL[item["lang"]], small.UNKNOWN[item["lang"]], KNOWS_LITTLE[item["lang"]]))}
        squeezed = re.sub(r"\s", "", re.sub(r"^\[\d\]\s*", "", text))
        verbatim = any(squeezed and squeezed in re.sub(r"\s", "", p["text"]) for p in passages)
        found = any(p["section"] == item["section"] for p in passages)
        right = holds(text, item["facts"]) and len(text) <= ANSWER_MAX
        return {"right": right, "verbatim": verbatim, "section found": found} | ({"right where found": right} if found else {})
    return judge


def loan_items():
    for item in heldout("loan"):
        yield item["lang"], formats.conversation(formats.FORM[item["lang"]], formats.form_user(item["lang"], formats.LOAN[item["lang"]], item["text"])), None, judge_loan(item)


def judge_loan(item, named=True):
    def judge(message):
        try:
            value = json.loads(message.get("content") or "")
        except ValueError:
            value = None
        valid = isinstance(value, dict) and list(value) == list(item["fields"])
        value = {k: v.strip() if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, dict) else {}
        right = {k: value.get(k, ...) == v for k, v in item["fields"].items()}
        return {"valid": valid, "fields": sum(right.values()) / len(right), "all fields": all(right.values())} | {"field " + k: v for k, v in right.items() if named}
    return judge


def form_items(n):
    r = random.Random(SEED)
    for _ in range(n):
        lang = r.choice(["zh", "en"])
        *asked, answer = forms.other(r, lang)
        yield lang, asked, None, judge_loan({"fields": {k: v.strip() if isinstance(v, str) else v for k, v in json.loads(answer["content"]).items()}}, named=False)


def normal(lang, text):
    """As SQuAD's and CMRC's own scorers compare: no case, no punctuation, no articles."""
    text = re.sub(r"[\s" + re.escape(string.punctuation) + "，。；：？！、“”‘’（）《》—…·]", "" if lang == "zh" else " ", text.lower())
    return text if lang == "zh" else " ".join(w for w in text.split() if w not in ("a", "an", "the"))


def squad_items(path, lang, most):
    questions = [(p["context"], q["question"], [a["text"] for a in q["answers"]])
                 for d in json.loads(pathlib.Path(path).read_text())["data"] for p in d["paragraphs"] for q in p["qas"]]
    random.Random(SEED).shuffle(questions)
    for context, question, golds in questions[:most]:
        context = re.sub(r"\s+", "" if lang == "zh" else " ", context)
        yield lang, formats.conversation(formats.EXTRACT[lang], formats.extract_user(lang, context, question)), None, judge_extract(lang, context, golds)


def judge_extract(lang, context, golds):
    def judge(message):
        reply = message.get("content") or ""
        got = normal(lang, formats.extracted(lang, reply))
        wanted = [normal(lang, g) for g in golds]
        quote = re.search("原文：“(.*)”" if lang == "zh" else 'Quote: "(.*)"', reply)
        return {"exact": got in wanted, "exact or contained": any(g in got and len(got) <= 3 * len(g) + 20 for g in wanted),
                "gold in quote": bool(quote) and any(g in normal(lang, quote[1]) for g in wanted), "quoted truly": bool(quote) and quote[1] in context}
    return judge


def made_items(make, n):
    """Rows of the generator: the last answer must be given word for word."""
    r = random.Random(SEED)
    for _ in range(n):
        lang = r.choice(["zh", "en"])
        messages, offered = make(r, lang)
        yield lang, messages[:-1], offered, judge_made(messages[-1])


def judge_made(wanted):
    def judge(message):
        calls = [[(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in m.get("tool_calls") or []] if valid(m) else None for m in (message, as_sent(wanted))]
        if wanted.get("tool_calls"):
            return {"right": calls[0] == calls[1], "valid call": bool(calls[0])}
        return {"right": (message.get("content") or "").strip() == wanted["content"]}
    return judge


def valid(message):
    try:
        return all(isinstance(json.loads(c["function"]["arguments"]), dict) for c in message.get("tool_calls") or [])
    except ValueError:
        return False


def as_sent(message):
    """A message whose arguments are JSON text, as clients send them."""
    calls = [{**c, "function": {**c["function"], "arguments": json.dumps(c["function"]["arguments"])}} for c in message.get("tool_calls") or []]
    return {**message, "tool_calls": calls} if calls else message


def some(items, most):
    random.Random(SEED).shuffle(items)
    return items[:most]


def tasks(a):
    yield "guide", some(list(guide_items(a.passages, "guide", a.model)), a.most)
    yield "blind", some(list(guide_items(a.passages, "blind", a.model)), a.most)
    yield "loan", some(list(loan_items()), a.most)
    yield "forms", form_items(min(a.most, 200))
    if a.cmrc:
        yield "extract cmrc2018", squad_items(a.cmrc, "zh", a.most)
    if a.xquad:
        yield "extract xquad", squad_items(a.xquad, "en", a.most)
    n = min(a.most, 60)
    yield "tools", made_items(tools.row, n)
    for name, make in () if not a.model else (("sums", small.sums), ("dates", small.dates), ("talk", small.talk)):
        yield name, made_items(lambda r, lang, make=make: (make(r, lang), None), n)


def ask(server, item):
    lang, messages, offered, judge = item
    try:
        message = server.chat([as_sent(m) for m in messages], offered)
    except Exception as e:  # a refusal, for example of a prompt that is too long, is a wrong answer
        message = {"content": "", "error": str(e)}
    return lang, messages, message, judge(message)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--hearth", default="bin/hearth")
    p.add_argument("--passages", required=True)
    p.add_argument("--cmrc", help="CMRC 2018's dev set in SQuAD's form")
    p.add_argument("--xquad", help="xquad.en.json")
    p.add_argument("--most", type=int, default=10**9, help="items of each task")
    p.add_argument("--only", help="a task, by the start of its name")
    p.add_argument("--answers", help="where to write every answer, as JSON lines")
    p.add_argument("model", nargs="?")
    a = p.parse_args()
    log = open(a.answers, "w", buffering=1) if a.answers else None
    with serving.serve(a.hearth, a.model) as server, ThreadPoolExecutor(4) as pool:
        for name, items in tasks(a):
            if a.only and not name.startswith(a.only):
                continue
            totals = collections.defaultdict(list)
            for lang, messages, message, marks in pool.map(lambda i: ask(server, i), items):
                for mark, value in marks.items():
                    totals[mark, lang].append(value)
                if log:  # line by line, so that a run that is stopped leaves what it measured
                    log.write(json.dumps({"task": name, "lang": lang, "asked": messages[-1]["content"], "answer": message, "marks": marks}, ensure_ascii=False) + "\n")
            table(name, totals)


def table(name, totals):
    print(f"\n{name:34}{'zh':>14}{'en':>14}")
    for mark in dict.fromkeys(m for m, _ in totals):
        row = ""
        for lang in ("zh", "en"):
            v = totals.get((mark, lang), [])
            row += f"{100 * sum(v) / len(v):7.1f} % {len(v):5}" if v else " " * 15
        print(f"  {mark:32}{row}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
