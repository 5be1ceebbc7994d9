"""Anthropic's Python SDK, as published, against a running hearth; ../node/messages.mjs
has the same cases under the same names (../README.md)."""

import json
import os
import re

import anthropic

from harness import case, check, equal, run

URL, KEY = os.environ["HEARTH_URL"], os.environ["HEARTH_API_KEY"]
MODEL, CHAT, SCRIPT = os.environ["HEARTH_MODEL"], os.environ["HEARTH_CHAT_MODEL"], os.environ["HEARTH_SCRIPT"]

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0, timeout=60, _strict_response_validation=True)
messages = client.messages

# What the API has and this SDK's types of late have not.
GREEDY = {"extra_body": {"temperature": 0}}

ASK = [{"role": "user", "content": "Tell me about a big red ball."}]
TOOLS = [
    {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "time", "input_schema": {"type": "object"}},
]


def say(what, **more):
    return {"model": SCRIPT, "max_tokens": 64, "messages": [{"role": "user", "content": what}], **more}


def echoed(**request):
    """What arrived at the engine."""
    request["messages"] = [*request.get("messages", []), {"role": "user", "content": "echo"}]
    return json.loads(messages.create(**{"model": SCRIPT, "max_tokens": 64, **request}).content[0].text)


def refused(kind, ask, **fields):
    try:
        ask()
    except kind as e:
        for name, want in fields.items():
            equal(e.body["error"][name], want)
        check(e.body["error"]["message"] and e.body["error"]["remedy"], e.body)
        check(e.request_id.startswith("req_"), e.request_id)
        return
    check(False, "accepted")


@case("messages/whole")
def _():
    m = messages.create(model=MODEL, max_tokens=20, messages=ASK, **GREEDY)
    equal((m.type, m.role, m.model, m.stop_reason, m.stop_sequence), ("message", "assistant", MODEL, "max_tokens", None))
    check(m.content[0].type == "text" and m.content[0].text, m)
    equal(m.usage.output_tokens, 20)
    check(m.id.startswith("msg_"), m.id)


@case("messages/stream")
def _():
    body = dict(model=MODEL, max_tokens=20, messages=ASK, **GREEDY)
    whole = messages.create(**body)
    with messages.stream(**body) as stream:
        text = "".join(stream.text_stream)
        last = stream.get_final_message()
    equal((text, last.content[0].text), (whole.content[0].text,) * 2)
    equal((last.stop_reason, last.usage.output_tokens), ("max_tokens", 20))
    equal(last.usage.input_tokens + last.usage.cache_read_input_tokens, whole.usage.input_tokens + whole.usage.cache_read_input_tokens)


@case("messages/events")
def _():
    kinds = [e.type for e in messages.create(**say("think"), stream=True)]
    equal(kinds[0], "message_start")
    equal(kinds[-2:], ["message_delta", "message_stop"])
    equal([k for k in kinds if k.startswith("content_block") and k != "content_block_delta"], ["content_block_start", "content_block_stop"] * 2)


@case("messages/thinking")
def _():
    for m in both(**say("think", thinking={"type": "enabled", "budget_tokens": 1024})):
        equal([b.type for b in m.content], ["thinking", "text"])
        equal((m.content[0].thinking, m.content[1].text), ("Let me think.", "Two and two are four."))
        check(m.content[0].signature, "no signature: clients leave such thinking out")
        equal((m.usage.input_tokens, m.usage.cache_read_input_tokens, m.usage.output_tokens), (3, 4, 5))
        equal(m.stop_reason, "end_turn")


@case("messages/tools")
def _():
    for m in both(**say("call", tools=TOOLS)):
        equal([b.type for b in m.content], ["text", "tool_use", "tool_use"])
        equal([(b.id, b.name, b.input) for b in m.content[1:]], [("call_w", "weather", {"city": "Xi'an"}), ("call_t", "time", {})])
        equal(m.stop_reason, "tool_use")
        turns = [*say("call")["messages"], {"role": "assistant", "content": m.content}, {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call_w", "content": [{"type": "text", "text": "21 degrees"}]},
            {"type": "tool_result", "tool_use_id": "call_t", "content": "noon"}]}]
        after = messages.create(model=SCRIPT, max_tokens=64, tools=TOOLS, messages=turns)
        equal(after.content[0].text, "I see: noon")


@case("messages/one-tool")
def _():
    for m in both(**say("call", tools=TOOLS, tool_choice={"type": "auto", "disable_parallel_tool_use": True})):
        equal([b.type for b in m.content], ["text", "tool_use"])


@case("messages/conversation")
def _():
    got = echoed(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "Be kind."}],
        tools=TOOLS, extra_body={"top_k": 5, "top_p": 0.5, "temperature": 0.5}, stop_sequences=["END"],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "c"},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "x"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}, {"type": "text", "text": "and?"}]},
            {"role": "assistant", "content": "d"}])
    equal([m["role"] for m in got["messages"]], ["system", "user", "assistant", "tool", "user", "assistant", "user"])
    equal([m["content"] for m in got["messages"]], ["Be brief.\n\nBe kind.", "ab", "c", "ok", "and?", "d", "echo"])
    equal((got["messages"][2]["reasoning_content"], got["messages"][2]["tool_calls"][0]["function"]["arguments"]), ("hm", '{"city":"x"}'))
    equal((got["messages"][3]["tool_call_id"], got["messages"][3]["name"]), ("t1", "weather"))
    equal((got["top_k"], got["top_p"], got["temperature"], got["stop"], got["max_tokens"]), (5, 0.5, 0.5, ["END"], 64))
    equal([t["function"]["name"] for t in got["tools"]], ["weather", "time"])
    check("tools" not in echoed(tools=TOOLS, tool_choice={"type": "none"}), "tools are offered")


@case("messages/stop-sequence")
def _():
    whole = messages.create(model=MODEL, max_tokens=40, messages=ASK, **GREEDY).content[0].text
    words = re.findall("[a-z]{4,}", whole)
    word = words[len(words) // 2]
    for m in both(model=MODEL, max_tokens=40, messages=ASK, stop_sequences=["no such words", word], **GREEDY):
        equal((m.stop_reason, m.stop_sequence), ("stop_sequence", word))
        equal(m.content[0].text, whole[: whole.index(word)])


@case("messages/context")
def _():
    # Its clients name a large number whatever the model; the answer ends where the context does.
    m = messages.create(model=MODEL, max_tokens=32000, messages=ASK, **GREEDY)
    check(m.stop_reason in ("end_turn", "model_context_window_exceeded"), m.stop_reason)
    refused(anthropic.BadRequestError, lambda: messages.create(model=MODEL, max_tokens=1, messages=[{"role": "user", "content": "word " * 2000}]),
            type="invalid_request_error", code="context_length_exceeded", field="messages")


@case("messages/prefill")
def _():
    turns = [*ASK, {"role": "assistant", "content": "A big red ball is"}]
    check(messages.create(model=CHAT, max_tokens=5, messages=turns).usage.output_tokens == 5, "no answer")


@case("messages/count-tokens")
def _():
    n = messages.count_tokens(model=MODEL, messages=ASK).input_tokens
    u = messages.create(model=MODEL, max_tokens=1, messages=ASK).usage
    equal(n, u.input_tokens + u.cache_read_input_tokens + u.cache_creation_input_tokens)
    refused(anthropic.BadRequestError, lambda: messages.count_tokens(model=SCRIPT, messages=ASK), code="unsupported_value")


@case("messages/slow")
def _():
    for m in both(**say("slow")):
        equal(m.content[0].text, "At last.")


@case("messages/models")
def _():
    ids = [m.id for m in client.models.list()]
    check(MODEL in ids and SCRIPT in ids, ids)
    equal(client.models.retrieve(MODEL).type, "model")
    refused(anthropic.NotFoundError, lambda: client.models.retrieve("no-such-model"), type="not_found_error", code="model_not_found")


@case("messages/bearer")
def _():
    other = anthropic.Anthropic(base_url=URL, auth_token=KEY, api_key=None, max_retries=0)
    check(other.messages.create(**say("hi")).content[0].text == "You said: hi", "another answer")
    refused(anthropic.AuthenticationError, lambda: anthropic.Anthropic(base_url=URL, api_key="hk_no", max_retries=0).messages.create(**say("hi")),
            type="authentication_error", code="invalid_api_key")


@case("messages/beta")
def _():
    m = client.beta.messages.create(**say("hi"), betas=["fine-grained-tool-streaming-2025-05-14"])
    equal(m.content[0].text, "You said: hi")


@case("messages/refused")
def _():
    def bad(**more):
        refused(anthropic.BadRequestError, lambda: messages.create(**say("hi", **more)), type="invalid_request_error", code="unsupported_value")

    bad(tools=[{"type": "web_search_20250305", "name": "web_search"}])
    bad(messages=[{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]}])
    refused(anthropic.NotFoundError, lambda: messages.create(**say("hi", model="no-such-model")), type="not_found_error")


@case("messages/broken")
def _():
    refused_in_band = None
    try:
        for _ in messages.create(**say("break"), stream=True):
            pass
    except anthropic.APIStatusError as e:
        refused_in_band = e
    check(refused_in_band is not None, "it ended well")
    equal(refused_in_band.body["error"]["code"], "upstream_protocol")


def both(**body):
    with messages.stream(**body) as stream:
        yield stream.get_final_message()
    yield messages.create(**body)


run()
