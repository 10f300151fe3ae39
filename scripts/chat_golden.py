#!/usr/bin/env python3
"""Renders chat templates with Jinja2 as Hugging Face transformers does.

Writes, for every *.jinja in a folder, the SHA-256 and length of the prompt text
of one plain conversation, or the error Jinja2 raised. The tests of
bitnet-inference/chat compare their own rendering with it byte for byte.

    pip install jinja2==3.1.6
    scripts/chat_golden.py TEMPLATES bitnet-inference/chat/testdata/jinja.json

With --text DIR it also writes each prompt to DIR, to look at differences.
"""

import argparse
import datetime
import hashlib
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

CONVERSATIONS = {
    "full": [
        {"role": "system", "content": "You are a terse assistant."},
        {"role": "user", "content": "What is 2 < 3 & 'why'?"},
        {"role": "assistant", "content": "True.\nBecause \"two\" is smaller."},
        {"role": "user", "content": "  Und auf Deutsch, größer? 你好 🙂 "},
    ],
    "user": [
        {"role": "user", "content": "Hi"},
    ],
}
NOW = datetime.datetime(2024, 7, 26, 15, 4, 5)
BOS, EOS = "<s>", "</s>"


class Generation(jinja2.ext.Extension):
    """{% generation %} marks assistant text for training masks: no output of its own."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.Scope(body, lineno=line)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[Generation, jinja2.ext.loopcontrols],
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("templates", type=pathlib.Path)
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--text", type=pathlib.Path)
    args = p.parse_args()
    env = environment()
    results = {}
    for path in sorted(args.templates.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        entry = {}
        for name, messages in CONVERSATIONS.items():
            try:
                text = env.from_string(source).render(
                    messages=messages, tools=None, documents=None,
                    add_generation_prompt=True, bos_token=BOS, eos_token=EOS)
            except Exception as e:  # the point is to record it
                entry[name] = {"error": f"{type(e).__name__}: {e}"}
                continue
            data = text.encode("utf-8")
            entry[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            if args.text:
                args.text.mkdir(parents=True, exist_ok=True)
                (args.text / f"{path.stem}.{name}.txt").write_bytes(data)
        results[path.name] = entry
    args.out.parent.mkdir(parents=True, exist_ok=True)
    doc = {
        "source": f"scripts/chat_golden.py, jinja2 {jinja2.__version__}",
        "now": NOW.isoformat(), "bos_token": BOS, "eos_token": EOS,
        "conversations": CONVERSATIONS, "templates": results,
    }
    args.out.write_text(json.dumps(doc, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    errors = sum("error" in r for e in results.values() for r in e.values())
    print(f"{len(results)} templates, {errors} renderings refused")


if __name__ == "__main__":
    main()
