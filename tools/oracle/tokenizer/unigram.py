"""Writes internal/tokenizer/testdata/unigram.json.gz: a small vocabulary of unigrams
that SentencePiece has trained on the manual, its own map of characters, and what it
makes of some texts.

    python tools/oracle/tokenizer/unigram.py

Needs sentencepiece==0.2.3, and protobuf to look into what it wrote.
"""

import base64
import gzip
import io
import json
import pathlib
import random

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

ROOT = pathlib.Path(__file__).parents[3]
OUT = ROOT / "internal/tokenizer/testdata/unigram.json.gz"
TYPES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6}

TEXTS = [
    "", " ", "hello", "Hello, world!", "  two  spaces ", "a\tb\nc\r\n d", "数据不出本机的大模型一体机", "ＦＵＬＬ　ｗｉｄｔｈ ﬁne ①②",
    "Größe naïve café ångström", "e\u0301 n\u0303 \u1100\u1161", "ﷺ", "▁ and ▁▁x", "🦙 llama 🔥🔥 emoji 👩‍👩‍👧", "\u200b\u200cinvisible\ufeff",
    "½ ¼ ² ³ ™ ℃ Ω Å", "\x00\x01\x7f", "x" * 200, "，。！？；：“”", "http://127.0.0.1:4327/v1?x=1&y=2", "ｶﾞｷﾞｸﾞ ハンカク",
    "Zażółć gęślą jaźń", "Съешь ещё этих мягких французских булок", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก",
    "unknown 𐍈𐍈𐍈 𝔘𝔫𝔦 letters 𒀀𒀁", "\u3000全角空格\u3000", "a\u00a0b\u2003c",
]  # fmt: skip


def corpus():
    for path in sorted((ROOT / "docs").glob("*.md")):
        yield from path.read_text().splitlines()


def cut(texts):
    """Pieces of the corpus, glued together anyhow."""
    dice = random.Random(7)
    for _ in range(150):
        parts = []
        for _ in range(dice.randint(1, 4)):
            line = dice.choice(texts)
            begin = dice.randint(0, len(line))
            parts.append(line[begin : begin + dice.randint(1, 60)])
        yield dice.choice(["", " ", "  ", "\u3000"]).join(parts)


def main():
    lines = [line for line in corpus() if line.strip()]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=1200, character_coverage=0.995,
        num_threads=1, minloglevel=2,
    )  # fmt: skip
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    out = {
        "tokens": [p.piece for p in proto.pieces],
        "scores": [p.score for p in proto.pieces],
        "types": [TYPES[p.type] for p in proto.pieces],
        "charsmap": base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode(),
        "unknown": processor.unk_id(),
        "texts": [],
    }
    for text in TEXTS + list(cut(lines)):
        out["texts"].append({"text": text, "ids": processor.encode(text)})
    with gzip.GzipFile(OUT, "wb", mtime=0) as f:
        f.write(json.dumps(out, ensure_ascii=False).encode())


if __name__ == "__main__":
    main()
