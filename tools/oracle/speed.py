"""Measures llama.cpp on a model file as tools/speed measures hearth.

usage: speed.py [--plain] FILE [PROMPT] [GENERATE] [THREADS] [ROUNDS]

--plain keeps the weights as they are in the file, which is what models with latent
attention need where AMX is compiled in: ggml then finds no backend for a product.
"""

import ctypes
import json
import os
import random
import resource
import statistics
import sys
import time

import llama_cpp

TEXTS, TEXT_TOKENS, BATCHES, BATCH_TOKENS = 8, 64, 4, 512  # as in tools/speed


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    pass


class Bench:
    def __init__(self, path, prompt, generate, threads, plain):
        self.prompt, self.generate, self.samples = prompt, generate, {}
        settings = llama_cpp.llama_model_default_params()
        settings.use_extra_bufts = not plain
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), settings)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.encoder = llama_cpp.llama_model_n_head_kv(self.model) > 0 and self.architecture() in ("bert", "nomic-bert")
        c = llama_cpp.llama_context_default_params()
        c.n_ctx, c.n_batch, c.n_ubatch = max(prompt + generate, TEXTS * 512) + BATCH_TOKENS, BATCH_TOKENS, BATCH_TOKENS
        c.n_threads = c.n_threads_batch = threads
        if self.encoder:
            c.embeddings, c.n_seq_max, c.kv_unified = True, TEXTS, True
        self.context = llama_cpp.llama_init_from_model(self.model, c)

    def architecture(self):
        text = ctypes.create_string_buffer(64)
        llama_cpp.llama_model_meta_val_str(self.model, b"general.architecture", text, 64)
        return text.value.decode()

    def timed(self, what, tokens, do):
        wall, processor = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        do()
        llama_cpp.llama_synchronize(self.context)
        took, spent = time.monotonic() - wall, resource.getrusage(resource.RUSAGE_SELF).ru_utime - processor
        self.samples.setdefault(what, []).append(tokens / took)
        self.samples.setdefault(what + "_processor", []).append(tokens / spent)

    def step(self, n, draw):
        tokens = (llama_cpp.llama_token * n)(*[draw.randrange(self.vocabulary) for _ in range(n)])
        assert llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(tokens, n)) == 0

    def answer(self, draw):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        self.timed("prompt", self.prompt, lambda: [self.step(min(BATCH_TOKENS, self.prompt - at), draw) for at in range(0, self.prompt, BATCH_TOKENS)])
        self.timed("answer", self.generate, lambda: [self.step(1, draw) for _ in range(self.generate)])

    def encode(self, draw):
        b = llama_cpp.llama_batch_init(TEXTS * TEXT_TOKENS, 0, 1)
        b.n_tokens = TEXTS * TEXT_TOKENS

        def batch():
            for i in range(b.n_tokens):
                b.token[i], b.pos[i], b.n_seq_id[i], b.logits[i] = draw.randrange(self.vocabulary), i % TEXT_TOKENS, 1, 1
                b.seq_id[i][0] = i // TEXT_TOKENS
            assert llama_cpp.llama_encode(self.context, b) == 0

        self.timed("texts", BATCHES * b.n_tokens, lambda: [batch() for _ in range(BATCHES)])
        llama_cpp.llama_batch_free(b)


def main():
    plain = "--plain" in sys.argv
    args = [a for a in sys.argv[1:] if a != "--plain"]
    given = [int(a) for a in args[1:]]
    prompt, generate, threads, rounds = given + [512, 24, 1, 3][len(given):]
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    b = Bench(args[0], prompt, generate, threads, plain)
    for i in range(rounds + 1):
        if i == 1:
            b.samples.clear()
        (b.encode if b.encoder else b.answer)(random.Random(i))
    print(json.dumps({name: statistics.median(list) for name, list in b.samples.items()}), flush=True)
    os._exit(0)  # freeing all of it takes a while, and says nothing


if __name__ == "__main__":
    main()
