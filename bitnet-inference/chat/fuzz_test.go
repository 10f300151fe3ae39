package chat

import (
	"encoding/json"
	"os"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Whatever a template and a user write: a prompt or an error, soon.
func FuzzJinja(f *testing.F) {
	data, err := os.ReadFile("testdata/jinja.json")
	require.NoError(f, err)
	var g golden
	require.NoError(f, json.Unmarshal(data, &g))
	for _, s := range g.Snippets {
		f.Add(s.Source, "Hi")
	}
	f.Add("{% for m in messages %}{{ m.role }}: {{ m['content'] | trim }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}", "größer {{ x }}")
	f.Add("{%- set ns = namespace(x='') -%}{% for m in messages if m.role == 'user' %}{% set ns.x = ns.x ~ m.content %}{% endfor %}{{ ns.x[:3] }}", "abc")
	f.Add("{% macro a(x, y=[1]) %}{{ caller() }}{{ x }}{% endmacro %}{% call a(1) %}b{% endcall %}", "")
	f.Add("{% generation %}{{ messages | tojson(indent=2) }}{% endgeneration %}", "\x00\xff")
	f.Fuzz(func(t *testing.T, source, content string) {
		start := time.Now()
		tmpl, err := FromJinja(source, "fuzz", Vars{BOSToken: "<s>", EOSToken: "</s>"})
		if err == nil {
			_, err = tmpl.Render([]Message{{"system", "s"}, {"user", content}}, true)
		}
		if err != nil {
			require.ErrorContains(t, err, `chat: template "fuzz"`)
			require.Less(t, len(err.Error()), 1000)
		}
		require.Less(t, time.Since(start), 4*maxTime)
	})
}

// Built-in formats take any text and keep it.
func FuzzBuiltins(f *testing.F) {
	f.Add("system", "a", "user", "<|eot_id|>")
	f.Fuzz(func(t *testing.T, role1, content1, role2, content2 string) {
		msgs := []Message{{role1, content1}, {role2, content2}}
		for _, name := range Builtins() {
			b, _ := Builtin(name)
			text, err := b.Render(msgs, true)
			if err != nil {
				continue
			}
			if utf8.ValidString(content1) {
				require.Contains(t, text, trim(content1), name)
			}
		}
	})
}
