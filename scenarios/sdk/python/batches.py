"""OpenAI's Python SDK, files and batches; ../node/batches.mjs has the same cases under the
same names (../README.md)."""

import json
import os
import time

import openai

from harness import case, check, equal, run

client = openai.OpenAI(base_url=os.environ["HEARTH_BASE_URL"], api_key=os.environ["HEARTH_API_KEY"], max_retries=0, timeout=60,
                       _strict_response_validation=True)
SCRIPT = os.environ["HEARTH_SCRIPT"]


def line(name, what, url="/v1/chat/completions"):
    body = {"model": SCRIPT, "messages": [{"role": "user", "content": what}]}
    if url == "/v1/responses":
        body = {"model": SCRIPT, "input": what}
    return json.dumps({"custom_id": name, "method": "POST", "url": url, "body": body}) + "\n"


def upload(text):
    return client.files.create(file=("in.jsonl", text.encode()), purpose="batch")


def ended(batch):
    for _ in range(300):
        batch = client.batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.1)
    raise AssertionError(f"it does not end: {batch.status}")


def results(file):
    return [json.loads(text) for text in client.files.content(file).text.splitlines()]


def refused(call, kind, code):
    try:
        call()
    except kind as e:
        equal(e.code, code)
        return
    raise AssertionError("it was not refused")


@case("batches/files")
def _():
    f = upload(line("a", "x"))
    equal((f.object, f.filename, f.purpose), ("file", "in.jsonl", "batch"))
    equal(client.files.retrieve(f.id).bytes, len(line("a", "x")))
    equal(client.files.content(f.id).text, line("a", "x"))
    check(f.id in [x.id for x in client.files.list(purpose="batch", limit=1)], "it is not listed")
    check(client.files.delete(f.id).deleted, "it is not deleted")
    refused(lambda: client.files.retrieve(f.id), openai.NotFoundError, "file_not_found")
    refused(lambda: client.files.create(file=b"x", purpose="fine-tune"), openai.BadRequestError, "not_one_of")


@case("batches/whole")
def _():
    f = upload("".join(line(f"line {i}", f"number {i}") for i in range(20)) + line("bad", ""))
    b = client.batches.create(input_file_id=f.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"for": "test"})
    equal((b.object, b.status, b.input_file_id, b.metadata), ("batch", "in_progress", f.id, {"for": "test"}))
    b = ended(b)
    equal((b.status, b.request_counts.total, b.request_counts.completed + b.request_counts.failed), ("completed", 21, 21))
    answers = results(b.output_file_id)
    equal([a["custom_id"] for a in answers][:20], [f"line {i}" for i in range(20)])
    for i, a in enumerate(answers[:20]):
        equal((a["response"]["status_code"], a["response"]["body"]["choices"][0]["message"]["content"], a["error"]), (200, f"You said: number {i}", None))
    check(b.id in [x.id for x in client.batches.list(limit=2)], "it is not listed")


@case("batches/responses")
def _():
    f = upload(line("a", "think", "/v1/responses"))
    b = ended(client.batches.create(input_file_id=f.id, endpoint="/v1/responses", completion_window="24h"))
    equal(results(b.output_file_id)[0]["response"]["body"]["status"], "completed")


@case("batches/mistakes")
def _():
    f = upload(line("a", "x") + "{\n")
    b = client.batches.create(input_file_id=f.id, endpoint="/v1/chat/completions", completion_window="24h")
    equal((b.status, b.errors.data[0].line), ("failed", 2))
    refused(lambda: client.batches.create(input_file_id="zzz", endpoint="/v1/chat/completions", completion_window="24h"), openai.NotFoundError, "file_not_found")
    refused(lambda: client.batches.retrieve("zzz"), openai.NotFoundError, "batch_not_found")


@case("batches/cancelled")
def _():
    f = upload("".join(line(str(i), "slow") for i in range(100)))
    b = client.batches.create(input_file_id=f.id, endpoint="/v1/chat/completions", completion_window="24h")
    equal(client.batches.cancel(b.id).status, "cancelling")
    b = ended(b)
    equal((b.status, b.request_counts.completed + b.request_counts.failed), ("cancelled", 100))
    equal(results(b.error_file_id)[-1]["error"]["code"], "batch_cancelled")


run()
