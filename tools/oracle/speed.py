"""Measures llama.cpp on a model file as `hearth bench --model FILE` measures hearth.

usage: speed.py FILE [PROMPT] [GENERATE] [THREADS]
"""

import ctypes
import json
import os
import sys
import time

import llama_cpp


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    pass


def main():
    path = sys.argv[1]
    prompt, generate, threads = (int(a) for a in sys.argv[2:] + ["32", "16", str(os.cpu_count())][len(sys.argv) - 2 :])
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    start = time.monotonic()
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    context = llama_cpp.llama_context_default_params()
    context.n_ctx, context.n_batch, context.n_ubatch = prompt + generate + 32, 512, 512
    context.n_threads = context.n_threads_batch = threads
    ctx = llama_cpp.llama_init_from_model(model, context)
    load = time.monotonic() - start
    tokens = (llama_cpp.llama_token * prompt)(*[97] * prompt)
    start = time.monotonic()
    assert llama_cpp.llama_decode(ctx, llama_cpp.llama_batch_get_one(tokens, prompt)) == 0
    llama_cpp.llama_synchronize(ctx)
    first = time.monotonic()
    one = (llama_cpp.llama_token * 1)(98)
    for _ in range(generate - 1):
        assert llama_cpp.llama_decode(ctx, llama_cpp.llama_batch_get_one(one, 1)) == 0
    llama_cpp.llama_synchronize(ctx)
    last = time.monotonic()
    print(json.dumps({
        "engine": "llama.cpp", "threads": threads, "load_seconds": load,
        "prefill_tokens_per_second": prompt / (first - start),
        "decode_tokens_per_second": (generate - 1) / (last - first),
    }))


if __name__ == "__main__":
    main()
