"""OpenAI's Python SDK, as published, against a running hearth.

../README.md says what is read from the environment and how the lines are to be
read; the suites in ../node and ../go have the same cases under the same names.
"""

import asyncio
import json
import os
import re
import time

import openai

from harness import Skip, case, check, equal, run

BASE_URL, KEY = os.environ["HEARTH_BASE_URL"], os.environ["HEARTH_API_KEY"]
MODEL, CHAT_MODEL = os.environ["HEARTH_MODEL"], os.environ["HEARTH_CHAT_MODEL"]
EMBEDDING_MODEL = os.environ["HEARTH_EMBEDDING_MODEL"]

# A retry would hide a failure, and a long wait is one.
SETTINGS = dict(base_url=BASE_URL, api_key=KEY, max_retries=0, timeout=60)

# The SDK takes any answer as it comes unless told to hold it against its types;
# then a field that they require and hearth leaves out is an error in every case.
client = openai.OpenAI(**SETTINGS, _strict_response_validation=True)
chat = client.chat.completions

# In a stream of completions OpenAI sends a finish_reason of null, as hearth does,
# which the SDK's own type of such a chunk does not allow.
lenient = openai.OpenAI(**SETTINGS)

MESSAGES = [{"role": "user", "content": "Tell me about a big red ball."}]
GREEDY = dict(model=MODEL, messages=MESSAGES, temperature=0, max_tokens=40)

# The chat model has a token for every byte, whose id is the byte; three control
# tokens follow, of which one ends an answer. Without them it never ends by itself.
ENDLESS = {"256": -100, "257": -100, "258": -100}
A = str(ord("A"))

# An answer that takes long, unless it is cancelled.
MUCH = dict(model=CHAT_MODEL, messages=MESSAGES, max_tokens=1900, n=16, logit_bias=ENDLESS)

# What a cancelled answer may take to end and its server to be free again: far more
# than either needs, far less than that answer would take.
PROMPTLY = 5.0

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@case("models/list")
def _():
    ids = []
    for m in client.models.list():
        equal(m.object, "model")
        check(isinstance(m.owned_by, str), "owned_by")
        check(m.created > 0, "created")
        ids.append(m.id)
    check(MODEL in ids and CHAT_MODEL in ids, ids)


@case("models/retrieve")
def _():
    m = client.models.retrieve(MODEL)
    equal((m.id, m.object), (MODEL, "model"))


@case("models/missing")
def _():
    refused(lambda: client.models.retrieve("no-such-model"), openai.NotFoundError, code="model_not_found")


@case("chat/whole")
def _():
    a = chat.create(**GREEDY)
    check(a.choices[0].message.content, "no content")
    equal(a.choices[0].finish_reason, "length")
    equal(a.model, MODEL)
    adds_up(a.usage)
    equal(a.usage.completion_tokens, 40)


@case("chat/types")
def _():
    a = chat.create(**GREEDY, logprobs=True)
    has(a, "id object created model choices usage")
    equal(a.object, "chat.completion")
    has(a.choices[0], "index finish_reason logprobs message")
    has(a.choices[0].logprobs, "content refusal")
    has(a.choices[0].logprobs.content[0], "token logprob bytes top_logprobs")
    has(a.choices[0].message, "role content refusal")
    equal(a.choices[0].message.role, "assistant")
    has(a.usage, "prompt_tokens completion_tokens total_tokens")
    for c in chat.create(**{**GREEDY, "max_tokens": 5}, stream=True):
        has(c, "id object created model choices")
        equal(c.object, "chat.completion.chunk")
        for choice in c.choices:
            has(choice, "index delta finish_reason")


@case("chat/stream")
def _():
    whole = chat.create(**GREEDY)
    chunks = list(chat.create(**GREEDY, stream=True))
    equal(said(chunks), text_of(whole))
    check(len(chunks) > 5, f"the answer came in {len(chunks)} pieces")
    equal(len({c.id for c in chunks}), 1)
    equal([c.choices[0].delta.role for c in chunks if c.choices[0].delta.role], ["assistant"])
    equal(chunks[0].choices[0].delta.role, "assistant")
    equal([c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason], ["length"])
    equal(chunks[-1].choices[0].finish_reason, "length")
    check(not any("usage" in c.model_fields_set for c in chunks), "usage, unasked")


@case("chat/stream-usage")
def _():
    whole = chat.create(**GREEDY)
    chunks = list(chat.create(**GREEDY, stream=True, stream_options={"include_usage": True}))
    check(all("usage" in c.model_fields_set and c.usage is None for c in chunks[:-1]), "usage before the end")
    equal(chunks[-1].choices, [])
    equal(totals(chunks[-1].usage), totals(whole.usage))


@case("chat/stream-helper")
def _():
    # The helper raises an error for an answer that was cut, so this one stops.
    body = {**GREEDY, "stop": middle_word(text_of(chat.create(**GREEDY)))}
    whole = chat.create(**body)
    text = ""
    with chat.stream(**body, stream_options={"include_usage": True}) as stream:
        for event in stream:
            if event.type == "content.delta":
                text += event.delta
        a = stream.get_final_completion()
    equal((text_of(a), text), (text_of(whole), text_of(whole)))
    equal((a.choices[0].message.role, a.choices[0].finish_reason), ("assistant", "stop"))
    equal(totals(a.usage), totals(whole.usage))


@case("chat/content-parts")
def _():
    parts = [{"type": "text", "text": "Tell me about "}, {"type": "text", "text": "a big red ball."}]
    a = chat.create(**{**GREEDY, "messages": [{"role": "user", "content": parts}]})
    equal(text_of(a), text_of(chat.create(**GREEDY)))


@case("chat/roles")
def _():
    turns = [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Who are you?"},
    ]
    answers = []
    for role in ("system", "developer"):
        body = {**GREEDY, "model": CHAT_MODEL, "messages": [{"role": role, "content": "Be brief."}, *turns]}
        answers.append(text_of(chat.create(**body, logit_bias=ENDLESS)))
    equal(answers[0], answers[1])


@case("chat/follow-up")
def _():
    # Programs send the answer's message back as they got it.
    message = chat.create(**GREEDY).choices[0].message
    turns = [*MESSAGES, message, {"role": "user", "content": "And then?"}]
    check(text_of(chat.create(**{**GREEDY, "messages": turns})), "no content")


@case("chat/choices")
def _():
    body = {**GREEDY, "temperature": 1, "seed": 7, "n": 2}
    first = chat.create(**body)
    equal([c.index for c in first.choices], [0, 1])
    check(text_of(first, 0) != text_of(first, 1), "the choices are alike")
    equal(first.usage.completion_tokens, 80)
    adds_up(first.usage)
    second = chat.create(**body)
    equal([text_of(second, i) for i in (0, 1)], [text_of(first, i) for i in (0, 1)])
    chunks = list(chat.create(**body, stream=True))
    equal([said(chunks, i) for i in (0, 1)], [text_of(first, i) for i in (0, 1)])


@case("chat/stop")
def _():
    text = text_of(chat.create(**GREEDY))
    word = middle_word(text)
    for stop in (word, ["no such words", word]):
        a = chat.create(**GREEDY, stop=stop)
        equal(text_of(a), text[: text.index(word)])
        equal(a.choices[0].finish_reason, "stop")
        chunks = list(chat.create(**GREEDY, stop=stop, stream=True))
        equal(said(chunks), text_of(a))
        equal(chunks[-1].choices[0].finish_reason, "stop")


@case("chat/max-tokens")
def _():
    for name in ("max_tokens", "max_completion_tokens"):
        a = chat.create(model=MODEL, messages=MESSAGES, temperature=0, **{name: 7})
        equal((a.choices[0].finish_reason, a.usage.completion_tokens), ("length", 7))


@case("chat/seed")
def _():
    first, again, other = (text_of(chat.create(**{**GREEDY, "temperature": 1}, seed=s)) for s in (42, 42, 43))
    equal(again, first)
    check(other != first, "another seed gave the same answer")


@case("chat/logprobs")
def _():
    a = chat.create(**GREEDY, logprobs=True, top_logprobs=3)
    odds_are_sound(a.choices[0].logprobs.content, 3)
    # The first token may begin with a space that is no part of the answer.
    equal(decode(a.choices[0].logprobs.content).lstrip(), text_of(a).lstrip())
    equal(chat.create(**GREEDY).choices[0].logprobs, None)


@case("chat/logprobs-stream")
def _():
    whole = chat.create(**GREEDY, logprobs=True, top_logprobs=3)
    chunks = chat.create(**GREEDY, logprobs=True, top_logprobs=3, stream=True)
    odds = [o for c in chunks if c.choices[0].logprobs for o in c.choices[0].logprobs.content]
    equal([o.token for o in odds], [o.token for o in whole.choices[0].logprobs.content])
    odds_are_sound(odds, 3)


@case("chat/logprobs-bytes")
def _():
    # Most tokens of this model are no whole character. Each counts all the same.
    body = dict(model=CHAT_MODEL, messages=MESSAGES, temperature=0, max_tokens=24, logit_bias=ENDLESS)
    a = chat.create(**body, logprobs=True)
    odds = a.choices[0].logprobs.content
    equal(len(odds), a.usage.completion_tokens)
    equal(one_mark(decode(odds)), one_mark(text_of(a)))


@case("chat/logit-bias")
def _():
    body = dict(model=CHAT_MODEL, messages=MESSAGES, temperature=0, max_tokens=5)
    equal(text_of(chat.create(**body, logit_bias={A: 100})), "AAAAA")
    refused(lambda: chat.create(**body, logit_bias={"100000": 1}), openai.BadRequestError, param="logit_bias")


@case("chat/reasoning")
def _():
    # reasoning_content is not OpenAI's; where there is some, it is beside the
    # answer and not in it, whole and streamed alike.
    for on in (True, False):
        body = dict(model=CHAT_MODEL, messages=MESSAGES, temperature=0, max_tokens=24, logit_bias=ENDLESS)
        body["extra_body"] = {"chat_template_kwargs": {"enable_thinking": on}}
        m = chat.create(**body).choices[0].message
        thought = getattr(m, "reasoning_content", None)
        check(isinstance(m.content, str), f"content is {m.content!r}")
        check(thought is None or isinstance(thought, str), f"reasoning_content is {thought!r}")
        chunks = list(chat.create(**body, stream=True))
        equal(said(chunks), m.content)
        equal("".join(getattr(c.choices[0].delta, "reasoning_content", "") for c in chunks), thought or "")


@case("chat/concurrent")
def _():
    alone = text_of(chat.create(**GREEDY))

    async def together():
        async with openai.AsyncOpenAI(**SETTINGS, _strict_response_validation=True) as several:
            return await asyncio.gather(*(several.chat.completions.create(**GREEDY) for _ in range(6)))

    equal({text_of(a) for a in asyncio.run(together())}, {alone})


@case("chat/cancel-stream")
def _():
    began = time.monotonic()
    stream = chat.create(**MUCH, stream=True)
    for _ in range(3):
        next(stream)
    stream.close()
    free_again(began)


@case("chat/cancel-whole")
def _():
    # A timeout is how this SDK gives up an answer that is not streamed.
    began = time.monotonic()
    raised(lambda: chat.create(**MUCH, timeout=0.3), openai.APITimeoutError)
    free_again(began)


@case("completion/types")
def _():
    a = client.completions.create(model=MODEL, prompt="Once", temperature=0, max_tokens=5)
    has(a, "id object created model choices usage")
    equal(a.object, "text_completion")
    has(a.choices[0], "index text logprobs finish_reason")
    adds_up(a.usage)


@case("completion/greedy")
def _():
    for g in goldens():
        a = client.completions.create(model=MODEL, prompt=g["prompt"], temperature=0, max_tokens=120)
        equal((a.choices[0].text, a.choices[0].finish_reason), (g["text"], "length"))
        adds_up(a.usage)


@case("completion/greedy-stream")
def _():
    for g in goldens():
        body = dict(model=MODEL, prompt=g["prompt"], temperature=0, max_tokens=120)
        chunks = list(lenient.completions.create(**body, stream=True))
        equal("".join(c.choices[0].text for c in chunks), g["text"])
        equal(chunks[-1].choices[0].finish_reason, "length")
        check(not any("usage" in c.model_fields_set for c in chunks), "usage, unasked")


@case("completion/stream-usage")
def _():
    body = dict(model=MODEL, prompt="Once", temperature=0, max_tokens=9, stream_options={"include_usage": True})
    chunks = list(lenient.completions.create(**body, stream=True))
    check(all("usage" in c.model_fields_set and c.usage is None for c in chunks[:-1]), "usage before the end")
    equal(chunks[-1].choices, [])
    adds_up(chunks[-1].usage)
    equal(chunks[-1].usage.completion_tokens, 9)


@case("completion/choices")
def _():
    def ask():
        a = client.completions.create(model=MODEL, prompt="Once", temperature=1, seed=7, n=2, max_tokens=30)
        return [c.text for c in a.choices]

    first = ask()
    check(first[0] != first[1], "the choices are alike")
    equal(ask(), first)


@case("completion/stop")
def _():
    body = dict(model=MODEL, prompt="Once upon a time", temperature=0, max_tokens=60)
    text = client.completions.create(**body).choices[0].text
    word = middle_word(text)
    choice = client.completions.create(**body, stop=word).choices[0]
    equal((choice.text, choice.finish_reason), (text[: text.index(word)], "stop"))


@case("completion/logprobs")
def _():
    body = dict(model=MODEL, prompt="Once upon a time", temperature=0, max_tokens=20, logprobs=3)
    choice = client.completions.create(**body).choices[0]
    odds = choice.logprobs
    equal("".join(odds.tokens), choice.text)
    equal((len(odds.token_logprobs), len(odds.top_logprobs), len(odds.text_offset)), (20, 20, 20))
    for token, top in zip(odds.tokens, odds.top_logprobs):
        equal(top.get(token), max(top.values()))


@case("embeddings")
def _():
    texts = ["hello", "world"]
    # Unless told otherwise it asks for base64, which its own type does not allow.
    e = lenient.embeddings.create(model=EMBEDDING_MODEL, input=texts)
    equal((len(e.data), e.data[1].index, len(e.data[0].embedding)), (2, 1, 64))
    check(0 < e.usage.prompt_tokens == e.usage.total_tokens, e.usage)
    square = sum(x * x for x in e.data[0].embedding)
    check(abs(square - 1) < 1e-5, square)
    check(e.data[0].embedding[0] != e.data[1].embedding[0], "two texts have one vector")
    short = client.embeddings.create(model=EMBEDDING_MODEL, input=texts, dimensions=16, encoding_format="float")
    equal(len(short.data[0].embedding), 16)


@case("tools/accepted")
def _():
    for choice in ("auto", "none"):
        a = chat.create(**{**GREEDY, "model": CHAT_MODEL}, tools=[WEATHER], tool_choice=choice)
        check(a.choices[0].finish_reason in ("stop", "length", "tool_calls"), a.choices[0].finish_reason)


@case("tools/conversation")
def _():
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Xi\'an"}'}}
    turns = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]
    a = chat.create(**{**GREEDY, "model": CHAT_MODEL, "messages": turns}, tools=[WEATHER])
    equal(len(a.choices), 1)


@case("tools/required")
def _():
    for choice in ("required", {"type": "function", "function": {"name": "weather"}}):
        refused(
            lambda: chat.create(**{**GREEDY, "model": CHAT_MODEL}, tools=[WEATHER], tool_choice=choice),
            openai.BadRequestError,
            code="unsupported_value",
            param="tools",
        )


@case("errors/wrong-key")
def _():
    last = "y" if KEY.endswith("x") else "x"
    for key in ("sk-wrong", KEY[:-1] + last):
        stranger = client.with_options(api_key=key).chat.completions
        refused(lambda: stranger.create(**GREEDY), openai.AuthenticationError, code="invalid_api_key")


@case("errors/missing-messages")
def _():
    refused(lambda: chat.create(model=MODEL, messages=openai.omit), openai.BadRequestError, param="messages")


@case("errors/temperature")
def _():
    refused(lambda: chat.create(**{**GREEDY, "temperature": 5}), openai.BadRequestError, param="temperature")


@case("errors/context")
def _():
    long = [{"role": "user", "content": "word " * 2000}]
    for stream in (False, True):
        refused(
            lambda: chat.create(**{**GREEDY, "messages": long}, stream=stream),
            openai.BadRequestError,
            code="context_length_exceeded",
        )


@case("errors/model")
def _():
    for stream in (False, True):
        refused(
            lambda: chat.create(**{**GREEDY, "model": "no-such-model"}, stream=stream),
            openai.NotFoundError,
            code="model_not_found",
            param="model",
        )


@case("errors/response-format")
def _():
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "array", "uniqueItems": True}}}
    refused(
        lambda: chat.create(**GREEDY, response_format=schema),
        openai.BadRequestError,
        code="constraint_unsupported",
        param="response_format.json_schema.schema",
    )


@case("chat/schema")
def _():
    schema = {"type": "object", "properties": {"mood": {"enum": ["glad", "sad"]}, "age": {"type": "integer", "minimum": 0, "maximum": 99}}, "required": ["mood", "age"], "additionalProperties": False}
    c = chat.create(**{**GREEDY, "max_tokens": 64}, response_format={"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}})
    answer = json.loads(c.choices[0].message.content)
    assert list(answer) == ["mood", "age"] and answer["mood"] in ("glad", "sad") and isinstance(answer["age"], int), answer


@case("errors/image")
def _():
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    body = {**GREEDY, "messages": [{"role": "user", "content": parts}]}
    refused(lambda: chat.create(**body), openai.BadRequestError, code="unsupported_value")


@case("errors/route")
def _():
    refused(lambda: client.images.generate(prompt="a cat"), openai.NotFoundError, code="unknown_url")


@case("headers/ignored")
def _():
    raw = chat.with_raw_response.create(**GREEDY, extra_body={"made_up_parameter": 1, "another_one": "x"})
    check(text_of(raw.parse()), "no content")
    equal(raw.headers.get("x-hearth-ignored"), "another_one, made_up_parameter")


@case("headers/request-id")
def _():
    first = chat.create(**GREEDY)._request_id
    check(first.startswith("req_"), first)
    raw = chat.with_raw_response.create(**GREEDY, stream=True)
    list(raw.parse())
    check(raw.headers["x-request-id"].startswith("req_"), raw.headers["x-request-id"])
    check(raw.headers["x-request-id"] != first, "two requests, one id")
    err = raised(lambda: chat.create(model=MODEL, messages=[]), openai.BadRequestError)
    check(err.request_id.startswith("req_"), err.request_id)


def raised(ask, kind):
    try:
        ask()
    except kind as e:
        return e
    except openai.OpenAIError as e:
        raise AssertionError(f"{type(e).__name__}: {e}") from e
    raise AssertionError("accepted")


def refused(ask, kind, **fields):
    """Expects an error of that class with those fields, and a way out of it."""
    err = raised(ask, kind)
    for name, value in fields.items():
        equal((name, getattr(err, name)), (name, value))
    for name in ("message", "type", "remedy"):
        check(isinstance(err.body.get(name), str) and err.body[name], f"no {name}")


def free_again(began):
    """Expects that a cancelled answer has ended and holds nobody up."""
    check(time.monotonic() - began < PROMPTLY, f"ended after {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    chat.create(model=CHAT_MODEL, messages=MESSAGES, max_tokens=1)
    check(time.monotonic() - began < PROMPTLY, f"the next answer took {time.monotonic() - began:.1f} s")


def goldens():
    path = os.environ.get("HEARTH_GREEDY_JSON")
    if not path:
        raise Skip
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def said(chunks, index=0):
    """Joins the pieces of one choice."""
    return "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices if c.index == index)


def text_of(answer, index=0):
    return answer.choices[index].message.content


def has(model, names):
    for name in names.split():
        check(name in model.model_fields_set, f"{name} is missing")


def totals(usage):
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens


def adds_up(usage):
    check(usage.prompt_tokens > 0 and usage.completion_tokens > 0, usage)
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)


def middle_word(text):
    """A word of the text that is neither at its beginning nor at its end."""
    words = re.findall("[a-z]{3,}", text)
    return words[len(words) // 2]


def odds_are_sound(odds, top):
    """Expects of each token as many likeliest ones as asked for, in descending
    order, the first of them the token itself: decoding was greedy."""
    check(odds, "no logprobs")
    for o in odds:
        check(o.logprob <= 0, o.logprob)
        equal(len(o.top_logprobs), top)
        equal((o.top_logprobs[0].token, o.top_logprobs[0].logprob), (o.token, o.logprob))
        likely = [t.logprob for t in o.top_logprobs]
        equal(likely, sorted(likely, reverse=True))


def decode(odds):
    return b"".join(bytes(o.bytes) for o in odds).decode("utf-8", "replace")


def one_mark(text):
    """Decoders differ in how many U+FFFD stand for a row of bytes that are no text."""
    return re.sub("\ufffd+", "\ufffd", text)


run()
