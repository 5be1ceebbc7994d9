"""Ollama's Python SDK, as published, against a running hearth; ../node/ollamas.mjs has
the same cases under the same names (../README.md)."""

import json
import os

import httpx
import ollama

from harness import case, check, equal, run

URL, KEY = os.environ["HEARTH_URL"], os.environ["HEARTH_API_KEY"]
MODEL, CHAT, SCRIPT = os.environ["HEARTH_MODEL"], os.environ["HEARTH_CHAT_MODEL"], os.environ["HEARTH_SCRIPT"]

client = ollama.Client(host=URL, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)

ASK = [{"role": "user", "content": "Tell me about a big red ball."}]
GREEDY = {"temperature": 0, "num_predict": 20}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
    {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}},
]


def say(what, **more):
    return {"model": SCRIPT, "messages": [{"role": "user", "content": what}], **more}


def refused(status, ask, text=""):
    try:
        ask()
    except ollama.ResponseError as e:
        equal(e.status_code, status)
        check(text in e.error, e.error)
        return
    check(False, "accepted")


def both(**body):
    yield client.chat(**body)
    text, thought, calls, last = "", "", [], None
    for last in client.chat(**body, stream=True):
        text += last.message.content or ""
        thought += last.message.thinking or ""
        calls += last.message.tool_calls or []
    last.message.content, last.message.thinking, last.message.tool_calls = text, thought or None, calls or None
    yield last


def counts(a):
    return a.prompt_eval_count, a.eval_count


@case("ollama/chat")
def _():
    whole, streamed = both(model=MODEL, messages=ASK, options=GREEDY)
    for a in (whole, streamed):
        equal((a.model, a.message.role, a.done, a.done_reason, a.eval_count), (MODEL, "assistant", True, "length", 20))
        check(a.message.content, "no content")
        check(a.total_duration >= a.eval_duration > 0 and a.prompt_eval_duration > 0 and a.load_duration == 0, a)
    equal((streamed.message.content, counts(streamed)), (whole.message.content, counts(whole)))


@case("ollama/latest")
def _():
    a = client.chat(**{**say("hi"), "model": SCRIPT + ":latest"})
    equal((a.model, a.message.content), (SCRIPT + ":latest", "You said: hi"))


@case("ollama/generate")
def _():
    equal(client.generate(SCRIPT, "hi").response, "You said: hi")
    equal("".join(a.response for a in client.generate(SCRIPT, "hi", stream=True)), "You said: hi")
    raw = client.generate(MODEL, "Once upon a time", raw=True, options=GREEDY)
    check(raw.response and raw.eval_count == 20, raw)


@case("ollama/generate-system")
def _():
    got = json.loads(client.generate(SCRIPT, "echo", system="Be brief.").response)
    equal([(m["role"], m["content"]) for m in got["messages"]], [("system", "Be brief."), ("user", "echo")])


@case("ollama/load")
def _():
    for a in (client.generate(MODEL, "", keep_alive="10m"), client.chat(MODEL, [])):
        equal((a.done, a.done_reason), (True, "load"))


@case("ollama/thinking")
def _():
    for a in both(**say("think", think=True)):
        equal((a.message.thinking, a.message.content, a.done_reason), ("Let me think.", "Two and two are four.", "stop"))
        equal(counts(a), (7, 5))


@case("ollama/tools")
def _():
    for a in both(**say("call", tools=TOOLS)):
        equal(a.message.content, "I look.")
        equal([(c.function.name, c.function.arguments) for c in a.message.tool_calls], [("weather", {"city": "Xi'an"}), ("time", {})])
        turns = [*say("call")["messages"], a.message, {"role": "tool", "tool_name": "weather", "content": "21 degrees"},
                 {"role": "tool", "tool_name": "time", "content": "noon"}]
        equal(client.chat(SCRIPT, turns, tools=TOOLS).message.content, "I see: noon")


@case("ollama/conversation")
def _():
    got = json.loads(client.chat(SCRIPT, [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"},
        {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [
            {"function": {"name": "time", "arguments": {}}}, {"function": {"name": "weather", "arguments": {"city": "x"}}}]},
        {"role": "tool", "content": "ok", "tool_name": "weather"}, {"role": "user", "content": "echo"}], tools=TOOLS,
        options={"temperature": 0.5, "top_k": 5, "top_p": 0.5, "min_p": 0.1, "seed": 3, "stop": ["END"], "num_predict": 9,
                 "num_ctx": 2048, "repeat_penalty": 1.1}).message.content)
    m = got["messages"]
    equal([x["role"] for x in m], ["system", "user", "assistant", "tool", "user"])
    equal((m[2]["reasoning_content"], m[2]["tool_calls"][1]["function"]["arguments"]), ("hm", '{"city":"x"}'))
    equal((m[3]["tool_call_id"], m[3]["name"]), (m[2]["tool_calls"][1]["id"], "weather"))
    equal([got[k] for k in ("temperature", "top_k", "top_p", "min_p", "seed", "stop", "max_tokens", "repeat_penalty")],
          [0.5, 5, 0.5, 0.1, 3, ["END"], 9, 1.1])


@case("ollama/stop")
def _():
    whole = client.chat(MODEL, ASK, options=GREEDY).message.content
    word = whole[8:14]
    for a in both(model=MODEL, messages=ASK, options={**GREEDY, "stop": [word]}):
        equal((a.message.content, a.done_reason), (whole[: whole.index(word)], "stop"))


@case("ollama/logprobs")
def _():
    a = client.chat(MODEL, ASK, options=GREEDY, logprobs=True, top_logprobs=2)
    check(a.logprobs and len(a.logprobs[0].top_logprobs) == 2, a.logprobs)


@case("ollama/slow")
def _():
    for a in both(**say("slow")):
        equal(a.message.content, "At last.")


@case("ollama/models")
def _():
    listed = {m.model: m for m in client.list().models}
    check(MODEL in listed and SCRIPT in listed, list(listed))
    m = listed[MODEL]
    check(m.size > 0 and len(m.digest) == 64 and m.details.format == "gguf" and m.modified_at, m)
    shown = client.show(MODEL)
    equal((shown.details.family, shown.modelinfo["general.architecture"]), (m.details.family, m.details.family))
    check("completion" in shown.capabilities, shown)
    client.generate(MODEL, "Once", raw=True, options={"num_predict": 1})
    check(MODEL in [x.model for x in client.ps().models], "not in memory")
    refused(404, lambda: client.show("no-such-model"), "no-such-model")


@case("ollama/probes")
def _():
    # What tools look at to see whether there is a server, and what it can do.
    with httpx.Client(base_url=URL, headers={"Authorization": f"Bearer {KEY}"}) as http:
        equal([http.head(path).status_code for path in ("/", "/api/tags", "/api/version")], [200] * 3)
        version = http.get("/api/version").json()["version"]
    check([int(n) for n in version.split(".")] >= [0, 6, 4], version)


@case("ollama/refused")
def _():
    refused(400, lambda: client.chat(SCRIPT, [{"role": "user", "content": "hi", "images": ["AAAA"]}]), "image")
    refused(400, lambda: client.generate(SCRIPT, "hi", suffix="x"), "suffix")
    refused(400, lambda: client.chat(**say("hi", options={"mirostat": 2})), "mirostat")
    refused(404, lambda: client.chat(**{**say("hi"), "model": "no-such-model"}), "no-such-model")
    refused(401, lambda: ollama.Client(host=URL, headers={"Authorization": "Bearer hk_no"}).list(), "key")
    refused(404, lambda: client.pull("no-such-model"), "no-such-model")


@case("ollama/broken")
def _():
    try:
        for _ in client.chat(**say("break"), stream=True):
            pass
    except ollama.ResponseError as e:
        check("broke off" in e.error, e.error)
        return
    check(False, "it ended well")


run()
