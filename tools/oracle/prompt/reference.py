"""Renders chat templates the way transformers does: the reference that the Go
code in internal/prompt is measured against.

Needs jinja2 3.1.6 and nothing else.
"""

import datetime
import gzip
import hashlib
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox

NOW = datetime.datetime(2026, 1, 15, 9, 30, 0)

# What the goldens put where a model file names its first and last tokens.
TOKENS = {"bos_token": "<BOS>", "eos_token": "<EOS>"}


class Generation(jinja2.ext.Extension):
    """{% generation %} marks the model's own words for training and prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_same")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def environment(mutable=False):
    kind = jinja2.sandbox.SandboxedEnvironment if mutable else jinja2.sandbox.ImmutableSandboxedEnvironment
    env = kind(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda form: NOW.strftime(form)
    return env


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def variables(conversation, parsed_arguments, absent_text):
    """What a template sees. Arguments of tool calls arrive as text, as on the
    wire, and may be given to templates as the object they describe."""
    messages = []
    for m in conversation["messages"]:
        m = dict(m)
        if m["content"] is None:
            m["content"] = absent_text
        if "tool_calls" in m:
            m["tool_calls"] = [tool_call(c, parsed_arguments) for c in m["tool_calls"]]
        messages.append(m)
    rest = {k: v for k, v in conversation.items() if k not in ("messages", "tools", "add_generation_prompt")}
    return {
        "messages": messages,
        "tools": conversation.get("tools"),
        "documents": None,
        "add_generation_prompt": conversation.get("add_generation_prompt", True),
        **rest,
    }


def tool_call(call, parsed):
    function = dict(call["function"])
    if parsed and isinstance(function["arguments"], str):
        try:
            value = json.loads(function["arguments"])
        except ValueError:
            value = None
        if isinstance(value, dict):
            function["arguments"] = value
    return {**call, "function": function}


def render(template, conversation, tokens=TOKENS):
    """The prompt, or None where the template fails.

    Templates disagree on two things, and fail on what they do not expect: a
    turn without text is none to some and empty to others, arguments are an
    object to most and text to those that join them to a string.
    """
    for absent_text in (None, ""):
        for parsed in (True, False):
            try:
                return template.render(**tokens, **variables(conversation, parsed, absent_text))
            except Exception:  # any failure of a template is the same to the caller
                pass
    return None


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def templates(folder):
    """Name and text of every template in a folder."""
    for path in sorted(pathlib.Path(folder).glob("*.jinja")):
        yield path.stem, path.read_text(encoding="utf-8")


def write(path, value):
    """Gzipped JSON, the same bytes for the same value."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(data)
