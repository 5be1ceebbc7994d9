"""Goldens for the hand-written splitters: what the published patterns match.

    python tools/oracle/tokenizer/splits.py internal/tokenizer/testdata/splits.jsonl.gz

The patterns run in PyPI's regex, one after the other over the pieces that those
before left. Each line holds a text and, for each splitter, the lengths of its words
in bytes.
"""

import gzip
import json
import sys

import mixture
import references
import regex


def split(patterns, text):
    pieces = [text]
    for pattern in patterns:
        pieces = [part for piece in pieces for part in isolate(pattern, piece)]
    return pieces


def isolate(pattern, text):
    at = 0
    for match in pattern.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        yield match.group()
        at = match.end()
    if at < len(text):
        yield text[at:]


def main():
    compiled = {
        name: [regex.compile(p, regex.V1) for p in patterns] for name, patterns in references.PATTERNS.items()
    }
    # mtime=0: the same file whenever it is made.
    with open(sys.argv[1], "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as out:
        for text in mixture.strings(2500, seed=1):
            words = {name: split(patterns, text) for name, patterns in compiled.items()}
            assert all("".join(w) == text for w in words.values())
            lengths = {name: [len(w.encode()) for w in words[name]] for name in words}
            line = json.dumps({"text": text, "words": lengths}, separators=(",", ":"))
            out.write(line.encode() + b"\n")


if __name__ == "__main__":
    main()
