"""Keeps what the model is measured on out of what it is taught.

    leakage.py ROWS.jsonl    # says which held-out texts occur in it; exit code 1 if any do

A unit is a Chinese character or a word. A held-out text occurs where 13 of its units
in a row occur, or all of them if it is shorter.
"""

import json
import pathlib
import re
import sys

HELDOUT = pathlib.Path(__file__).parent / "heldout"
RUN = 13  # units
SHORTEST = 4  # units; anything shorter is nobody's


def units(text):
    return re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", text.lower())


def heldout():
    for path in sorted(HELDOUT.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            item = json.loads(line)
            yield item["id"], item.get("question") or item["text"]


class Heldout:
    def __init__(self):
        self.by_first = {}
        for name, text in heldout():
            u = units(text)
            for i in range(max(1, len(u) - RUN + 1)):
                run = u[i : i + RUN]
                if len(run) >= SHORTEST:
                    self.by_first.setdefault(run[0], []).append((run, name))

    def found(self, text):
        """The name of a held-out text that occurs, or None."""
        u = units(text)
        for i, first in enumerate(u):
            for run, name in self.by_first.get(first, ()):
                if u[i : i + len(run)] == run:
                    return name
        return None


def said(row):
    """All that a row says, in one text."""
    if "text" in row:
        return row["text"]
    return "\n".join(m.get("content") or "" for m in row["messages"])


def main():
    held, bad, n = Heldout(), {}, 0
    for line in open(sys.argv[1]):
        n += 1
        name = held.found(said(json.loads(line)))
        if name:
            bad[name] = bad.get(name, 0) + 1
    print(f"{n} rows, {len(bad)} held-out texts occur", bad or "")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
