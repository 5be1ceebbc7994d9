"""Turns rows into what train.py reads: sequences of 256, 512 and 1024 tokens, and which
of them are to be learnt. A row goes into the shortest that holds it: attention over a
kilotoken costs as much as all else. It is never cut: a sequence ends, padded, where the
next row does not fit. Plain text is cut to fit and learnt whole; of conversations, only
the answers are.

    pack.py TOKENIZER.json ROWS.jsonl... OUT

writes OUT.LENGTH.tokens (uint16) and OUT.LENGTH.learnt (uint8) of every length.
"""

import json
import sys

import formats
import numpy as np
from tokenizers import Tokenizer

LENGTHS = (256, 512, 1024)
WAITING = 64  # sequences that are open at once; a row goes into the first with room


def encode(tokenizer, row):
    """(tokens, learnt) of a row, ending in the token that ends a text."""
    if "text" in row:
        ids = tokenizer.encode(row["text"]).ids[: LENGTHS[-1] - 1] + [0]
        return ids, [1] * len(ids)
    ids, learnt = [], []
    for text, learn in formats.pieces(row["messages"], row.get("tools", ())):
        some = tokenizer.encode(text).ids
        ids += some
        learnt += [int(learn)] * len(some)
    return ids + [0], learnt + [0]


class Bucket:
    """Sequences of one length, written as they fill."""

    def __init__(self, out, length):
        self.length, self.waiting = length, []
        self.tokens, self.mask = open(f"{out}.{length}.tokens", "wb"), open(f"{out}.{length}.learnt", "wb")

    def add(self, ids, learnt):
        place = next((w for w in self.waiting if len(w[0]) + len(ids) <= self.length), None)
        if place is None:
            if len(self.waiting) == WAITING:
                self.write(*self.waiting.pop(0))
            place = ([], [])
            self.waiting.append(place)
        place[0].extend(ids)
        place[1].extend(learnt)

    def write(self, ids, learnt):
        pad = self.length - len(ids)
        self.tokens.write(np.array(ids + [0] * pad, dtype="<u2").tobytes())
        self.mask.write(np.array(learnt + [0] * pad, dtype="u1").tobytes())

    def close(self):
        for w in self.waiting:
            self.write(*w)
        self.tokens.close()
        self.mask.close()


def main():
    name, *paths, out = sys.argv[1:]
    tokenizer = Tokenizer.from_file(name)
    counts = {"rows": 0, "tokens": 0, "learnt": 0, "too long": 0}
    buckets = [Bucket(out, length) for length in LENGTHS]
    for path in paths:
        for line in open(path):
            ids, learnt = encode(tokenizer, json.loads(line))
            bucket = next((b for b in buckets if len(ids) <= b.length), None)
            if bucket is None:
                counts["too long"] += 1
                continue
            counts["rows"] += 1
            counts["tokens"] += len(ids)
            counts["learnt"] += sum(learnt)
            bucket.add(ids, learnt)
    for bucket in buckets:
        bucket.close()
    print(counts, file=sys.stderr)


if __name__ == "__main__":
    main()
