"""Makes training rows: JSON lines of a skill, a language, and either a conversation or
plain text. The same seed, texts and manual give the same rows.

    generate.py --seed 1 --rows 100000 --texts TEXTS.jsonl --passages PROGRAM OUT.jsonl

TEXTS.jsonl is from collect.py, PROGRAM is tools/starter/passages, built. Rows that
hold a held-out text are thrown away and counted.
"""

import argparse
import collections
import json
import random
import sys

import leakage
from rows import entities, forms, guide, small, texts, tools

# How many of a hundred rows are of each skill. Guide rows are the longest: by tokens
# they are about a third.
# What a model has begun to do is practised in the second mix: short rows, which weigh
# little by tokens, and the form. The third is nearly all forms, beside enough of the rest
# that it is not forgotten.
MIX = {
    "guide": 24, "guide-made": 10, "entity": 14, "extract": 14, "copy": 8, "loan": 10, "form": 4, "tools": 6,
    "talk": 2, "unknown": 2, "sums": 2, "dates": 1, "units": 1, "text": 2,
}
PRACTICE = {
    "guide": 14, "guide-made": 5, "entity": 12, "extract": 11, "copy": 4, "loan": 18, "form": 6, "tools": 5,
    "talk": 9, "unknown": 7, "sums": 4, "dates": 2, "units": 2, "text": 1,
}
FORMS = {
    "guide": 24, "guide-made": 4, "entity": 4, "extract": 5, "copy": 1, "loan": 46, "form": 10, "tools": 4,
    "talk": 1, "unknown": 1,
}
MIXES = {"first": MIX, "practice": PRACTICE, "forms": FORMS}


class Texts:
    """Passages of collected text, by language, sources weighted by the root of their size
    so that the largest does not drown the rest."""

    def __init__(self, path):
        self.by = {"zh": collections.defaultdict(list), "en": collections.defaultdict(list)}
        for line in open(path):
            p = json.loads(line)
            self.by[p["lang"]][p["source"]].append(p["sentences"])
        self.names = {lang: sorted(s) for lang, s in self.by.items()}
        self.weights = {lang: [len(self.by[lang][n]) ** 0.5 for n in names] for lang, names in self.names.items()}

    def passage(self, r, lang, some=1):
        """Neighbouring passages of one source, as one list of sentences."""
        source = self.by[lang][r.choices(self.names[lang], self.weights[lang])[0]]
        at = r.randrange(len(source))
        return [s for p in source[at : at + some] for s in p]


def plain(r, lang, passage):
    text = ("" if lang == "zh" else " ").join(passage)[:3000]
    return text if len(text) > 40 else None


def make(r, skill, lang, corpus):
    """A row of a skill, or None where the text at hand does not do."""
    row = {"skill": skill, "lang": lang}
    if skill == "text":
        row["text"] = plain(r, lang, corpus.passage(r, lang, 5))
    elif skill == "tools":
        row["messages"], row["tools"] = tools.row(r, lang)
    else:
        row["messages"] = {
            "guide-made": lambda: guide.made(r, lang, [corpus.passage(r, lang) for _ in range(4)]),
            "entity": lambda: entities.row(r, lang, [s for s in corpus.passage(r, lang)[:2] if r.random() < 0.4]),
            "extract": lambda: texts.extract(r, lang, corpus.passage(r, lang, r.randint(1, 4))),
            "copy": lambda: texts.copy(r, lang, corpus.passage(r, lang, 2)),
            "loan": lambda: forms.loan(r, lang), "form": lambda: forms.other(r, lang),
            "talk": lambda: small.talk(r, lang), "unknown": lambda: small.unknown(r, lang),
            "sums": lambda: small.sums(r, lang), "dates": lambda: small.dates(r, lang), "units": lambda: small.units(r, lang),
        }[skill]()
    return row if row.get("messages") or row.get("text") else None


def rows(seed, n, corpus, manual, mix=MIX):
    r = random.Random(seed)
    skills = [s for s in r.choices(list(mix), mix.values(), k=n)]
    guided = manual.rows(r, skills.count("guide"))
    for skill in skills:
        if skill == "guide":
            lang, messages = next(guided)
            yield {"skill": skill, "lang": lang, "messages": messages}
            continue
        lang, row = r.choice(["zh", "en"]), None
        while row is None:
            row = make(r, skill, lang, corpus)
        yield row


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rows", type=int, default=100_000)
    p.add_argument("--texts", required=True)
    p.add_argument("--passages", required=True)
    p.add_argument("--mix", choices=MIXES, default="first")
    p.add_argument("out")
    a = p.parse_args()
    mix = MIXES[a.mix]
    held, kept, leaked = leakage.Heldout(), collections.Counter(), 0
    with open(a.out, "w") as f:
        for row in rows(a.seed, a.rows, Texts(a.texts), guide.Guide(a.passages), mix):
            if held.found(leakage.said(row)):
                leaked += 1
                continue
            kept[row["skill"]] += 1
            f.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{sum(kept.values())} rows, {leaked} dropped for holding a held-out text; {dict(kept)}", file=sys.stderr)


if __name__ == "__main__":
    main()
