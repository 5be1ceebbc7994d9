"""Holds a model file to three implementations: PyTorch with the file's own weights,
hearth, and llama.cpp.

    parity.py --hearth BINARY --tokenize PROGRAM --tokenizer TOKENIZER.json --rows ROWS.jsonl [--llama PYTHON] MODEL.gguf

Tokens: hearth and Hugging Face's tokenizers on thousands of texts. Answers: PyTorch's
and hearth's likeliest tokens, prompt counted too, so that template and cuts are the
same. Logits: PyTorch and llama.cpp, whose Python is given. Exit code 1 if any differ
by more than quantised arithmetic does.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import formats
import gguf
import numpy as np
import serving
import torch
from export import tensor_name
from model import Model, Shape
from tokenizers import Tokenizer

ORACLE = pathlib.Path(__file__).parents[1] / "oracle"
TEXTS, ANSWERS, TOKENS = 3000, 24, 48
LOGITS_MAX = 0.15  # llama.cpp multiplies Q8_0 by activations in eight bits; PyTorch does not
CLOSE = 0.05  # two tokens whose logits are nearer than this may change places


def load(path):
    """The model of a file, its weights as the file's formats read back."""
    r = gguf.GGUFReader(path)
    get = lambda key: r.fields["qwen3." + key].contents()
    weights = {t.name: t for t in r.tensors}
    shape = Shape(layers=get("block_count"), width=get("embedding_length"), heads=get("attention.head_count"), kv_heads=get("attention.head_count_kv"),
                  head=get("attention.key_length"), inner=get("feed_forward_length"), vocabulary=int(weights["token_embd.weight"].shape[1]),
                  context=get("context_length"), rope_base=get("rope.freq_base"), epsilon=get("attention.layer_norm_rms_epsilon"))
    m = Model(shape)
    for name, p in m.named_parameters():
        t = weights[tensor_name(name)]
        p.data = torch.from_numpy(np.array(gguf.dequantize(t.data, t.tensor_type), dtype=np.float32)).view(p.shape)
    return m.eval()


def same_tokens(a, tokenizer, rows):
    r = random.Random(5)
    texts = [text for row in rows[:TEXTS] for text in ([row["text"]] if "text" in row else [row["messages"][-1].get("content") or "", row["messages"][0].get("content") or ""])]
    texts += ["".join(chr(r.choice([r.randrange(32, 127), r.randrange(0x4E00, 0x9FFF), r.randrange(0xA0, 0x3100), 10, 32, 0x1F600])) for _ in range(r.randrange(60))) for _ in range(1000)]
    lines = "".join(json.dumps(t) + "\n" for t in texts)
    out = subprocess.run([a.tokenize, a.model], input=lines, capture_output=True, check=True, text=True).stdout.splitlines()
    bad = [t for t, got in zip(texts, out, strict=True) if (json.loads(got) or []) != tokenizer.encode(t).ids]
    print(f"tokens: {len(texts)} texts, {len(bad)} differ", [b[:60] for b in bad[:3]] or "")
    return not bad


def prompt_ids(tokenizer, messages, tools):
    """Each piece by itself, as in training."""
    ids = [i for text, _ in formats.pieces(messages, tools or ()) for i in tokenizer.encode(text).ids]
    return ids + tokenizer.encode("<|im_start|>assistant\n").ids


@torch.no_grad()
def continued(m, ids, end, most):
    """The likeliest continuation, and how far the second likeliest was at each token."""
    out, gaps = [], []
    for _ in range(most):
        top = m.logits(m(torch.tensor([ids + out]))[0, -1]).topk(2)
        out.append(int(top.indices[0]))
        gaps.append(float(top.values[0] - top.values[1]))
        if out[-1] == end:
            break
    return out, gaps


def same_answers(a, m, tokenizer, rows):
    end, bad = tokenizer.token_to_id("<|im_end|>"), 0
    with serving.serve(a.hearth, a.model) as server:
        for row in [r for r in rows if "messages" in r and not any(x.get("tool_calls") or x["role"] == "tool" for x in r["messages"])][:ANSWERS]:
            messages = row["messages"][:-1]
            reply = server.post("/v1/chat/completions", {"messages": messages, "temperature": 0, "max_tokens": TOKENS, **({"tools": row["tools"]} if row.get("tools") else {})})
            ids = prompt_ids(tokenizer, messages, row.get("tools"))
            out, gaps = continued(m, ids, end, TOKENS)
            got = reply["choices"][0]["message"].get("content") or ""
            wanted = tokenizer.decode([i for i in out if i != end])
            if reply["usage"]["prompt_tokens"] != len(ids):
                print(f"prompt: {reply['usage']['prompt_tokens']} tokens in hearth, {len(ids)} in training: {messages[-1]['content'][:80]!r}")
                bad += 1
            elif got != wanted.split("<tool_call>")[0].rstrip("\ufffd") and min(gaps) > CLOSE:
                print(f"answer: {got!r}\n        {wanted!r}, nearest choice {min(gaps):.3f}")
                bad += 1
    print(f"answers: {ANSWERS} prompts, {bad} differ")
    return not bad


@torch.no_grad()
def same_logits(a, m, tokenizer, rows):
    cases = [prompt_ids(tokenizer, row["messages"][:1], None)[:400] for row in rows if "messages" in row][:10]
    code = ("import json, sys, numpy, logits, llama_cpp, ctypes\nllama_cpp.llama_log_set(logits.quiet, ctypes.c_void_p(0))\n"
            "numpy.save(sys.argv[2], numpy.stack([logits.logits(sys.argv[1], None, c, [len(c) - 1], False) for c in json.load(sys.stdin) if len(c) <= 64]))")
    cases = [c[:64] for c in cases]
    with tempfile.NamedTemporaryFile(suffix=".npy") as f:
        subprocess.run([a.llama, "-c", code, a.model, f.name], input=json.dumps(cases), text=True, check=True, cwd=ORACLE)
        theirs = np.load(f.name)
    ours = np.stack([m.logits(m(torch.tensor([c]))[0, -1]).numpy() for c in cases])
    far = np.abs(ours - theirs).max()
    agree = (ours.argmax(1) == theirs.argmax(1)).mean()
    print(f"logits: {len(cases)} prompts, llama.cpp at most {far:.4f} away (they span {np.ptp(ours):.1f}), same likeliest token {100 * agree:.0f} %")
    return far <= LOGITS_MAX


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("hearth", "tokenize", "tokenizer", "rows"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--llama")
    p.add_argument("model")
    a = p.parse_args()
    torch.set_num_threads(1)
    tokenizer, m = Tokenizer.from_file(a.tokenizer), load(a.model)
    rows = [json.loads(line) for _, line in zip(range(TEXTS), open(a.rows))]
    good = [same_tokens(a, tokenizer, rows), same_answers(a, m, tokenizer, rows)]
    if a.llama:
        good.append(same_logits(a, m, tokenizer, rows))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
