"""Encoding speed of Hugging Face's tokenizers and of tiktoken, one thread.

    python tools/oracle/tokenizer/bench.py --shared ../shared --build build/tokenizer

reads the texts that corpus.py made and the vocabularies that the Go benchmark
reads, so that the two compare:

    go test ./internal/tokenizer -run '^$' -bench Encode
"""

import argparse
import json
import os
import pathlib
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import references


def best(encode, texts, rounds):
    """Megabytes per second, the best of some rounds."""
    size = sum(len(t.encode()) for t in texts)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for text in texts:
            encode(text)
        times.append(time.perf_counter() - start)
    return size / min(times) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/tokenizer"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()

    for name in ("gpt-2", "deepseek-llm", "qwen2", "llama-bpe", "deepseek-v3"):
        path = args.shared / f"data/tokenizer/ggml-vocab-{name}.gguf"
        if not path.exists():
            path = args.build / f"{name}.gguf"
        if not path.exists():
            print(f"{name}: no vocabulary")
            continue
        values = references.read_gguf(path)
        engines = {"tokenizers": references.hf_bpe(values).encode}
        if len(references.PATTERNS[values["tokenizer.ggml.pre"]]) == 1:
            engines["tiktoken"] = references.tiktoken_bpe(values).encode_ordinary
        for kind in ("english", "chinese", "code"):
            lines = open(args.build / f"corpus-{kind}.jsonl", encoding="utf-8")
            texts = [json.loads(line) for line in lines]
            for engine, encode in engines.items():
                print(f"{name:14} {kind:8} {engine:11} {best(encode, texts, args.rounds):7.2f} MB/s", flush=True)


if __name__ == "__main__":
    main()
