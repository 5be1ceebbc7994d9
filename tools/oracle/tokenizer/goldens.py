"""Ids that the publishers' tokenizers give, for vocabularies that are not in the tree.

    python tools/oracle/tokenizer/goldens.py --build build/tokenizer internal/tokenizer/testdata/ids.jsonl

after vocabularies.py. The ids are committed; the Go test that compares with them
needs the vocabularies and is skipped without.
"""

import argparse
import json
import pathlib

import mixture
from tokenizers import Tokenizer

TEXTS = [
    "The quick brown fox jumps over the lazy dog, doesn't it? It'll be 1,234,567.89 €!",
    "今天是二〇二四年五月六日，我们在北京召开了第１２次会议。",
    "　　“问题不在价格，”他说，“而在于以后。”\n\n\n第二段：深度学习（Deep Learning）是机器学习的分支。",
    "func main() {\n\tfor i := 0; i < 10; i++ {\n\t\tfmt.Println(\"héllo\", i)\n\t}\n}\n",
    "<think>\nLet me see: x² + y² = z², so…\n</think>\n\nAnswer: **42**",
    "東京は日本の首都です。カタカナとひらがな。한국어도 있습니다. Привет, мир! مرحبا بالعالم",
    "    indented\r\n\r\n\ttabs   and trailing   \n",
    "😀👍🏽👨‍👩‍👧‍👦🇨🇳 1️⃣ ½ Ⅷ ２０２４",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/tokenizer"))
    args = parser.parse_args()
    tokenizers = {}
    for name in ("qwen2", "deepseek-v3", "llama-bpe"):
        tokenizers[name] = Tokenizer.from_file(str(args.build / f"{name}.json"))
        tokenizers[name].normalizer = None  # see differential.py
        tokenizers[name].encode_special_tokens = True
    with open(args.out, "w", encoding="utf-8") as out:
        for text in TEXTS + mixture.strings(60, seed=3):
            ids = {name: t.encode(text, add_special_tokens=False).ids for name, t in tokenizers.items()}
            out.write(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
