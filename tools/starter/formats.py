"""How the starter model is spoken to, in one place: the texts it is taught, and the
chat template written out so that every piece knows whether it is to be learnt.

chat_template.jinja is what the model file carries; test_starter.py holds the two to
each other, and both to what hearth renders.
"""

import json

# The first token ends a text; what follows <|im_end|> in a vocabulary is Qwen's order.
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>"]

# The same words as internal/starter/prompt.go.
GUIDE = {
    "zh": "你是 hearth 的入门模型。根据手册段落回答：先写段落编号，再照抄原文；没有写就说没有。",
    "en": "You are the starter model of hearth. Answer from the manual: the passage's number, then its words; if it is not there, say so.",
}
EXTRACT = {
    "zh": "根据文章回答问题：先引用原句，再写出答案；没有写就说没有。",
    "en": "Answer from the text: first quote the sentence, then give the answer; if it is not there, say so.",
}
FORM = {
    "zh": "从文字中提取字段，只输出 JSON，没有提到的写 null。",
    "en": "Extract the fields from the text. Print only JSON; null for what is not said.",
}
NOT_IN_MANUAL = {"zh": "手册里没有写这一点。", "en": "The manual does not say."}
NOT_IN_TEXT = {"zh": "文章里没有写。", "en": "The text does not say."}

# Loan applications, as an example of a form: field, and what it is called.
LOAN = {
    "zh": [("name", "姓名"), ("phone", "电话"), ("amount", "金额，元"), ("term_months", "期限，月"), ("purpose", "用途"),
           ("monthly_income", "月收入，元"), ("employer", "工作单位")],
    "en": [("name", "full name"), ("phone", "phone"), ("amount", "sum"), ("term_months", "term in months"), ("purpose", "purpose"),
           ("monthly_income", "income per month"), ("employer", "employer")],
}


def guide_user(lang, passages, question):
    shown = "".join(f"[{i}] {p['title']}: {p['text']}\n" for i, p in enumerate(passages, 1))
    return shown + ("\n问题：" if lang == "zh" else "\nQuestion: ") + question


def again(lang, question):
    """A further question about what was shown before."""
    return ("问题：" if lang == "zh" else "Question: ") + question


def guide_answer(number, text):
    return f"[{number}] {text}"


def extract_user(lang, passage, question):
    return passage + ("\n\n问题：" if lang == "zh" else "\n\nQuestion: ") + question


def extract_answer(lang, sentence, answer):
    if lang == "zh":
        return f"原文：“{sentence}”\n答案：“{answer}”"
    return f'Quote: "{sentence}"\nAnswer: "{answer}"'


def extracted(lang, reply):
    """The answer in what extract_answer wrote, or the whole reply."""
    mark, opens, closes = ("答案：", "“", "”") if lang == "zh" else ("Answer: ", '"', '"')
    _, found, tail = reply.rpartition(mark)
    if not found:
        return reply.strip()
    return tail.strip().removeprefix(opens).removesuffix(closes)


def form_user(lang, fields, text):
    if lang == "zh":
        return "字段：" + "，".join(f"{k}（{name}）" for k, name in fields) + "\n\n文字：" + text
    return "Fields: " + ", ".join(f"{k} ({name})" for k, name in fields) + "\n\nText: " + text


def form_answer(lang, value):
    """The form as JSON. In English a text begins with the space that it has in the middle of
    a sentence, so that its first token is the one that stands there; the product takes it
    away (internal/starter/form.go)."""
    return as_json({k: " " + v if lang == "en" and isinstance(v, str) else v for k, v in value.items()})


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def conversation(system, *turns):
    """Messages of a system text, if any, and turns of user and assistant."""
    messages = [{"role": "system", "content": system}] if system else []
    return messages + [{"role": ("user", "assistant")[i % 2], "content": t} for i, t in enumerate(turns)]


def pieces(messages, tools=()):
    """The template, as a list of (text, is learnt). The end of a turn is learnt too."""
    out, first = [], messages[0]["role"] == "system"
    if tools:
        head = messages[0]["content"] + "\n\n" if first else ""
        body = "".join(as_json(t["function"]) + "\n" for t in tools)
        out.append((f"<|im_start|>system\n{head}<tools>\n{body}</tools><|im_end|>\n", False))
    elif first:
        out.append((f"<|im_start|>system\n{messages[0]['content']}<|im_end|>\n", False))
    for m in messages[first:]:
        if m["role"] == "tool":
            out.append((f"<|im_start|>user\n<tool_response>\n{m['content']}\n</tool_response><|im_end|>\n", False))
        elif m["role"] == "assistant":
            calls = [f'<tool_call>\n{{"name": "{c["function"]["name"]}", "arguments": {as_json(c["function"]["arguments"])}}}\n</tool_call>'
                     for c in m.get("tool_calls", [])]
            said = ([m["content"]] if m.get("content") else []) + calls
            out += [("<|im_start|>assistant\n", False), ("\n".join(said) + "<|im_end|>", True), ("\n", False)]
        else:
            out.append((f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n", False))
    return out
