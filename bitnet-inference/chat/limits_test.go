package chat

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// Every hostile template ends soon, in an error that names it and says why,
// without much memory and without a goroutine left behind.
func TestHostileTemplates(t *testing.T) {
	defer goleak.VerifyNone(t)
	double := "{% set ns = namespace(x='0123456789') %}{% for i in range(1000) %}"
	for name, c := range map[string]struct{ source, want string }{
		"nested loops":          {strings.Repeat("{% for i in range(100000) %}", 8) + strings.Repeat("{% endfor %}", 8), "more work"},
		"empty inner loop":      {"{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "more work"},
		"huge output":           {"{% for i in range(100000) %}" + strings.Repeat("x", 1000) + "{% endfor %}", "bytes"},
		"huge output in set":    {"{% set s %}{% for i in range(100000) %}" + strings.Repeat("x", 5000) + "{% endfor %}{% endset %}", "more work"},
		"range":                 {"{% for i in range(1000000000000) %}{% endfor %}", "more than 100000 numbers"},
		"range overflow":        {"{{ range(-9223372036854775807, 9223372036854775807) }}", "more than 100000 numbers"},
		"recursion":             {"{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}", `macro "f" calls itself`},
		"mutual recursion":      {"{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}", "calls itself"},
		"exponential recursion": {"{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}", "more work"},
		"doubling ~":            {double + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}", "larger than"},
		"doubling +":            {double + "{% set ns.x = ns.x + ns.x %}{% endfor %}", "larger than"},
		"doubling list":         {double + "{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}", "larger than"},
		"doubling dict":         {double + "{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}{{ ns.x | tojson }}", "larger than"},
		"doubling replace":      {double + "{% set ns.x = ns.x | replace('0', ns.x) %}{% endfor %}", "bytes"},
		"doubling .replace":     {double + "{% set ns.x = ns.x.replace('0', ns.x) %}{% endfor %}", "bytes"},
		"doubling join":         {double + "{% set ns.x = ns.x | list | join(ns.x) %}{% endfor %}", "bytes"},
		"doubling .join":        {double + "{% set ns.x = ns.x.join(ns.x | list) %}{% endfor %}", "bytes"},
		"doubling format":       {double + "{% set ns.x = '{0}{0}{0}'.format(ns.x) %}{% endfor %}", "calls the method format: would write"},
		"doubling macro":        {"{% macro d(s) %}{{ s }}{{ s }}{% endmacro %}" + double + "{% set ns.x = d(ns.x) %}{% endfor %}", "larger than"},
		"doubling block set":    {double + "{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}", "larger than"},
		"repeat":                {"{{ 'abc' * 1000000000000 }}", "repeats a string"},
		"repeat in steps":       {"{{ 'abc' * 1000 * 1000 * 1000 * 1000 }}", "repeats a string"},
		"indent":                {"{{ ('a\n' * 1000) | indent(100000000) }}", "filter indent"},
		"tojson indent":         {"{{ [1] | tojson(indent=1000000000) }}", "indent of"},
		"namespace in itself":   {"{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns }}", "contains itself"},
		"deep list":             {double + "{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}", "nested deeper"},
		"comparing":             {"{% set s = 'x' * 1000000 %}{% for i in range(100000) %}{% if s == s ~ '' %}{% endif %}{% endfor %}", "more work"},
		"method chain":          {"{{ 'a'" + strings.Repeat(".strip()", 300) + " }}", "operations inside each other"},
		"open brackets":         {"{{ " + strings.Repeat("(", 5000), "more than 64 inside"},
		"many brackets":         {"{{ " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + " }}", "more than 64 inside"},
		"many blocks":           {strings.Repeat("{% if true %}", 5000) + strings.Repeat("{% endif %}", 5000), "more than 64 blocks"},
		"many conditions":       {"{{ " + strings.Repeat("1 if 0 else ", 5000) + "1 }}", "more than 64 conditions"},
		"long sum":              {"{{ 1" + strings.Repeat("+1", 100000) + " }}", "operations inside each other"},
		"many nots":             {"{{ " + strings.Repeat("not ", 50000) + "1 }}", "line 1: expected"},
		"many minuses":          {"{{ " + strings.Repeat("- ", 50000) + "1 }}", "template"},
		"long source":           {strings.Repeat("x", maxSource+1), "262145 bytes long"},
		"endless comment":       {"{# " + strings.Repeat("x", 1000), "the comment does not end"},
		"endless tag":           {"{{ 'a' ", "the tag does not end"},
		"endless string":        {"{{ 'a }}", "the string does not end"},
		"endless raw":           {"{% raw %}{{ x }}", "raw block does not end"},
		"empty raw":             {"{% raw %}{% endraw %}", "template"},
		"wrong end":             {"{% for x in [1] %}{% endif %}", "line 1: ControlStructure 'endif'"},
		"no end":                {"{% for x in [1] %}", "EOF"},
		"unknown tag":           {"a\nb\n{% include 'x' %}", "include"},
		"file":                  {"{% import '/etc/passwd' as x %}", "import"},
		"append":                {"{{ [1].append(2) }}", "append"},
		"empty item":            {"{{ messages[] }}", "subscript with nothing in it"},
		"number in attribute":   {"{{ 1.x.y }}", "template"},
		"recursive loop":        {"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "recursive"},
		"raise":                 {"a\n{{ raise_exception('only users') }}", "refuses the conversation: only users"},
		"raise in a condition":  {"{% for x in [1] if raise_exception('no') %}{% endfor %}", "refuses the conversation: no"},
		"raise in a list":       {"{{ [raise_exception('no')] }}", "refuses the conversation: no"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			tmpl, err := FromJinja(c.source, "hostile.jinja", Vars{})
			if err == nil {
				_, err = tmpl.Render([]Message{{"user", "Hi"}}, true)
			}
			runtime.ReadMemStats(&after)
			require.Error(t, err)
			// On a slow machine, or under the race detector, time is up first.
			if c.want != "more work" || !strings.Contains(err.Error(), "takes longer than 5s") {
				require.ErrorContains(t, err, c.want)
			}
			require.ErrorContains(t, err, `chat: template "hostile.jinja"`)
			require.Less(t, len(err.Error()), 600)
			require.Less(t, time.Since(start), 2*maxTime)
			// All that was ever allocated, not what was in use at once.
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<30))
			t.Log(time.Since(start), err)
		})
	}
}

// The deadline ends what the budget of work would let run.
func TestDeadline(t *testing.T) {
	b := newBudget(0)
	b.deadline = time.Now().Add(-time.Second)
	var err error
	for range 64 {
		err = b.charge(0)
	}
	require.ErrorContains(t, err, "takes longer than 5s")
	require.Equal(t, err, b.charge(0), "stays failed")
}

// Limits grow with the conversation: a long one is no attack.
func TestLongConversations(t *testing.T) {
	source := templates(t)["Qwen-Qwen2.5-7B-Instruct.jinja"]
	tmpl, err := FromJinja(source, "qwen", Vars{})
	require.NoError(t, err)
	var msgs []Message
	for i := range 1000 {
		msgs = append(msgs, Message{"user", strings.Repeat("long question ", 300)}, Message{"assistant", fmt.Sprint(i)})
	}
	prompt, err := tmpl.Render(msgs, true)
	require.NoError(t, err)
	require.Greater(t, len(prompt), 4_000_000)
}

// One template renders in several goroutines at once.
func TestConcurrentRender(t *testing.T) {
	tmpl, err := FromJinja("{% macro m(x) %}<{{ x }}>{% endmacro %}{% for m_ in messages %}{{ m(m_.content) }}{% endfor %}", "c", Vars{})
	require.NoError(t, err)
	done := make(chan string)
	for i := range 8 {
		go func() {
			text, err := tmpl.Render([]Message{{"user", fmt.Sprint(i)}, {"user", "x"}}, true)
			if err != nil || text != fmt.Sprintf("<%d><x>", i) {
				done <- fmt.Sprint(text, err)
				return
			}
			done <- ""
		}()
	}
	for range 8 {
		require.Empty(t, <-done)
	}
}
