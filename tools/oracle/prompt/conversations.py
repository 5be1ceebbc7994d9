"""Makes random conversations that try a chat template's corners."""

import json
import random

WORDS = ["hello", "你好", "1 < 2 && 3 > 2", "naïve café", "🙂🚀", "{{ x }}", "{% if %}", "a\tb", 'say "hi"',
         "it's", "back\\slash", "line\nbreak", "\u00a0", "利率是多少?", "C:\\new", "&amp;", "\x1f", "\u2028", "e\u0301",
         "<b>bold</b>", "[INST]", "100%", "%s", "\x7f", "ﬁ", "İ"]
MARKERS = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
           "<|im_end|>", "<|im_start|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<|end|>", "</s>"]
SPACES = ["", "", "", " ", "\n", "\n\n", "\t", "  \n", "\r\n", "\u3000"]
NAMES = ["get_weather", "calc", "查询", "a-b.c", "get_user_info", "f"]
KEYS = ["city", "id", "type", "items", "value", "名称", "Zeta", "alpha", "nested", "description"]


def text(r):
    """Something somebody might say, awkwardly."""
    kind = r.random()
    if kind < 0.05:
        return ""
    words = [r.choice(WORDS) for _ in range(r.randint(1, 5))]
    if r.random() < 0.25:
        words.insert(r.randrange(len(words) + 1), r.choice(MARKERS))
    body = " ".join(words)
    if kind > 0.93:
        body = "<tool_response>\n" + body + "\n</tool_response>"
    return r.choice(SPACES) + body + r.choice(SPACES)


def thought(r):
    """An answer that carries its thinking in the text, well formed or not."""
    opening = r.choice(["<think>\n", "<think>", ""])
    closing = r.choice(["\n</think>\n\n", "</think>", "\n</think>\n"])
    return opening + text(r) + closing + text(r)


def value(r, depth=0):
    kind = r.randrange(12 if depth < 3 else 8)
    if kind < 2:
        return text(r)
    if kind == 2:
        return r.choice([0, 1, -1, 42, 2**31, 2**53 + 1, -(2**63), 2**70])
    if kind == 3:
        return r.choice([0.0, -0.0, 0.1, 1.5, 1e16, 1e15, 123456789.123, 1e-4, 1e-5, 1e22, 1e300, 5e-324, -2.5, 3.0])
    if kind < 6:
        return r.choice([True, False, None])
    if kind < 8:
        return r.choice(WORDS)
    if kind < 10:
        return [value(r, depth + 1) for _ in range(r.randrange(4))]
    return mapping(r, depth + 1)


def mapping(r, depth=0):
    return {r.choice(KEYS): value(r, depth) for _ in range(r.randrange(4))}


def schema(r, depth=0):
    kind = r.choice(["string", "number", "integer", "boolean", "array", "object"])
    s = {"type": kind}
    if r.random() < 0.1:
        s["type"] = [kind, "null"]
    if r.random() < 0.6:
        s["description"] = text(r)
    if kind == "string" and r.random() < 0.4:
        s["enum"] = r.sample(["a", "b", "中文", "c d"], 2)
    if kind in ("number", "integer") and r.random() < 0.3:
        s["minimum"] = r.choice([0, 0.5, -1])
    if r.random() < 0.15:
        s["default"] = value(r, 2)
    if kind == "array":
        s["items"] = schema(r, depth + 1) if depth < 2 else {"type": "string"}
    if kind == "object" and depth < 2:
        s.update(properties(r, depth + 1))
    if r.random() < 0.1:
        s["nullable"] = r.choice([True, False])
    return s


def properties(r, depth=0):
    keys = r.sample(KEYS, r.randrange(4))
    s = {"type": "object", "properties": {k: schema(r, depth) for k in keys}}
    if r.random() < 0.7:
        s["required"] = r.sample(keys, r.randint(0, len(keys)))
    return s


def tool(r):
    function = {"name": r.choice(NAMES)}
    if r.random() < 0.9:
        function["description"] = text(r) or "x"
    if r.random() < 0.9:
        function["parameters"] = properties(r)
    if r.random() < 0.1:
        function["strict"] = True
    return {"type": "function", "function": function}


def arguments(r):
    kind = r.random()
    if kind < 0.03:
        return r.choice(["", "{", "not json", '{"a": }', "[1, 2]", '"text"', "null", "7"])
    spread = {"separators": (",", ":")} if kind < 0.4 else {"indent": 2} if kind < 0.5 else {}
    return json.dumps(mapping(r), ensure_ascii=r.random() < 0.3, **spread)


def assistant(r, calls):
    m = {"role": "assistant", "content": thought(r) if r.random() < 0.3 else text(r)}
    if calls and r.random() < 0.7 or r.random() < 0.02:
        m["content"] = r.choice([None, ""])
    if r.random() < 0.25:
        m["reasoning_content"] = text(r) or "hm"
    if calls:
        m["tool_calls"] = [
            {"id": r.choice(["call_%06d", "%09d"]) % r.randrange(10**6), "type": "function",
             "function": {"name": r.choice(NAMES), "arguments": arguments(r)}}
            for _ in range(r.choice([1, 1, 1, 2, 3]))
        ]
    return m


def result(r, call):
    m = {"role": "tool", "content": r.choice([text(r), json.dumps(mapping(r))])}
    if r.random() < 0.9:
        m["tool_call_id"] = call["id"]
    if r.random() < 0.5:
        m["name"] = call["function"]["name"]
    return m


def messages(r):
    ms = []
    if r.random() < 0.6:
        ms.append({"role": "system", "content": text(r)})
    for _ in range(r.choice([1, 1, 2, 2, 3, 4])):
        ms.append({"role": "user", "content": text(r)})
        for _ in range(r.choice([0, 0, 1, 2])):
            calls = assistant(r, True)
            ms.append(calls)
            ms += [result(r, c) for c in calls["tool_calls"]]
        if r.random() < 0.8:
            ms.append(assistant(r, False))
    if r.random() < 0.6 and ms[-1]["role"] == "assistant":
        ms.append({"role": "user", "content": text(r)})
    if r.random() < 0.1:
        r.shuffle(ms)
    if r.random() < 0.05:
        ms.insert(r.randrange(len(ms) + 1), {"role": "system", "content": text(r)})
    if r.random() < 0.05:
        ms[r.randrange(len(ms))]["name"] = "somebody"
    return ms


def tidy(r):
    """What strict templates insist on: turns alternate, one call at a time."""
    ms = [{"role": "system", "content": text(r)}] if r.random() < 0.3 else []
    for _ in range(r.randint(1, 3)):
        ms.append({"role": "user", "content": text(r)})
        if r.random() < 0.4:
            calls = assistant(r, True)
            del calls["tool_calls"][1:]
            ms += [calls, result(r, calls["tool_calls"][0])]
        ms.append({"role": "assistant", "content": text(r)})
    if r.random() < 0.8:
        ms.pop()
    return ms


def conversation(r):
    c = {"messages": tidy(r) if r.random() < 0.4 else messages(r)}
    if r.random() < 0.5:
        c["tools"] = [tool(r) for _ in range(r.choice([1, 1, 2, 3]))]
    thinking = r.choice([None, None, True, False])
    if thinking is not None:
        c["enable_thinking"] = c["thinking"] = thinking
    if r.random() < 0.2:
        c["add_generation_prompt"] = False
    return c


def conversations(seed, count):
    """The same conversations for the same seed. The first are plain; one is empty."""
    plain = [{"messages": [{"role": "user", "content": "hi"}]}, {"messages": []}]
    r = random.Random(seed)
    return (plain + [conversation(r) for _ in range(count - len(plain))])[:count]
