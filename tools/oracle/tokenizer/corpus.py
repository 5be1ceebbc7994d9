"""Real text for the differential test and the benchmark, about 1 MB of each kind.

    python tools/oracle/tokenizer/corpus.py --shared ../shared --out build/tokenizer

English: answers of assistants (Webis). Chinese: sentences of a forum, plain and
perturbed (ToxiBenchCN). Code: the Go standard library, if there is a Go toolchain.
Each file holds one JSON string per line: a text to encode.
"""

import argparse
import json
import pathlib
import subprocess

SIZE = 1 << 20


def english(shared):
    for line in open(shared / "data/trust/webis-ads-validation.jsonl", encoding="utf-8"):
        row = json.loads(line)
        yield row["query"] + "\n\n" + row["response"]


def chinese(shared):
    """Paragraphs of twenty sentences: single ones would be all start-up cost."""
    sentences = []
    for path in sorted((shared / "data/guard").glob("toxibenchcn-*.jsonl")):
        for line in open(path, encoding="utf-8"):
            row = json.loads(line)
            sentences += [row[key] for key in ("original_text", "perturbed_text") if key in row]
    for i in range(0, len(sentences), 20):
        yield "　　" + "。".join(sentences[i : i + 20]) + "。\n"


def code(_):
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    for path in sorted(pathlib.Path(root, "src/net").rglob("*.go")):
        yield path.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/tokenizer"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for texts in (english, chinese, code):
        size = 0
        with open(args.out / f"corpus-{texts.__name__}.jsonl", "w", encoding="utf-8") as out:
            for text in texts(args.shared):
                if size >= SIZE:
                    break
                size += len(text.encode())
                out.write(json.dumps(text, ensure_ascii=False) + "\n")
        print(f"{texts.__name__}: {size} bytes")


if __name__ == "__main__":
    main()
