#!/usr/bin/env python3
"""Renders chat templates with Jinja2 as Hugging Face transformers does.

Writes, for every *.jinja in a folder and every template in a file of JSON lines
(one {"name": "source"} a line), the SHA-256 and length of the prompt text
of one plain conversation, or the error Jinja2 raised. The tests of
bitnet-inference/chat compare their own rendering with it byte for byte.

    pip install jinja2==3.1.6
    scripts/chat_golden.py eval/chat-templates bitnet-inference/chat/testdata/jinja.json \\
        --jsonl eval/ollama-templates.jsonl

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
# Small templates, each about one thing in which engines differ.
SNIPPETS = r"""
{{ 'a' if true else 'b' }}{{ ('a' if false else 'b') ~ 'c' }}{{ 'x' if false }}|
{{ ['a' if false else 'b' if true else 'c', {'k': 1 if true else 2}['k']] }}
{% for x in ([1, 2] if true else []) if x > 1 %}{{ x }}{% else %}none{% endfor %}
{{ 'A' in 'abc'|upper }} {{ 'a' in 'ABC'|lower and true }} {{ 'z' not in ['a', 'z'] }} {{ not 'a' in 'b' }}
{{ [1,2,3][-1] }}{{ [5][-1] }}{{ 'größer'[2] }}{{ 'größer'[-1] }}{{ [1,2,3][1:] }}{{ 'größer'[::-1] }}{{ [1,2,3,4][::2] }}
{{ none }}{{ undefined_name }}{{ true }}{{ 1.0 }}{{ 1e20 }}{{ 7 // 2 }}{{ -7 // 2 }}{{ -7 % 3 }}{{ 7 / 2 }}{{ 2 ** 10 }}
{{ 'ab' * 3 }}{{ [1] + [2] }}{{ 1 + 2.5 }}{{ 'a' ~ 1 ~ none ~ true }}
{{ ['it\'s', "q\"", 'plain', none, true, 1.5, {'a': [1]}] }}
{{ {'b': 1, 'a': 'x'} }}{{ {'b': 1, 'a': 'x'} | tojson }}{{ ['ü', '"', '\n', '<'] | tojson }}
{{ {'b': [1, {'c': none}], 'a': []} | tojson(indent=2) }}
{{ 'ü🙂' | tojson(ensure_ascii=true) }}
{% for k, v in {'b': 1, 'a': 2}.items() %}{{ k }}{{ v }}{{ loop.index }}{{ loop.last }}{% endfor %}
{% for c in 'aü🙂' %}{{ loop.index0 }}{{ c }}{% endfor %}
{% for x in undefined_name %}x{% else %}empty{% endfor %}
{% for x in none %}x{% endfor %}
{% for x in range(10, 0, -3) %}{{ x }},{% endfor %}{{ range(3) | list }}
{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% set ns = namespace(a=1) %}{% for x in range(3) %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}
{% set x = 1 %}{% for y in range(2) %}{% set x = 5 %}{% endfor %}{{ x }}{% if true %}{% set x = 7 %}{% endif %}{{ x }}
{% macro m(a, b=2) %}{{ a }}{{ b }}{{ c is defined }}{{ a is defined }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}{{ m() }}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
{% set s %}a{{ 1 + 1 }}b{% endset %}{{ s }}{{ s | length }}
{% filter upper %}abc{{ 'd' }}{% endfilter %}
{{ tools is defined }}{{ tools is none }}{{ nothing is none }}{{ nothing is not none }}{{ nothing is undefined }}
{{ messages[0].x is defined }}{{ messages[0].role is defined }}{{ messages[0]['x'] is none }}{{ messages[0].x is not none }}
{{ nothing is true }}{{ nothing is false }}{{ false is false }}{{ 0 is false }}{{ '' is string }}{{ {} is mapping }}{{ [] is iterable }}{{ 'a' is iterable }}
{{ messages | length }}{{ messages[0] }}{{ messages | map(attribute='role') | join(',') }}{{ messages[0] | tojson }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ (messages | last).role }}{{ messages[0].items() | list }}
{{ ' \t a b \n' | trim }}|{{ '  x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' x '.lstrip() }}|{{ ' x '.rstrip() }}|
{{ 'a,b,c'.split(',') }}{{ 'a,b,c'.split(',', 1) }}{{ ' a  b '.split() }}{{ 'abc'.split('</t>')[-1] }}{{ 'a</t>b'.split('</t>')[0] }}
{{ 'aXbX'.replace('X', 'y') }}{{ 'aXbX'.replace('X', 'y', 1) }}{{ 'aXbX' | replace('X', '') }}
{{ 'abc'.startswith('a') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'hello wORLD'.title() }}{{ 'hello wORLD'.capitalize() }}
{{ 'hello wORLD' | title }}{{ 'hello wORLD' | capitalize }}{{ 'aB' | upper }}{{ 'aB' | lower }}
{{ '-'.join(['a', 'b']) }}{{ ['a', 1, 2.5] | join('-') }}{{ '{} {1}'.format(1, 2) if false else '{}-{}'.format('a', 2) }}{{ '{x}'.format(x=3) }}
{{ nothing | default('d') }}{{ '' | default('d') }}{{ '' | default('d', true) }}{{ nothing.x | default('d') if false else 'ok' }}
{{ [3, 1, 2] | sort }}{{ [1, 2] | first }}{{ [1, 2] | last }}{{ [1, 2] | sum }}{{ [1, 1, 2] | unique | list }}{{ {'b': 1, 'a': 2} | dictsort }}
{{ 3.7 | int }}{{ '42' | int }}{{ 'x' | int }}{{ '1.5' | float }}{{ -3 | abs }}{{ 3.14159 | round(2) }}{{ 2.5 | round }}
{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}
{{ 'a' and '' or 'c' }}{{ '' or none or 'z' }}{{ 0 or [] }}{{ not '' }}{{ not 1 }}{{ 1 == 1.0 }}{{ 'a' == none }}{{ none == none }}
{{ 1 < 2 and 2 <= 2 and 'a' < 'b' }}{{ 1 != 2 }}{{ [1, 'a'] == [1, 'a'] }}{{ {'a': 1} == {'a': 1} }}{{ 'a' in {'a': 1} }}{{ 3 in [1, 2] }}
{% raw %}{{ x }}{% not %}{% endraw %}{# {{ comment }} #}x
{{- ' a' -}}  b  {%- if true -%}  c  {%- endif %}  d
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S') }} {{ strftime_now('%B %-d, %A') }}
{{ 'a' + 1 }}
{{ 'a' + nothing }}
{{ 'a' + none }}
{{ nothing.x.y }}
{{ 1 // 0 }}
{{ '%s' % 'a' }}
{{ [1].append(2) }}
{{ 'x' | no_such_filter }}
{{ 'x' is no_such_test }}
{{ raise_exception('no') }}
{% if false %}{{ 'x' | no_such_filter }}{% endif %}ok
{% include 'x' %}
{{ 'a' 'b' }}
{{ 'tab\there' }}{{ '\u00e4' }}{{ 'it\'s "x"' }}{{ "a\\nb" }}{{ 'a\nb' }}
{{ "\d" }}
{{ 'a\\' }}
{{ messages[0]['content'][0:3] }}{{ messages[9] is defined }}{{ (messages[1:] | first).role }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}
{% set x = messages[0].nothing %}{{ x }}{{ x is defined }}{% set y = none %}{{ y }}{{ y is defined }}
{{ {'a': {'b': [10, 20]}}.a.b[1] }}{{ {'a': 1}.get('b') }}{{ {'a': 1}.get('b', 5) }}{{ {1: 'x'}[1] }}
{{ dict() }}{{ dict(a=1) }}{% if {} %}t{% else %}f{% endif %}{% if [] %}t{% else %}f{% endif %}{% if {'a': 1} %}t{% endif %}{% if not {} %}n{% endif %}
{{ messages[0].role.upper().lower().strip().title() }}{{ ('a' ~ 'b').upper() }}{{ "it's" | string }}
{{ loop is defined }}{% for x in [1] %}{% for y in [1, 2] %}{{ loop.length }}{% endfor %}{{ loop.length }}{% endfor %}
{{ 10 | string + '1' }}{{ [1, 2] | length + 1 }}{{ -1 }}{{ +1 }}{{ 1 - -1 }}{{ (1, 2) }}{{ (1,) }}
{{ 'abc' | reverse }}{{ [1, 2] | reverse | list }}{{ 'abc' | first }}{{ 'äb' | list }}{{ 'äb' | length }}
{{ [1, 2, 3] | select('odd') | list }}{{ [1, 2, 3] | reject('equalto', 2) | list }}{{ ['a', 'b'] | map('upper') | list }}
{{ messages | rejectattr('role', 'equalto', 'user') | map(attribute='content') | first }}{{ messages | selectattr('x', 'defined') | list }}
""".strip().split("\n")
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
    p.add_argument("--jsonl", type=pathlib.Path)
    p.add_argument("--text", type=pathlib.Path)
    args = p.parse_args()
    env = environment()
    sources = {f.name: f.read_text(encoding="utf-8") for f in sorted(args.templates.glob("*.jinja"))}
    if args.jsonl:
        for i, line in enumerate(args.jsonl.read_text(encoding="utf-8").splitlines()):
            (source,) = json.loads(line).values()
            sources[f"{args.jsonl.name}#{i}"] = source
    results = {}
    for file, source in sources.items():
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
                (args.text / f"{file}.{name}").write_bytes(data)
        results[file] = entry
    snippets = []
    for source in SNIPPETS:
        try:
            text = env.from_string(source).render(
                messages=CONVERSATIONS["full"], tools=None, documents=None,
                add_generation_prompt=True, bos_token=BOS, eos_token=EOS)
            snippets.append({"source": source, "text": text})
        except Exception as e:
            snippets.append({"source": source, "error": f"{type(e).__name__}: {e}"})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    doc = {
        "source": f"scripts/chat_golden.py, jinja2 {jinja2.__version__}",
        "now": NOW.isoformat(), "bos_token": BOS, "eos_token": EOS,
        "conversations": CONVERSATIONS, "snippets": snippets, "templates": results,
    }
    args.out.write_text(json.dumps(doc, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    errors = sum("error" in r for e in results.values() for r in e.values())
    print(f"{len(results)} templates, {errors} renderings refused")


if __name__ == "__main__":
    main()
