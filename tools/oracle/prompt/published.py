"""Renders random conversations with every template of a folder, for
TestPublishedTemplates: the templates stay outside the repository.

    python3 published.py TEMPLATES OUT.json.gz [COUNT]
    go test ./internal/prompt -run TestPublishedTemplates -published OUT.json.gz -v

The templates of gpt-oss and Kimi-K2 differ from their renderers by intent: families.py
says how.
"""

import sys

import jinja2

import conversations
import reference


def main(folder, out, count=300):
    inputs = conversations.conversations("published", int(count))
    found = []
    for name, text in reference.templates(folder):
        rendered, problem = [], ""
        try:
            template = reference.environment().from_string(text)
            rendered = [reference.render(template, c) for c in inputs]
        except jinja2.TemplateError as e:
            problem = str(e)
        found.append({"name": name, "template": text, "problem": problem, "rendered": rendered})
        print(f"{name}: {sum(x is not None for x in rendered)} of {len(inputs)} rendered {problem}")
    reference.write(out, {**reference.TOKENS, "inputs": inputs, "templates": found})


if __name__ == "__main__":
    main(*sys.argv[1:])
