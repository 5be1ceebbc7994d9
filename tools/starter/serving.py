"""A hearth that serves one model file on this machine for as long as a script needs it,
and the few requests that the scripts make."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request


class Server:
    def __init__(self, url, key, model):
        self.url, self.key, self.model = url, key, model

    def post(self, path, body):
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps({"model": self.model, **body}).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=600))

    def chat(self, messages, tools=None, most=200):
        """The reply's message, the likeliest tokens only."""
        body = {"messages": messages, "temperature": 0, "max_tokens": most}
        if tools:
            body["tools"] = tools
        return self.post("/v1/chat/completions", body)["choices"][0]["message"]

    def stream(self, messages, most=100):
        body = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": most, "stream": True}
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + "/v1/chat/completions", json.dumps(body).encode(), headers)
        for line in urllib.request.urlopen(request, timeout=600):
            if line.startswith(b"data: {"):
                for choice in json.loads(line[6:]).get("choices", []):
                    yield choice["delta"].get("content") or ""


@contextlib.contextmanager
def serve(binary, model=None):
    """Starts hearth on a free port, with a home of its own and only that model, or the one in the binary."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="hearth-starter"))
    (home / "models").mkdir()
    if model:
        shutil.copy(model, home / "models" / "starter.gguf")
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "HEARTH_DATA": str(home / "data"), "LANG": "C", "HEARTH_STARTER": "false" if model else "true"} | {k: v for k, v in os.environ.items() if k == "GODEBUG"}
    args = [str(pathlib.Path(binary).resolve()), "up", "--json", "--listen", "127.0.0.1:0", "--set", "log.level=error"]
    p = subprocess.Popen(args, cwd=home, env=env, stdout=subprocess.PIPE, text=True)
    try:
        hello = json.loads(p.stdout.readline())
        yield Server(hello["url"], hello["first_key"], "starter" if model else "hearth-starter")
    finally:
        p.terminate()
        p.wait(30)
        shutil.rmtree(home, ignore_errors=True)
