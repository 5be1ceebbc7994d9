"""Eight threads ask at once, half of them streaming, with the SDK's own retries and a
limit of ten seconds. Prints what each was answered, or the error it saw."""

from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI
import os

client = OpenAI(base_url=os.environ["HEARTH_BASE_URL"], api_key=os.environ["HEARTH_API_KEY"], timeout=10)


def ask(i):
    messages = [{"role": "user", "content": f"question {i}"}]
    try:
        if i % 2 == 0:
            return client.chat.completions.create(model="slow", messages=messages).choices[0].message.content
        chunks = client.chat.completions.create(model="slow", messages=messages, stream=True)
        return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


with ThreadPoolExecutor(8) as pool:
    for answer in pool.map(ask, range(8)):
        print(answer)
