"""Writes internal/convert/testdata: small models of random weights in the format they
are published in, the logits that transformers computes for them in float32, and what
llama.cpp's converter makes of them.

    python reference.py LLAMA.CPP [NAME...]    # its sources: convert_hf_to_gguf.py and gguf-py

With names, those alone are made, beside what is there.
"""

import base64
import hashlib
import json
import pathlib
import shutil
import sys

import safetensors.torch
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

OUT = pathlib.Path(__file__).parents[3] / "internal/convert/testdata"
TOKENS = [(7 * i * i + 3 * i + 1) % 270 for i in range(24)]
POSITIONS = [0, 7, 23]
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = QWEN2.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)
DEEPSEEK3 = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
             "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
             "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
SHARED = dict(vocab_size=288, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=128)


def byte_letters():
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {b: chr(b) for b in seen}
    letters |= {b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in letters)}
    return [letters[b] for b in range(256)]


def byte_pairs(patterns, special, post=None):
    vocab = {c: i for i, c in enumerate(byte_letters())}
    merges = [("h", "e"), ("t", "he"), ("Ġ", "a"), ("i", "n"), ("e", "r"), ("Ġ", "t"), ("Ġt", "he"), ("a", "n")]
    for a, b in merges:
        vocab[a + b] = len(vocab)
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        *[pre_tokenizers.Split(Regex(p), "isolated") for p in patterns],
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(special)
    t.add_tokens(["<tool_call>"])
    if post:
        t.post_processor = processors.TemplateProcessing(
            single=f"{post} $A", pair=f"{post} $A {post} $B", special_tokens=[(post, t.token_to_id(post))])
    else:
        t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def word_pieces():
    words = ["[PAD]", *[f"[unused{i}]" for i in range(99)], "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [chr(c) for c in range(33, 127)] + ["##" + chr(c) for c in range(97, 123)] + ["the", "##ing", "信", "贷"]
    t = Tokenizer(models.WordPiece(vocab={w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 101), ("[SEP]", 102)])
    return t


def cases():
    qwen = lambda: (byte_pairs([QWEN2], ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]), "qwen2",
                    {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "add_bos_token": False, "chat_template": "{{ messages }}"})
    llama = lambda: (byte_pairs([LLAMA3], ["<|begin_of_text|>", "<|eot_id|>"], "<|begin_of_text|>"), "llama-bpe",
                     {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"})
    deep = lambda: (byte_pairs(DEEPSEEK3, ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"]), "deepseek-v3",
                    {"bos_token": {"__type": "AddedToken", "content": "<｜begin▁of▁sentence｜>"}, "eos_token": "<｜end▁of▁sentence｜>",
                     "add_bos_token": True, "add_eos_token": False})
    t = transformers
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "rope_theta": 10000.0}
    yield "qwen2", t.Qwen2ForCausalLM(t.Qwen2Config(**SHARED, rope_parameters={**yarn, "rope_theta": 1e6})), torch.bfloat16, qwen(), "60KB"
    yield "qwen3", t.Qwen3ForCausalLM(t.Qwen3Config(**SHARED, head_dim=16, tie_word_embeddings=True)), torch.float16, qwen(), None
    yield "llama", t.LlamaForCausalLM(t.LlamaConfig(**SHARED, attention_bias=True, rope_parameters={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32, "rope_theta": 500000.0})), torch.float32, llama(), None
    yield "qwen3moe", t.Qwen3MoeForCausalLM(t.Qwen3MoeConfig(**SHARED, head_dim=8, num_experts=4, num_experts_per_tok=2,
                                                            moe_intermediate_size=32, norm_topk_prob=True)), torch.bfloat16, qwen(), "40KB"
    latent = dict(q_lora_rank=24, kv_lora_rank=16, qk_nope_head_dim=12, qk_rope_head_dim=8, v_head_dim=10,
                  first_k_dense_replace=1, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, moe_intermediate_size=32)
    shared = {**SHARED, "num_key_value_heads": 4}
    yield "deepseek3", t.DeepseekV3ForCausalLM(t.DeepseekV3Config(**shared, **latent, n_group=2, topk_group=1, routed_scaling_factor=2.5,
        norm_topk_prob=True, rope_parameters={**yarn, "mscale": 1.0, "mscale_all_dim": 1.0, "beta_fast": 32, "beta_slow": 1})), torch.bfloat16, deep(), None
    yield "deepseek2", t.DeepseekV2ForCausalLM(t.DeepseekV2Config(**shared, **{**latent, "q_lora_rank": None}, topk_method="greedy",
        n_group=1, topk_group=1, routed_scaling_factor=1.0, norm_topk_prob=False)), torch.float32, deep(), None
    yield "bert", t.BertModel(t.BertConfig(vocab_size=232, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=64, type_vocab_size=2)), torch.float32, (word_pieces(), "default", {
        "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]", "do_lower_case": True}), None
    yield "qwen2moe", t.Qwen2MoeForCausalLM(t.Qwen2MoeConfig(**SHARED, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32,
                                                            shared_expert_intermediate_size=40, norm_topk_prob=False)), torch.bfloat16, qwen(), None
    yield "qwen3fp8", t.Qwen3ForCausalLM(t.Qwen3Config(**SHARED, head_dim=16, tie_word_embeddings=True)), torch.bfloat16, qwen(), None


def randomise(model, seed):
    """Weights of the variance that keeps activations sane; norms around one."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            x = torch.randn(p.shape, generator=g)
            if p.ndim > 1:
                p.copy_(x / p.shape[-1] ** 0.5)
            elif "norm" in name.lower() and name.endswith("weight"):
                p.copy_(1 + 0.2 * x)
            else:
                p.copy_(0.1 * x)
        for name, b in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                b.copy_(0.1 * torch.randn(b.shape, generator=g))


BLOCK = [16, 20]  # divides no matrix evenly


def eight_bits(folder):
    """The matrices of a folder in blocks of eight bits, as DeepSeek V3 is published, and what they then are in full."""
    path = folder / "model.safetensors"
    full, stored = {}, {}
    for name, w in safetensors.torch.load_file(path).items():
        full[name] = stored[name] = w
        if w.ndim != 2 or "proj" not in name:
            continue
        rows, columns = (-(-n // b) for n, b in zip(w.shape, BLOCK))
        scale = torch.empty(rows, columns)
        q = torch.empty(w.shape, dtype=torch.float8_e4m3fn)
        wide = torch.empty(w.shape)
        for r in range(rows):
            for c in range(columns):
                at = slice(r * BLOCK[0], (r + 1) * BLOCK[0]), slice(c * BLOCK[1], (c + 1) * BLOCK[1])
                scale[r, c] = w[at].float().abs().max() / 448
                q[at] = (w[at].float() / scale[r, c]).to(torch.float8_e4m3fn)
                wide[at] = q[at].float() * scale[r, c]
        stored[name], stored[name + "_scale_inv"], full[name] = q, scale, wide.to(torch.bfloat16)
    return full, stored


def store_eight_bits(folder, stored):
    safetensors.torch.save_file(stored, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": BLOCK}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def compute(folder, kind):
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        if kind is transformers.BertModel:
            tokens = [t % 232 for t in TOKENS]
            return model(torch.tensor([tokens])).last_hidden_state[0].mean(0)[None]
        return model(torch.tensor([TOKENS])).logits[0][POSITIONS]


def converted(llama, folder, pre, dtype):
    """What llama.cpp writes: settings and tensors."""
    sys.path[:0] = [str(llama / "gguf-py"), str(llama)]
    import convert_hf_to_gguf
    import gguf
    from conversion import base

    # It knows tokenizers by what they make of a text, and these are of nobody.
    base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
    out = folder.parent / "converted.gguf"
    out.unlink(missing_ok=True)
    kind = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}[dtype]
    sys.argv = ["convert", str(folder), "--outfile", str(out), "--outtype", kind]
    convert_hf_to_gguf.main()
    reader = gguf.GGUFReader(out)
    settings = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    tensors = {t.name: [t.tensor_type.name, [int(n) for n in t.shape], hashlib.sha256(t.data.tobytes()).hexdigest()[:16]]
               for t in reader.tensors}
    out.unlink()
    return settings, tensors


def main(llama, *names):
    goldens = {}
    if names:
        goldens = json.loads((OUT / "goldens.json").read_text())["models"]
    else:
        shutil.rmtree(OUT, ignore_errors=True)
    for seed, (name, model, dtype, (tokenizer, pre, config), shards) in enumerate(cases()):
        if names and name not in names:
            continue
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        randomise(model, seed)
        kind = type(model)
        model.to(dtype).save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
        (folder / "generation_config.json").unlink(missing_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **config}
        (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n")
        if name == "bert":
            (folder / "modules.json").write_text('[{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]\n')
            (folder / "1_Pooling").mkdir()
            (folder / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}\n')
        stored = None
        if name.endswith("fp8"):
            full, stored = eight_bits(folder)
            safetensors.torch.save_file(full, folder / "model.safetensors", {"format": "pt"})
        logits = compute(folder, kind).numpy().astype("<f4")
        if stored:
            store_eight_bits(folder, stored)
        settings, tensors = converted(pathlib.Path(llama).resolve(), folder, pre, dtype)
        goldens[name] = {"logits": base64.b64encode(logits.tobytes()).decode(), "settings": settings, "tensors": tensors}
    text = json.dumps({"tokens": TOKENS, "positions": POSITIONS, "models": goldens}, ensure_ascii=False, indent=1)
    (OUT / "goldens.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
