"""What other tokenizers make of the corpora, for TestDifferential to compare with.

    python tools/oracle/tokenizer/differential.py --shared ../shared --build build/tokenizer
    go test ./internal/tokenizer -run Differential -v

after corpus.py and, for more vocabularies, vocabularies.py. The publishers' word is
Hugging Face's tokenizers: tokenizer.json where there is one, else the same parts put
together from the GGUF file. llama.cpp has its say where llama-cpp-python is
installed. The files are named ids-VOCABULARY-ENGINE-TEXTS.jsonl.gz, a list of ids
per text, or null where the two are known to differ.
"""

import argparse
import gzip
import json
import pathlib
import unicodedata

import mixture
import references

VOCABULARIES = [
    "gpt-2", "falcon", "deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2", "llama-bpe",
    "llama-spm", "phi-3", "bert-bge",
]  # fmt: skip


def publisher(name, path, build):
    if (build / f"{name}.json").exists():
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(build / f"{name}.json"))
        # Text is not normalised by llama.cpp either, and would not come back as it was.
        tokenizer.normalizer = None
    else:
        values = references.read_gguf(path)
        makers = {"gpt2": references.hf_bpe, "bert": references.hf_wordpiece}
        maker = makers.get(values["tokenizer.ggml.model"])
        if maker is None:
            return None
        tokenizer = maker(values)

    def encode(text, special):
        tokenizer.encode_special_tokens = not special
        return tokenizer.encode(text, add_special_tokens=False).ids

    return encode


def llama(path):
    try:
        import llama_cpp
    except ImportError:
        return None
    model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
    return lambda text, special: model.tokenize(text.encode("utf-8"), add_bos=False, special=special)


def comparable(name, engine, kind, text):
    """False where the other side is known to do something else."""
    if kind == "prompts" and (name == "phi-3" or engine == "publisher" and not has_tokenizer_json(name)):
        # llama.cpp drops white space after special texts for Phi-3, by its name. The
        # tokenizers put together here know no control tokens.
        return False
    if engine == "llama" and kind == "prompts" and name == "qwen2":
        return "</s>" not in text  # a normal token of Qwen's, of which llama.cpp makes an end
    if engine == "llama" and name in ("deepseek-llm", "deepseek-coder"):
        # White space beyond ASCII is U+000B by the time the patterns are matched.
        return not any(c >= "\x80" and c.isspace() for c in text.lstrip("\u3000"))
    if engine == "publisher" and name == "falcon":
        # A byte without a token is dropped before merging, in llama.cpp afterwards.
        return all(c >= " " or c in "\t\n\r" for c in text)
    if name == "bert-bge":
        return all(map(lambda c: plain_to_bert(engine, c), set(text)))
    return True


def has_tokenizer_json(name):
    return name in ("qwen2", "deepseek-v3", "llama-bpe")


def plain_to_bert(engine, c):
    if engine == "publisher":  # whose categories are those of Unicode 8
        from tokenizers import normalizers, pre_tokenizers

        category = unicodedata.category(c)
        mark = normalizers.BertNormalizer().normalize_str(c) == ""
        alone = len(pre_tokenizers.BertPreTokenizer().pre_tokenize_str(f"a{c}b")) > 1
        return (category != "Mn" or mark) and (category[0] != "P" or alone)
    # llama.cpp drops every kind of mark and all but the first part of a character,
    # takes some control characters for spaces, and U+2581 for the beginning of a word.
    if c in "\v\f\x85\u2581" or unicodedata.category(c) in ("Mc", "Me"):
        return False
    return len([d for d in unicodedata.normalize("NFD", c) if unicodedata.category(d) != "Mn"]) <= 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/tokenizer"))
    args = parser.parse_args()

    # In prompts the texts of control tokens stand for those tokens.
    texts = {"mixture": mixture.strings(3000, seed=7), "prompts": mixture.prompts(500, seed=8)}
    for kind, list_ in texts.items():
        (args.build / f"corpus-{kind}.jsonl").write_text("".join(json.dumps(t) + "\n" for t in list_))
    for kind in ("english", "chinese", "code"):
        lines = open(args.build / f"corpus-{kind}.jsonl", encoding="utf-8")
        texts[kind] = [json.loads(line) for line in lines]

    for name in VOCABULARIES:
        path = args.build / f"{name}.gguf"
        if not path.exists():
            path = args.shared / f"data/tokenizer/ggml-vocab-{name}.gguf"
        if not path.exists():
            print(f"{name}: no vocabulary")
            continue
        for engine, encode in (("publisher", publisher(name, path, args.build)), ("llama", llama(path))):
            for kind, list_ in texts.items() if encode else ():
                with gzip.open(args.build / f"ids-{name}-{engine}-{kind}.jsonl.gz", "wt") as out:
                    skipped = 0
                    for text in list_:
                        ids = encode(text, kind == "prompts") if comparable(name, engine, kind, text) else None
                        skipped += ids is None
                        out.write(json.dumps(ids) + "\n")
                print(f"{name} {engine} {kind}: {len(list_)} texts, {skipped} not comparable", flush=True)


if __name__ == "__main__":
    main()
