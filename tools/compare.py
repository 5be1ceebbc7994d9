"""Measures hearth beside llama.cpp and its forks: the same file, the same machine, in turn.

    compare.py --hearth bin/hearth --peer NAME=FOLDER [--peer ...] [--rounds 5] [--only ROW ...] FILE.gguf...

FOLDER holds a peer's llama-bench and llama-server. Rows: alone (a prompt, an answer, one
at a time), clients (8 of them), shared (32 with one long system prompt), gap (a running
answer while a long prompt comes). Each round measures everyone once, in changing order; a
ratio is the median over the rounds of hearth's figure by the peer's. All rounds are
printed as JSON lines, then a table. GODEBUG=cpu.avx512f=off keeps hearth to AVX2; a peer
has to be built that way.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import statistics
import subprocess
import tempfile
import threading
import time

READY_SECONDS = 120
RUN_SECONDS = 1200


def run_json(command, **env):
    done = subprocess.run([str(x) for x in command], capture_output=True, text=True, timeout=RUN_SECONDS, env=os.environ | env)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr[-2000:]}")
    # ik_llama.cpp warns in the middle of its JSON.
    return json.loads("\n".join(line for line in done.stdout.splitlines() if not line.startswith("WARNING")))


class Hearth:
    def __init__(self, path, threads):
        self.name, self.path, self.threads = "hearth", pathlib.Path(path).resolve(), threads

    def alone(self, file, prompt, generate):
        with tempfile.TemporaryDirectory() as home:
            r = run_json([self.path, "bench", "--data", home, "--model", file, "--prompt", prompt, "--generate", generate, "--repeat", 1, "--threads", self.threads, "--json"])
        return {"prefill": r["prefill_tokens_per_second"], "decode": r["decode_tokens_per_second"], "resident": r["resident_bytes"]}

    @contextlib.contextmanager
    def serve(self, file, clients, context):
        with tempfile.TemporaryDirectory() as home:
            os.mkdir(home + "/models")
            os.symlink(os.path.abspath(file), home + "/models/bench.gguf")
            settings = [f"engine.threads={self.threads}", f"engine.sequences={clients}", f"engine.context_tokens={context}", "starter=false"]
            command = [self.path, "up", "--json", "--listen", "127.0.0.1:0", "--data", home + "/data"] + [x for s in settings for x in ("--set", s)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=home, env=os.environ | {"HOME": home, "HEARTH_MODELS": home + "/models"}) as p:
                try:
                    hello = json.loads(p.stdout.readline())
                    yield hello["url"] + "/v1", "bench", hello["first_key"], p.pid
                finally:
                    p.terminate()


class Peer:
    def __init__(self, name, folder, threads):
        self.name, self.folder, self.threads = name, pathlib.Path(folder).resolve(), threads

    def alone(self, file, prompt, generate):
        rows = run_json([self.folder / "llama-bench", "-m", file, "-p", prompt, "-n", generate, "-t", self.threads, "-r", 1, "-o", "json"])
        speed = {"prefill" if r["n_prompt"] else "decode": r["avg_ts"] for r in rows}
        return {"prefill": speed["prefill"], "decode": speed["decode"]}

    @contextlib.contextmanager
    def serve(self, file, clients, context):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        command = [self.folder / "llama-server", "-m", file, "--host", "127.0.0.1", "--port", port, "-t", self.threads, "-tb", self.threads, "-np", clients, "-cb", "-c", context * clients]
        with subprocess.Popen([str(x) for x in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
            try:
                self.wait(port)
                yield f"http://127.0.0.1:{port}/v1", "bench", "none", p.pid
            finally:
                p.terminate()

    def wait(self, port):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                c.request("GET", "/health")
                if c.getresponse().status == 200:
                    return
            time.sleep(0.2)
        raise SystemExit(f"{self.name} does not start")


def load(loader, engine, file, clients, context, *flags):
    """What `hearth bench` says of an engine's server."""
    with engine.serve(file, clients, context) as (url, model, key, pid), tempfile.TemporaryDirectory() as home:
        r = run_json([loader, "bench", "--data", home, "--json", "--url", url, "--model", model, "--key", key, "--clients", clients, "--temperature", "1", *flags], HEARTH_STARTER="false")
        if r["failed"]:
            raise SystemExit(f"{engine.name}: {r['errors']}")
        r["resident"] = int(next(x for x in open(f"/proc/{pid}/status") if x.startswith("VmRSS")).split()[1]) * 1024
        return r


def clients(loader, engine, file, a):
    r = load(loader, engine, file, 8, 1024, "--requests", "24", "--prompt", "256", "--generate", "64")
    return {"answers": r["answer_tokens"] / r["wall_seconds"], "resident": r["resident"]}


def shared(loader, engine, file, a):
    r = load(loader, engine, file, 32, 2560, "--requests", "64", "--shared-prefix", "1000", "--prompt", "32", "--generate", "16")
    return {"ttft_p95": r["ttft"]["p95"], "cached": r["cached_tokens"] / max(1, r["prompt_tokens"])}


def stream(url, key, body, seen):
    """The moments at which pieces of an answer come."""
    host = url.removeprefix("http://").removesuffix("/v1")
    c = http.client.HTTPConnection(host, timeout=RUN_SECONDS)
    c.request("POST", "/v1/completions", json.dumps(body | {"stream": True, "ignore_eos": True, "temperature": 1}), {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    response = c.getresponse()
    if response.status != 200:
        raise SystemExit(response.read())
    for line in response:
        if line.startswith(b"data: {"):
            seen.append(time.monotonic())


def gap(loader, engine, file, a):
    """Pauses of an answer: idle ones, and those while a prompt of 4,000 tokens comes."""
    r = random.Random(1)
    words = lambda n: "".join(r.choice("abcdefgh ijklmnop") for _ in range(n))
    with engine.serve(file, 2, 4608) as (url, model, key, _):
        stream(url, key, {"model": model, "prompt": words(64), "max_tokens": 8, "seed": 1}, [])
        seen = []
        t = threading.Thread(target=stream, args=(url, key, {"model": model, "prompt": words(64), "max_tokens": 1200, "seed": 2}, seen), daemon=True)
        t.start()
        while len(seen) < 64 and t.is_alive():
            time.sleep(0.05)
        came, other = time.monotonic(), []
        stream(url, key, {"model": model, "prompt": words(4000), "max_tokens": 1, "seed": 3}, other)
        done = time.monotonic()
        while t.is_alive() and seen[-1] < done:
            time.sleep(0.05)
    pairs = list(zip(seen, seen[1:]))
    idle = statistics.median(y - x for x, y in pairs if y < came)
    beside = sorted(y - x for x, y in pairs if y >= came and x <= done)
    if len(beside) < 20:
        print(f"{engine.name}: only {len(beside)} pauses beside the prompt: {beside}", flush=True)
    p99 = beside[min(len(beside) - 1, int(len(beside) * 0.99))]
    return {"idle": idle, "p99": p99, "times": p99 / idle, "prompt_seconds": done - came, "pauses": len(beside)}


ROWS = {"alone": lambda loader, e, f, a: e.alone(f, a.prompt, a.generate), "clients": clients, "shared": shared, "gap": gap}
BETTER_LOW = {"ttft_p95", "idle", "p99", "times", "prompt_seconds", "resident"}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--hearth", required=True)
    p.add_argument("--peer", action="append", default=[], metavar="NAME=FOLDER")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--prompt", type=int, default=512)
    p.add_argument("--generate", type=int, default=64)
    p.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    p.add_argument("files", nargs="+")
    a = p.parse_args()
    hearth = Hearth(a.hearth, a.threads)
    engines = [hearth] + [Peer(*x.split("=", 1), a.threads) for x in a.peer]
    table = []
    for file in a.files:
        for row in a.only:
            found = {e.name: [] for e in engines}
            for i in range(a.rounds):
                for e in engines[i % len(engines) :] + engines[: i % len(engines)]:
                    r = ROWS[row](hearth.path, e, file, a)
                    found[e.name].append(r)
                    print(json.dumps({"file": os.path.basename(file), "row": row, "round": i, "engine": e.name} | r), flush=True)
            table += lines(os.path.basename(file), row, found)
    print("\n".join(["| file | figure | " + " | ".join(e.name for e in engines) + " | " + " | ".join("÷ " + e.name for e in engines[1:]) + " |",
                     "|---|---|" + "---:|" * (2 * len(engines) - 1)] + table))


def lines(file, row, found):
    ours, rest = found["hearth"], [n for n in found if n != "hearth"]
    for key in ours[0]:
        middle = lambda n: f"{statistics.median(r[key] for r in found[n]):.4g}" if all(key in r for r in found[n]) else "–"
        ratio = lambda n: f"{statistics.median(x[key] / y[key] for x, y in zip(ours, found[n])):.2f}" if all(y.get(key) for y in found[n]) else "–"
        yield f"| {file} | {row} {key}{' (less is better)' if key in BETTER_LOW else ''} | " + " | ".join(map(middle, found)) + " | " + " | ".join(map(ratio, rest)) + " |"


if __name__ == "__main__":
    main()
