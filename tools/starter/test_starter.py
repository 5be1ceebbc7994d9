"""Tests of the generator, and of what it shares with the product. Run with pytest."""

import json
import pathlib
import random
import re
import subprocess

import evaluate
import formats
import generate
import jinja2
import leakage
import pytest
from rows import ask, entities, forms, guide, small, texts, tools, words

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("bin") / "passages"
    subprocess.run(["go", "build", "-o", path, "./tools/starter/passages"], cwd=ROOT, check=True)
    return str(path)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A little text of our own, in the form of collect.py."""
    path = tmp_path_factory.mktemp("texts") / "texts.jsonl"
    with open(path, "w") as f:
        for page in sorted((ROOT / "docs").glob("*.md")):
            lang = "zh" if "zh" in page.name else "en"
            for block in page.read_text().split("\n\n"):
                cut = texts.sentences(lang, block.replace("\n", "" if lang == "zh" else " "))
                if cut and not block.startswith(("|", "#", " ", "`")):
                    f.write(json.dumps({"source": page.stem, "lang": lang, "sentences": cut}) + "\n")
    return generate.Texts(path)


@pytest.fixture(scope="session")
def rows(corpus, program):
    return list(generate.rows(7, 1500, corpus, guide.Guide(program)))


def test_same_seed_same_rows(rows, corpus, program):
    again = list(generate.rows(7, 1500, corpus, guide.Guide(program)))
    other = list(generate.rows(8, 100, corpus, guide.Guide(program)))
    assert again == rows and other != rows[:100]
    assert {r["skill"] for r in rows} == set(generate.MIX)


def test_rows_differ(rows):
    shown = [leakage.said(r) for r in rows if r["skill"] in ("entity", "loan", "form", "copy", "guide")]
    assert len(set(shown)) > 0.98 * len(shown)


def environment():
    """As transformers renders chat templates."""
    e = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    e.filters["tojson"] = lambda v: json.dumps(v, ensure_ascii=False)
    return e


def test_template_is_what_is_taught(rows):
    template = environment().from_string((HERE / "chat_template.jinja").read_text())
    for row in (r for r in rows if "messages" in r):
        text = "".join(t for t, _ in formats.pieces(row["messages"], row.get("tools", ())))
        assert template.render(messages=row["messages"], tools=row.get("tools"), add_generation_prompt=False) == text
    opened = template.render(messages=[{"role": "user", "content": "a"}], tools=None, add_generation_prompt=True)
    assert opened == "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"


def test_only_answers_are_learnt(rows):
    for row in (r for r in rows if "messages" in r):
        for text, learn in formats.pieces(row["messages"], row.get("tools", ())):
            assert learn == text.endswith("<|im_end|>") and (not learn or not text.startswith("<|im_start|>"))


def test_guide_prompt_is_the_products(program):
    asked = ["怎么吊销密钥", "How do I import a model?", "???"]
    out = subprocess.run([program, "3"], input="".join(json.dumps(q) + "\n" for q in asked), capture_output=True, check=True, text=True).stdout
    for question, line in zip(asked, out.splitlines(), strict=True):
        made = json.loads(line)
        lang = "zh" if re.search("[\u4e00-\u9fff]", question) else "en"
        assert made["system"] == formats.GUIDE[lang]
        assert made["user"] == formats.guide_user(lang, made["passages"] or [], question)


def test_answers_stand_in_what_is_shown(rows):
    """What is to be learnt is copying: every answer of these skills is in its prompt."""
    for row in rows:
        if "messages" not in row or "tools" in row:
            continue
        asked, reply = "".join(m["content"] for m in row["messages"][:-1]), row["messages"][-1]["content"]
        flat = re.sub(r"\s", "", asked)
        if row["skill"] in ("guide", "guide-made") and reply != formats.NOT_IN_MANUAL[row["lang"]]:
            for sentence in guide.sentences(re.sub(r"^\[\d\] ", "", reply)):
                assert re.sub(r"\s", "", sentence) in flat, row
        if row["skill"] in ("entity", "extract") and reply != formats.NOT_IN_TEXT[row["lang"]]:
            assert re.sub(r"\s", "", formats.extracted(row["lang"], reply)) in flat
        if row["skill"] in ("loan", "form"):
            assert isinstance(json.loads(reply), dict)


def test_facts_of_the_manual_have_their_answers(program):
    g = guide.Guide(program)
    assert len(g.facts) > 230
    for f in g.facts:
        assert f["answer"] and len(f["answer"]) <= evaluate.ANSWER_MAX, f


def test_leakage_is_found():
    held = leakage.Heldout()
    names = list(leakage.heldout())
    assert len(names) >= 520
    missed = [t for n, t in names if not held.found("前言 before " + t + " after 后记") and len(leakage.units(t)) >= leakage.SHORTEST]
    assert not missed
    assert held.found("The sky is blue and nobody asked.") is None


def test_no_row_leaks_after_the_filter(rows):
    held = leakage.Heldout()
    kept = [r for r in rows if not held.found(leakage.said(r))]
    assert len(kept) > 0.99 * len(rows)


def test_heldout_is_sound(program):
    passages = guide.Guide(program).all
    for item in evaluate.heldout("guide"):
        if item["section"]:
            text = "\n".join(p["text"] for p in passages if p["section"] == item["section"] and p["lang"] == item["lang"])
            assert evaluate.holds(text, item["facts"]), item
    for item in evaluate.heldout("loan"):
        assert list(item["fields"]) == [k for k, _ in formats.LOAN[item["lang"]]]
        for k in ("name", "phone", "employer"):
            assert item["fields"][k] is None or item["fields"][k] in item["text"], item


@pytest.mark.parametrize("n,zh,en", [
    (0, "零", "zero"), (10, "十", "ten"), (18, "十八", "eighteen"), (42, "四十二", "forty-two"), (105, "一百零五", "one hundred and five"),
    (2000, "二千", "two thousand"), (8500, "八千五百", "eight thousand five hundred"), (120000, "十二万", "one hundred and twenty thousand"), (32000, "三万二千", "thirty-two thousand"),
    (100500, "十万零五百", "one hundred thousand five hundred"),
])
def test_numbers_in_words(n, zh, en):
    assert words.zh_number(n) == zh and words.en_number(n) == en


def test_judges():
    item = next(i for i in evaluate.heldout("guide") if i["facts"])
    p = [{"section": item["section"], "text": item["facts"][0][0]}]
    right = evaluate.judge_guide(item, p)({"content": "[1] " + item["facts"][0][0]})
    wrong = evaluate.judge_guide(item, p)({"content": "x"})
    assert right["right"] and right["verbatim"] and not wrong["right"]
    assert not evaluate.judge_guide(item, p)({"content": item["facts"][0][0] * 200})["right"]
    j = evaluate.judge_extract("zh", "他于1998年来到北京。", ["1998年"])
    assert j({"content": formats.extract_answer("zh", "他于1998年来到北京。", "1998年")}) == {"exact": True, "exact or contained": True, "gold in quote": True, "quoted truly": True}
    assert not any(j({"content": "年"}).values())
    loan = next(iter(evaluate.heldout("loan")))
    assert evaluate.judge_loan(loan)({"content": json.dumps(loan["fields"])})["all fields"]
    assert evaluate.judge_loan(loan)({"content": "not JSON"}) == {"valid": False, "fields": 0, "all fields": False} | {"field " + k: False for k in loan["fields"]}


def test_questions_vary():
    r = random.Random(1)
    assert len({ask.vary(r, "zh", "怎么吊销密钥") for _ in range(300)}) > 60
    assert len({ask.vary(r, "en", "how do I revoke a key") for _ in range(300)}) > 60


def test_every_kind_can_be_made():
    r = random.Random(2)
    for lang in ("zh", "en"):
        for make in (entities.row, forms.loan, forms.other, tools.row, small.talk, small.unknown, small.sums, small.dates, small.units):
            for _ in range(50):
                assert make(r, lang)
