"""Takes a file of export.py apart again, for training that goes on from it: its
vocabulary, and its weights as they were rounded, without the optimizers' memory.

    begin.py MODEL.gguf TOKENIZER.json WEIGHTS.pt
"""

import sys

import export
import formats
import gguf
import torch
from tokenizers import AddedToken, Tokenizer, models
from train_tokenizer import empty

from model import SHAPES, Model


def strings(reader, key):
    field = reader.fields[key]
    return [bytes(field.parts[i]).decode() for i in field.data]


def tokenizer(reader):
    tokens = strings(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in strings(reader, "tokenizer.ggml.merges")]
    t = empty()
    t.model = models.BPE(vocab={x: i for i, x in enumerate(tokens)}, merges=merges)
    t.add_special_tokens([AddedToken(x, special=True) for x in formats.SPECIALS])
    return t


def weights(reader):
    """The model's state, by the trainer's names."""
    stored = {t.name: torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type)) for t in reader.tensors}
    for shape in SHAPES.values():
        wanted = Model(shape).state_dict()
        if {export.tensor_name(n): tuple(w.shape) for n, w in wanted.items()} == {n: tuple(t.shape) for n, t in stored.items()}:
            return {n: stored[export.tensor_name(n)].float() for n in wanted}
    sys.exit("the file has none of the shapes that model.py knows")


def main():
    path, tokens, out = sys.argv[1:]
    reader = gguf.GGUFReader(path)
    tokenizer(reader).save(tokens)
    torch.save(weights(reader), out)


if __name__ == "__main__":
    main()
