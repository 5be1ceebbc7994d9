"""Writes the goldens of the families that internal/prompt renders in Go: random
conversations and what each publisher's template makes of them.

    python3 families.py TEMPLATES ../../../internal/prompt/testdata/conversations.json.gz [COUNT]

Templates are found in the folder by their SHA-256.
"""

import sys

import conversations
import reference

FAMILIES = {
    "deepseek-r1": "56a1447ad31926fdc21fb07e56e5642bd9c850c4f52d8c8af7bbe5f079a84f5f",
    "deepseek-v3.1": "d9f5f351b276cf9e81d009db08830db7d38e94927aecd09a7beb43e2aafee94e",
    "qwen2.5": "cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f",
    "qwq": "5ed15374ce53e19a7798710736a2c9fe41c79f7385e8421a2080d6575a80ef1b",
    "qwen3": "87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5",
    "llama3.1": "e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65",
}


def main(folder, out, count=300):
    texts = {reference.sha256(text): text for _, text in reference.templates(folder)}
    inputs = conversations.conversations("families", int(count))
    found = {}
    for family, sha in FAMILIES.items():
        template = reference.environment().from_string(texts[sha])
        found[family] = [reference.render(template, c) for c in inputs]
        print(f"{family}: {sum(x is not None for x in found[family])} of {len(inputs)} rendered")
    reference.write(out, {**reference.TOKENS, "inputs": inputs, "rendered": found})


if __name__ == "__main__":
    main(*sys.argv[1:])
