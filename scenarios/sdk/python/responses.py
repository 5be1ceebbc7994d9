"""OpenAI's Python SDK and the Responses API; ../node/responses.mjs and ../go have the
same cases under the same names (../README.md)."""

import json
import os
import time

import openai

from harness import case, check, equal, run

BASE_URL, KEY = os.environ["HEARTH_BASE_URL"], os.environ["HEARTH_API_KEY"]
MODEL, SCRIPT = os.environ["HEARTH_MODEL"], os.environ["HEARTH_SCRIPT"]

client = openai.OpenAI(base_url=BASE_URL, api_key=KEY, max_retries=0, timeout=60, _strict_response_validation=True)
responses = client.responses

ASK = "Tell me about a big red ball."
TOOLS = [
    {"type": "function", "name": "weather", "description": "The weather", "strict": False,
     "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"type": "function", "name": "time", "strict": False, "parameters": {"type": "object", "properties": {}}},
]


def say(what, **more):
    return {"model": SCRIPT, "input": what, **more}


def both(**body):
    yield responses.create(**body)
    with responses.stream(**body) as stream:
        yield stream.get_final_response()


def echoed(**body):
    """The messages that arrived at the engine."""
    if isinstance(body.get("input"), list):
        body["input"] = [*body["input"], {"role": "user", "content": "echo"}]
    return json.loads(responses.create(**{"model": SCRIPT, "input": "echo", **body}).output_text)


def refused(kind, ask, **fields):
    try:
        ask()
    except kind as e:
        for name, want in fields.items():
            equal(getattr(e, name), want)
        check(e.body["message"] and e.body["remedy"], e.body)
        return
    check(False, "accepted")


def ended(r):
    for _ in range(300):
        if r.status not in ("queued", "in_progress"):
            return r
        time.sleep(0.1)
        r = responses.retrieve(r.id)
    check(False, f"still {r.status}")


@case("responses/whole")
def _():
    r = responses.create(model=MODEL, input=ASK, temperature=0, max_output_tokens=20)
    equal((r.object, r.status, r.model, r.incomplete_details.reason), ("response", "incomplete", MODEL, "max_output_tokens"))
    check(r.output_text and r.id.startswith("resp_"), r)
    equal((r.usage.output_tokens, r.usage.total_tokens), (20, 20 + r.usage.input_tokens))
    equal((r.error, r.temperature, r.parallel_tool_calls, r.tool_choice, r.tools), (None, 0, True, "auto", []))


@case("responses/stream")
def _():
    body = dict(model=MODEL, input=ASK, temperature=0, max_output_tokens=20)
    whole = responses.create(**body)
    events = list(responses.create(**body, stream=True))
    equal("".join(e.delta for e in events if e.type == "response.output_text.delta"), whole.output_text)
    equal([e.sequence_number for e in events], list(range(len(events))))
    kinds = [e.type for e in events if e.type != "response.output_text.delta"]
    equal(kinds, ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                  "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.incomplete"])
    equal(events[-1].response.output_text, whole.output_text)


@case("responses/reasoning")
def _():
    for r in both(**say("think", reasoning={"effort": "high"})):
        equal([o.type for o in r.output], ["reasoning", "message"])
        equal((r.output[0].content[0].text, r.output_text, r.status), ("Let me think.", "Two and two are four.", "completed"))
        u = r.usage
        equal((u.input_tokens, u.input_tokens_details.cached_tokens, u.output_tokens, u.output_tokens_details.reasoning_tokens), (7, 4, 5, 2))
        equal(r.reasoning.effort, "high")


@case("responses/tools")
def _():
    for r in both(**say("call", tools=TOOLS)):
        equal([o.type for o in r.output], ["message", "function_call", "function_call"])
        equal([(o.call_id, o.name, json.loads(o.arguments)) for o in r.output[1:]], [("call_w", "weather", {"city": "Xi'an"}), ("call_t", "time", {})])
        results = [{"type": "function_call_output", "call_id": "call_w", "output": "21 degrees"},
                   {"type": "function_call_output", "call_id": "call_t", "output": "noon"}]
        for again in (dict(input=results, previous_response_id=r.id),
                      dict(input=[{"role": "user", "content": "call"}, *(o.model_dump(exclude_none=True) for o in r.output), *results])):
            equal(responses.create(model=SCRIPT, tools=TOOLS, **again).output_text, "I see: noon")


@case("responses/one-tool")
def _():
    for r in both(**say("call", tools=TOOLS, parallel_tool_calls=False)):
        equal([o.type for o in r.output], ["message", "function_call"])


@case("responses/conversation")
def _():
    got = echoed(instructions="Be kind.", tools=TOOLS, top_p=0.5, max_output_tokens=9, input=[
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "t1", "name": "weather", "arguments": '{"city":"x"}'},
        {"type": "function_call_output", "call_id": "t1", "output": [{"type": "input_text", "text": "ok"}]},
        {"role": "assistant", "content": "d"}])
    m = got["messages"]
    equal([x["role"] for x in m], ["system", "system", "user", "assistant", "tool", "assistant", "user"])
    equal([x["content"] for x in m], ["Be kind.", "Be brief.", "ab", None, "ok", "d", "echo"])
    equal((m[3]["reasoning_content"], m[3]["tool_calls"][0]["id"], m[3]["tool_calls"][0]["function"]["arguments"]), ("hm", "t1", '{"city":"x"}'))
    equal((got["top_p"], got["max_tokens"], [t["function"]["name"] for t in got["tools"]]), (0.5, 9, ["weather", "time"]))
    check("tools" not in echoed(tools=TOOLS, tool_choice="none"), "tools are offered")


@case("responses/previous")
def _():
    first = responses.create(**say("think", instructions="Be brief."))
    second = responses.create(**say("hi", previous_response_id=first.id))
    got = echoed(previous_response_id=second.id, instructions="Be kind.")["messages"]
    equal([(m["role"], m["content"]) for m in got], [("system", "Be kind."), ("user", "think"), ("assistant", "Two and two are four."),
          ("user", "hi"), ("assistant", "You said: hi"), ("user", "echo")])
    equal(got[2]["reasoning_content"], "Let me think.")
    refused(openai.NotFoundError, lambda: responses.create(**say("hi", previous_response_id="resp_none")), code="response_not_found", param="previous_response_id")


@case("responses/stored")
def _():
    r = responses.create(**say([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], metadata={"k": "v"}))
    again = responses.retrieve(r.id)
    equal((again.id, again.output_text, again.metadata), (r.id, r.output_text, {"k": "v"}))
    equal([i.content[0].text if isinstance(i.content, list) else i.content for i in responses.input_items.list(r.id, order="asc", limit=1)], ["a", "b"])
    refused(openai.BadRequestError, lambda: responses.cancel(r.id))
    responses.delete(r.id)
    refused(openai.NotFoundError, lambda: responses.retrieve(r.id), code="response_not_found")
    r = responses.create(**say("hi", store=False))
    refused(openai.NotFoundError, lambda: responses.retrieve(r.id), code="response_not_found")


@case("responses/background")
def _():
    r = responses.create(**say("hi", background=True))
    equal((r.status, r.background), ("queued", True))
    equal((ended(r).status, ended(r).output_text), ("completed", "You said: hi"))
    events = list(responses.create(**say("hi", background=True, stream=True)))
    equal(events[1].type, "response.queued")
    id = events[0].response.id
    rest = list(responses.retrieve(id, stream=True, starting_after=3))
    equal([(e.sequence_number, e.type) for e in rest], [(e.sequence_number, e.type) for e in events[4:]])
    slow = responses.create(**say("slow", background=True))
    equal(responses.cancel(slow.id).status, "cancelled")
    equal(responses.retrieve(slow.id).status, "cancelled")


@case("responses/logprobs")
def _():
    r = responses.create(model=MODEL, input=ASK, temperature=0, max_output_tokens=5, include=["message.output_text.logprobs"], top_logprobs=2)
    odds = r.output[0].content[0].logprobs
    check(odds and len(odds[0].top_logprobs) == 2, odds)


@case("responses/slow")
def _():
    for r in both(**say("slow")):
        equal(r.output_text, "At last.")


@case("responses/refused")
def _():
    def bad(param, **more):
        refused(openai.BadRequestError, lambda: responses.create(**say("hi", **more)), code="unsupported_value", param=param)

    bad("tools[0].type", tools=[{"type": "web_search"}])
    bad("conversation", conversation="conv_1")
    bad("input[0].content", input=[{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"}]}])
    refused(openai.BadRequestError, lambda: responses.create(model=MODEL, input="word " * 2000), code="context_length_exceeded", param="input")
    refused(openai.NotFoundError, lambda: responses.create(**say("hi", model="no-such-model")), code="model_not_found", param="model")
    refused(openai.AuthenticationError, lambda: openai.OpenAI(base_url=BASE_URL, api_key="hk_no", max_retries=0).responses.create(**say("hi")), code="invalid_api_key")


@case("responses/broken")
def _():
    events = list(responses.create(**say("break"), stream=True))
    equal([e.type for e in events[-2:]], ["error", "response.failed"])
    equal((events[-2].code, events[-1].response.status, events[-1].response.error.code), ("upstream_protocol", "failed", "server_error"))


run()
