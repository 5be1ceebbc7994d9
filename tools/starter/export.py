"""Writes a checkpoint as GGUF: Q8_0, names as llama.cpp has them, vocabulary and chat
template inside.

    export.py CHECKPOINT.pt TOKENIZER.json OUT.gguf
"""

import json
import pathlib
import sys

import formats
import gguf
import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
LAYER = {"attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "q_norm": "attn_q_norm", "k_norm": "attn_k_norm",
         "ffn_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]  # the other specials are text that has a token, as in Qwen3


def tensor_name(name):
    if name == "embed.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, layer, part, _ = name.split(".")
    return f"blk.{layer}.{LAYER[part]}.weight"


def write_tensors(w, state):
    for name, t in state.items():
        numbers = t.float().numpy()
        if numbers.ndim == 1:
            w.add_tensor(tensor_name(name), numbers)
            continue
        kind = gguf.GGMLQuantizationType.Q8_0
        w.add_tensor(tensor_name(name), gguf.quantize(numbers, kind), raw_dtype=kind)


def write_vocabulary(w, tokenizer):
    vocabulary = tokenizer["model"]["vocab"]
    texts = sorted(vocabulary, key=vocabulary.get)
    assert [vocabulary[t] for t in texts] == list(range(len(texts))) and texts[: len(formats.SPECIALS)] == formats.SPECIALS
    kinds = [gguf.TokenType.CONTROL if t in CONTROL else gguf.TokenType.USER_DEFINED if t in formats.SPECIALS else gguf.TokenType.NORMAL for t in texts]
    merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(texts)
    w.add_token_types(kinds)
    w.add_token_merges(merges)
    w.add_eos_token_id(texts.index("<|im_end|>"))
    w.add_pad_token_id(texts.index("<|endoftext|>"))
    w.add_add_bos_token(False)
    w.add_chat_template((HERE / "chat_template.jinja").read_text())


def main():
    checkpoint, tokenizer, out = sys.argv[1:]
    c = torch.load(checkpoint, map_location="cpu", weights_only=True)
    s = c["shape"]
    w = gguf.GGUFWriter(out, "qwen3")
    w.add_name("hearth starter")
    w.add_description("The starter model of hearth: answers from passages, fills forms, calls tools. It knows little.")
    w.add_license("apache-2.0")
    w.add_languages(["zh", "en"])
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_block_count(s["layers"])
    w.add_context_length(s["context"])
    w.add_embedding_length(s["width"])
    w.add_feed_forward_length(s["inner"])
    w.add_head_count(s["heads"])
    w.add_head_count_kv(s["kv_heads"])
    w.add_key_length(s["head"])
    w.add_value_length(s["head"])
    w.add_rope_freq_base(s["rope_base"])
    w.add_layer_norm_rms_eps(s["epsilon"])
    write_vocabulary(w, json.loads(pathlib.Path(tokenizer).read_text()))
    write_tensors(w, c["model"])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    size = pathlib.Path(out).stat().st_size
    print(f"{out}: {size:,} bytes after {c['place'][0]:,} tokens")
    if size > 16 << 20:
        sys.exit("it is larger than the 16 MiB that the binary spares")


if __name__ == "__main__":
    main()
