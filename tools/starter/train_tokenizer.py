"""Trains the vocabulary: byte-level BPE of 8192 tokens, split as Qwen2 splits.

    train_tokenizer.py OUT.json TEXTS.jsonl ROWS.jsonl

Chinese and English are fed in equal bytes, collected text and rows half each.
"""

import json
import sys

import formats
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 8192
BYTES = 6 << 20  # of each language from each file; less if it has less
# As in the file of Qwen2's tokenizer; hearth's name for it is qwen2.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def empty():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    t.decoder = decoders.ByteLevel()
    return t


def said(item):
    if "sentences" in item:
        return ("" if item["lang"] == "zh" else " ").join(item["sentences"])
    if "text" in item:
        return item["text"]
    return "\n".join(text for text, _ in formats.pieces(item["messages"], item.get("tools", ())))


def corpus(paths):
    for path in paths:
        left = {"zh": BYTES, "en": BYTES}
        for line in open(path):
            item = json.loads(line)
            if left[item["lang"]] <= 0:
                continue
            text = said(item)
            left[item["lang"]] -= len(text.encode())
            yield text


def main():
    out, *paths = sys.argv[1:]
    t = empty()
    t.train_from_iterator(corpus(paths), trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=formats.SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.save(out)
    sizes = [len(t.encode(x).ids) / len(x) for x in ("单文件私域大模型一体机，数据不出本机。", "A private LLM appliance in one file.")]
    print(f"{t.get_vocab_size()} tokens; tokens per character: zh {sizes[0]:.2f}, en {sizes[1]:.2f}")


if __name__ == "__main__":
    main()
