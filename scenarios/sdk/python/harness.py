"""Cases, and how they are reported: a line for each (../README.md)."""

import re
import sys

cases = []


def case(name):
    def add(run):
        cases.append((name, run))
        return run

    return add


class Skip(Exception):
    pass


def check(ok, why):
    if not ok:
        raise AssertionError(why)


def equal(got, want):
    check(got == want, f"got {got!r}, want {want!r}")


def run():
    failed = False
    for name, attempt in cases:
        try:
            attempt()
            print(f"ok {name}", flush=True)
        except Skip:
            print(f"ok {name} # skip", flush=True)
        except Exception as e:
            failed = True
            reason = re.sub(r"\s*\n\s*", " | ", f"{e if isinstance(e, AssertionError) else repr(e)}")
            print(f"not ok {name}: {reason}", flush=True)
    sys.exit(failed)
