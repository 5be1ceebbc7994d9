"""Turns rows into what train.py reads: sequences of 1024 tokens, and which of them are
to be learnt. A row is never cut: a sequence ends, padded, where the next row does not
fit. Plain text is cut to fit and learnt whole; of conversations, only the answers are.

    pack.py TOKENIZER.json ROWS.jsonl... OUT

writes OUT.tokens (uint16) and OUT.learnt (uint8), both of so many times 1024.
"""

import json
import sys

import formats
import numpy as np
from tokenizers import Tokenizer

LENGTH = 1024
WAITING = 64  # sequences that are open at once; a row goes into the first with room


def encode(tokenizer, row):
    """(tokens, learnt) of a row, ending in the token that ends a text."""
    if "text" in row:
        ids = tokenizer.encode(row["text"]).ids[: LENGTH - 1] + [0]
        return ids, [1] * len(ids)
    ids, learnt = [], []
    for text, learn in formats.pieces(row["messages"], row.get("tools", ())):
        some = tokenizer.encode(text).ids
        ids += some
        learnt += [int(learn)] * len(some)
    return ids + [0], learnt + [0]


def main():
    name, *paths, out = sys.argv[1:]
    tokenizer = Tokenizer.from_file(name)
    waiting, counts = [], {"rows": 0, "tokens": 0, "learnt": 0, "too long": 0, "sequences": 0}
    with open(out + ".tokens", "wb") as tokens, open(out + ".learnt", "wb") as mask:

        def write(ids, learnt):
            pad = LENGTH - len(ids)
            tokens.write(np.array(ids + [0] * pad, dtype="<u2").tobytes())
            mask.write(np.array(learnt + [0] * pad, dtype="u1").tobytes())
            counts["sequences"] += 1

        for path in paths:
            for line in open(path):
                ids, learnt = encode(tokenizer, json.loads(line))
                if len(ids) > LENGTH:
                    counts["too long"] += 1
                    continue
                counts["rows"] += 1
                counts["tokens"] += len(ids)
                counts["learnt"] += sum(learnt)
                place = next((w for w in waiting if len(w[0]) + len(ids) <= LENGTH), None)
                if place is None:
                    if len(waiting) == WAITING:
                        write(*waiting.pop(0))
                    place = ([], [])
                    waiting.append(place)
                place[0].extend(ids)
                place[1].extend(learnt)
        for w in waiting:
            write(*w)
    print(counts, file=sys.stderr)


if __name__ == "__main__":
    main()
