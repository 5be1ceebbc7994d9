"""The publishers' tokenizers, rebuilt offline from the vocabularies of GGUF files.

`patterns` is the table of splitters: for each tokenizer.ggml.pre the regular
expressions that are applied one after the other, as published in tokenizer.json
(collected in llama.cpp). Case-insensitive contractions are written out for ASCII,
as llama.cpp does.
"""

import struct

CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN35 = (
    CONTRACTIONS
    + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CAPITALS, SMALLS = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def cased(capitals, smalls, suffix, digits, tail):
    word = rf"[^\r\n\p{{L}}\p{{N}}]?{capitals}*{smalls}+{suffix}|[^\r\n\p{{L}}\p{{N}}]?{capitals}+{smalls}*{suffix}"
    return rf"{word}|\p{{N}}{digits}| ?[^\s\p{{L}}\p{{N}}]+[{tail}]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def without_han(letters):
    return letters[:-1] + r"&&[^\p{Han}]]"


DEEPSEEK_LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373"
    "\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-"
    "\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-"
    "\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d"
    "\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-"
    "\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-"
    "\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-"
    "\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-"
    "\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-"
    "\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
)

PATTERNS = {
    "gpt-2": [GPT2],
    "starcoder": [r"\p{N}", GPT2],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
    "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    "llama-bpe": [LLAMA3],
    "qwen2": [QWEN2],
    "qwen35": [QWEN35],
    "gpt-4o": [cased(CAPITALS, SMALLS, CONTRACTIONS + "?", "{1,3}", r"\r\n/")],
    "tekken": [cased(CAPITALS, SMALLS, "", "", r"\r\n/")],
    "kimi-k2": [
        r"\p{Han}+|"
        + cased(without_han(CAPITALS), without_han(SMALLS), CONTRACTIONS + "?", "{1,3}", r"\r\n")
    ],
    "deepseek-llm": [
        "[\r\n]",
        rf"\s?[{DEEPSEEK_LETTERS}]+",
        "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
        r"\s+\Z",
        "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
        r"\p{N}+",
    ],
    "deepseek-coder": [
        "[\r\n]",
        r"\s?\p{L}+",
        r"\s?\p{P}+",
        "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
        r"\p{N}",
    ],
    "deepseek-v3": [
        r"\p{N}{1,3}",
        "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
        r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
        r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ],
}


def read_gguf(path):
    """The metadata of a GGUF file as a dict."""
    data = open(path, "rb").read()
    at = 16
    formats = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def scalar(kind):
        nonlocal at
        value = struct.unpack_from("<" + formats[kind], data, at)[0]
        at += struct.calcsize(formats[kind])
        return value

    def value(kind):
        nonlocal at
        if kind == 8:
            size = scalar(10)
            at += size
            return data[at - size : at].decode("utf-8")
        if kind == 9:
            item, count = scalar(4), scalar(10)
            return [value(item) for _ in range(count)]
        return scalar(kind)

    count = scalar(10)
    values = {}
    for _ in range(count):
        key = value(8)
        values[key] = value(scalar(4))
    return values


def byte_alphabet():
    """The character that GPT-2 writes for each byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}


def hf_bpe(values):
    """Hugging Face's tokenizer for a "gpt2" vocabulary."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

    tokens = values["tokenizer.ggml.tokens"]
    pre = values.get("tokenizer.ggml.pre") or "default"
    model = models.BPE(
        vocab={t: i for i, t in enumerate(tokens)},
        merges=[tuple(m.split(" ")) for m in values["tokenizer.ggml.merges"]],
        ignore_merges=pre in ("llama-bpe", "tekken"),
    )
    tokenizer = Tokenizer(model)
    types = values["tokenizer.ggml.token_type"]
    tokenizer.add_tokens([AddedToken(t, normalized=False) for i, t in enumerate(tokens) if types[i] == 4])
    splits = [pre_tokenizers.Split(Regex(p), "isolated") for p in PATTERNS[pre]]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    return tokenizer


def hf_wordpiece(values):
    """Hugging Face's tokenizer for a "bert" vocabulary."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocab = {}
    for i, token in enumerate(values["tokenizer.ggml.tokens"]):
        if token.startswith("\u2581"):
            vocab[token[1:]] = i
        elif values["tokenizer.ggml.token_type"][i] == 3:
            vocab[token] = i
        else:
            vocab["##" + token] = i
    tokenizer = Tokenizer(models.WordPiece(vocab=vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def tiktoken_bpe(values):
    """tiktoken's encoding for a "gpt2" vocabulary whose ids are in the order of merging."""
    import tiktoken

    unwritten = {c: b for b, c in byte_alphabet().items()}
    types = values["tokenizer.ggml.token_type"]
    ranks = {
        bytes(unwritten[c] for c in token): i
        for i, token in enumerate(values["tokenizer.ggml.tokens"])
        if types[i] == 1
    }
    (pattern,) = PATTERNS[values["tokenizer.ggml.pre"]]
    return tiktoken.Encoding("oracle", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
