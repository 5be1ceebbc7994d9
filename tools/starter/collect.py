"""Gathers the texts of sources.yaml from repositories at hand into JSON lines: each a
passage as a list of sentences.

    collect.py OUT NAME=FOLDER...     # the git folder of each repository, bare or not

Sources without a folder are left out and named. Only files of the stated commit are
read. With --pin, the sums of what was gathered are written into sources.yaml.
"""

import fnmatch
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import yaml

from rows import texts

HERE = pathlib.Path(__file__).parent
FILE_MAX = 8 << 20  # bytes of one file
TEXT_MAX = 30 << 20  # bytes of one source; what is beyond is left out


def files(folder, source):
    """The files of the commit, by name. A snapshot may lack some: they are named, and
    the sum then tells that the text is another."""
    git = ["git", "-C", folder]
    names = subprocess.run([*git, "ls-tree", "-r", "-z", "--name-only", source["commit"]], capture_output=True, check=True).stdout.decode().split("\0")
    names = sorted(n for n in names if any(fnmatch.fnmatch(n, p) for p in source["paths"]))
    asked = "".join(f"{source['commit']}:{n}\n" for n in names).encode()
    out = subprocess.run([*git, "cat-file", "--batch"], input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    at = 0
    for name in names:
        end = out.find(b"\n", at)
        head = out[at:end].decode("utf-8", "replace").split()
        if end < 0 or len(head) != 3 or head[1] != "blob":
            print(f"{source['name']}: {name} is not there", file=sys.stderr)
            at = end + 1 if end >= 0 else len(out)
            continue
        size = int(head[2])
        if size <= FILE_MAX:
            yield name, out[end + 1 : end + 1 + size].decode("utf-8", "replace")
        at = end + 1 + size + 1


def prose(text):
    """Paragraphs of Markdown or reStructuredText, without code, tables and markup."""
    text = re.sub(r"```.*?```|<[^>]+>|\$\$?[^$]*\$\$?", "", text, flags=re.S)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r":\w+:`([^`<]*)[^`]*`|``([^`]*)``|[*_]{2}([^*_]+)[*_]{2}", lambda m: next(g for g in m.groups() if g is not None), text)
    for block in re.split(r"\n\s*\n", text):
        lines = [x.strip() for x in block.split("\n") if x.strip()]
        if lines and not re.match(r"[|#=.:>{\-~+^`]|\d+\.", lines[0]):
            glue = "" if re.search(r"[\u4e00-\u9fff]", block) else " "
            yield glue.join(lines)


def spoken(value):
    """All longer texts in a JSON value; short ones of one dialogue or object together."""
    if isinstance(value, dict):
        said = [str(v) for v in value.values() if isinstance(v, (str, int, float)) and v not in ("", None)]
        if len(said) > 3:
            yield "。".join(f"{k}：{v}" for k, v in value.items() if isinstance(v, (str, int, float)) and v not in ("", None)) + "。"
        for k, v in value.items():
            if k == "messages":
                yield "\n".join(m["message"] for m in v)
            elif isinstance(v, (dict, list)):
                yield from spoken(v)
            elif isinstance(v, str) and len(v) > 40:
                yield v
    elif isinstance(value, list):
        for v in value:
            yield from spoken(v)


def passages(name, text):
    if name.endswith(".jsonl"):
        for line in text.splitlines():
            yield " ".join(json.loads(line).values()).split("####")[0]
    elif name.endswith(".json"):
        yield from spoken(json.loads(text))
    else:
        yield from prose(text)


def gather(folder, source):
    seen, size = set(), 0
    for name, text in files(folder, source):
        if source.get("keep") and not re.search(source["keep"], text[-2000:], re.I):
            continue
        for p in passages(name, text):
            cut = [s for part in p.split("\n") for s in texts.sentences(source["lang"], part)]
            key = "".join(cut)
            if len(key) < 20 or key in seen or source["lang"] == "zh" and not re.search(r"[\u4e00-\u9fff]{4}", key):
                continue
            seen.add(key)
            size += len(key.encode())
            if size > TEXT_MAX:
                return
            yield {"source": source["name"], "lang": source["lang"], "sentences": cut}


def main():
    pin = "--pin" in sys.argv
    out, *given = [a for a in sys.argv[1:] if a != "--pin"]
    folders = dict(g.split("=", 1) for g in given)
    path = HERE / "sources.yaml"
    recipe = path.read_text()
    with open(out, "w") as f:
        for source in yaml.safe_load(recipe)["sources"]:
            name = source["name"]
            if name not in folders:
                print(f"{name}: no folder given, left out", file=sys.stderr)
                continue
            lines = [json.dumps(p, ensure_ascii=False) + "\n" for p in gather(folders[name], source)]
            digest = hashlib.sha256("".join(lines).encode()).hexdigest()
            if source.get("sha256", digest) != digest and not pin:
                sys.exit(f"{name}: the text is not what sources.yaml pins ({digest})")
            recipe = re.sub(rf"(  - name: {name}\n)(    sha256: \w+\n)?", rf"\g<1>    sha256: {digest}\n", recipe)
            f.writelines(lines)
            print(f"{name}: {len(lines)} passages, {sum(len(x.encode()) for x in lines):,} bytes, {digest}", file=sys.stderr)
    if pin:
        path.write_text(recipe)


if __name__ == "__main__":
    main()
