"""Writes internal/nn/testdata/logits.json: what llama.cpp computes for the models of
random weights that `go run ./tools/oracle/models FOLDER` has written.

usage: logits.py FOLDER
"""

import base64
import ctypes
import hashlib
import json
import pathlib
import sys

import llama_cpp
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "internal/nn/testdata/logits.json"


def logits(path, adapter, tokens, positions, pooled):
    """The logits after each of the positions, or what the file's pooling makes of the
    text; all of it in one batch. adapter is a file or None."""
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    assert model, path
    context = llama_cpp.llama_context_default_params()
    context.n_ctx = max(512, len(tokens))
    context.n_batch = context.n_ubatch = max(64, len(tokens))
    context.n_threads = context.n_threads_batch = 1
    context.embeddings = pooled
    ctx = llama_cpp.llama_init_from_model(model, context)
    assert ctx, path
    if adapter:
        lora = llama_cpp.llama_adapter_lora_init(model, str(adapter).encode())
        assert lora, adapter
        loras, scales = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(lora), (ctypes.c_float * 1)(1)
        assert llama_cpp.llama_set_adapters_lora(ctx, loras, 1, scales) == 0, adapter
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i] = token
        batch.pos[i] = i
        batch.n_seq_id[i] = 1
        batch.seq_id[i][0] = 0
        batch.logits[i] = pooled or i in positions
    assert llama_cpp.llama_decode(ctx, batch) == 0, path
    vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    if pooled:
        width = llama_cpp.llama_model_n_embd(model)
        if llama_cpp.llama_pooling_type(ctx) == llama_cpp.LLAMA_POOLING_TYPE_RANK:
            width = llama_cpp.llama_model_n_cls_out(model)
        rows = [np.ctypeslib.as_array(llama_cpp.llama_get_embeddings_seq(ctx, 0), (width,)).copy()]
    else:
        rows = [np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(ctx, i), (vocab,)).copy() for i in positions]
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(ctx)
    llama_cpp.llama_model_free(model)
    return np.concatenate(rows).astype("<f4")


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    if level >= 4:
        sys.stderr.write(text.decode(errors="replace"))


def main():
    folder = pathlib.Path(sys.argv[1])
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    cases = []
    for case in json.loads((folder / "index.json").read_text()):
        path = folder / (case["Name"] + ".gguf")
        adapter = folder / (case["Name"] + ".adapter.gguf") if case["Adapted"] else None
        row = logits(path, adapter, case["Tokens"], case["Positions"], case["Pooled"])
        cases.append({
            "name": case["Name"],
            "sha256": hashlib.sha256(path.read_bytes() + (adapter.read_bytes() if adapter else b"")).hexdigest(),
            "logits": base64.b64encode(row.tobytes()).decode(),
        })
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
