"""Writes the goldens of the families that internal/prompt renders in Go: random
conversations and what each publisher's template makes of them.

    python3 families.py TEMPLATES ../../../internal/prompt/testdata/conversations.json.gz [COUNT]

Templates are found in the folder by their SHA-256. Of a family whose template is not
there, what the file has for the same conversations stays.
"""

import gzip
import json
import os
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
    "deepseek-v3.2": "8e5a13fcc4bdd4d943311fc59064b805770fdeddfccbd7f1c252cc16e8acaf3d",  # as in llama.cpp
    "deepseek-v4": "c69cd3cf0bd77bcfe962214042af8db1ae6b8b01f4db81f082c83dff925775d7",  # as in llama.cpp
    "qwen3-coder": "d287fb2edf144207f868ae1b282755dc19db2a3f1c5b3a3d57e9e5abffa98392",  # as in llama.cpp
    "qwen3.5": "a4aee8afcf2e0711942cf848899be66016f8d14a889ff9ede07bca099c28f715",  # Qwen3.5-4B
    "glm-4.6": "f777778f775abe19c0f4bd576078d20a51ba8472139bde6852ea4490ec07398b",  # 4.5 and 4.6
    "kimi-k2": "1d396d5b128cdb9b2a4ef73434fa08d31c75604a11daa77bcb4b622d32dddd41",  # as in llama.cpp
    "gpt-oss": "a4c9919cbbd4acdd51ccffe22da049264b1b73e59055fa58811a99efbd7c8146",  # gpt-oss-120b and 20b
    "llama-3.1": "e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65",  # Llama 3.1 and 3.3
}


def harmony(conversation):
    """What gpt-oss's template calls thinking is what clients call reasoning_content; it
    takes no text beside it, and no tool without a description."""
    messages = []
    for m in conversation["messages"]:
        m = dict(m)
        if "reasoning_content" in m:
            m["thinking"] = m.pop("reasoning_content")
            if "tool_calls" in m:
                m["content"] = ""
        messages.append(m)
    out = {**conversation, "messages": messages}
    if "tools" in conversation:
        out["tools"] = [{**t, "function": {"description": "", **t["function"]}} for t in conversation["tools"]]
    return out


# What a family's renderer does to a conversation before its template would see it.
PREPARED = {"gpt-oss": harmony}

# Kimi-K2's template keeps a queue of calls, which the sandbox that does not let lists
# change refuses; what the template means is what it does outside of it.
MUTABLE = {"kimi-k2"}


def render(family, template, conversation):
    return reference.render(template, PREPARED.get(family, lambda c: c)(conversation))


def main(folder, out, count=300):
    texts = {reference.sha256(text): text for _, text in reference.templates(folder)}
    inputs = conversations.conversations("families", int(count))
    templates = {
        family: reference.environment(family in MUTABLE).from_string(texts[sha])
        for family, sha in FAMILIES.items() if sha in texts
    }
    cases = [{"input": c, "rendered": {f: render(f, t, c) for f, t in templates.items()}} for c in inputs]
    keep([f for f in FAMILIES if f not in templates], cases, out)
    for family in FAMILIES:
        print(f"{family}: {sum(c['rendered'][family] is not None for c in cases)} of {len(cases)} rendered")
    reference.write(out, {**reference.TOKENS, "cases": cases})


def keep(families, cases, out):
    """Takes over what the file has of families whose templates are not at hand."""
    if not families:
        return
    if not os.path.exists(out):
        sys.exit(f"no template of {', '.join(families)}")
    with gzip.open(out, "rt", encoding="utf-8") as f:
        old = json.load(f)["cases"]
    if [c["input"] for c in old] != [c["input"] for c in cases]:
        sys.exit(f"no template of {', '.join(families)}, and {out} is about other conversations")
    for case, before in zip(cases, old):
        case["rendered"] = {f: case["rendered"].get(f, before["rendered"].get(f)) for f in FAMILIES}


if __name__ == "__main__":
    main(*sys.argv[1:])
