"""Writes the goldens of the families that internal/prompt renders in Go: random
conversations and what each publisher's template makes of them.

    python3 families.py TEMPLATES ../../../internal/prompt/testdata/conversations.json.gz [COUNT]

Templates are found in the folder by their SHA-256.
"""

import sys

import conversations
import reference

# By family, the SHA-256 of the template and who publishes it.
FAMILIES = {
    "deepseek-r1-distill-qwen": "56a1447ad31926fdc21fb07e56e5642bd9c850c4f52d8c8af7bbe5f079a84f5f",  # the distills, since 2025-02
    "deepseek-r1-distill-first": "b6835114b7303ddd78919a82e4d9f7d8c26ed0d7dfc36beeb12d524f6144eab1",  # the distills, 2025-01
    "deepseek-v3.1": "d9f5f351b276cf9e81d009db08830db7d38e94927aecd09a7beb43e2aafee94e",  # as in llama.cpp
    "qwen2.5": "cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f",  # all sizes, since 2024-09-19
    "qwq-open": "16488ad69d85833e5f66c50174f39834b688343337e9337f018deaa21b354117",  # QwQ-32B, since 2025-03-11
    "qwq": "5ed15374ce53e19a7798710736a2c9fe41c79f7385e8421a2080d6575a80ef1b",  # as in llama.cpp
    "qwen3-revised": "a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8",  # Qwen3-8B, since 2025-05-19
    "qwen3": "87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5",  # 2025-04
    "llama-3.1": "e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65",  # Llama 3.1 and 3.3
}


def main(folder, out, count=300):
    texts = {reference.sha256(text): text for _, text in reference.templates(folder)}
    inputs = conversations.conversations("families", int(count))
    templates = {family: reference.environment().from_string(texts[sha]) for family, sha in FAMILIES.items()}
    cases = [
        {"input": c, "rendered": {family: reference.render(t, c) for family, t in templates.items()}} for c in inputs
    ]
    for family in FAMILIES:
        print(f"{family}: {sum(c['rendered'][family] is not None for c in cases)} of {len(cases)} rendered")
    reference.write(out, {**reference.TOKENS, "cases": cases})


if __name__ == "__main__":
    main(*sys.argv[1:])
