package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrepare(t *testing.T) {
	undefined := "[][0]"
	for source, want := range map[string]string{
		"plain { text } 5%":                 "plain { text } 5%",
		"{{ a }}":                           "{{ a }}",
		"{{- a -}}":                         "{{- a -}}",
		"{# {{ a if b }} #}x":               "{# {{ a if b }} #}x",
		"{% raw %}{{ a if b }}{% endraw %}": "{% raw %}{{ a if b }}{% endraw %}",
		"{{ a if b else c }}":               "{{ (( b) and [ a] or [ c])[0] }}",
		"{{ f(a if b) }}":                   "{{ f((( b) and [a] or [" + undefined + "])[0]) }}",
		"{{ [x, a if b else c] }}":          "{{ [x,(( b) and [ a] or [ c])[0]] }}",
		"{{ f(k=a if b else c) }}":          "{{ f(k=(( b) and [a] or [ c])[0]) }}",
		"{{ {'if': a if b else c} }}":       "{{ {'if':(( b) and [ a] or [ c])[0]} }}",
		"{{ x[a if b else c:d] }}":          "{{ x[(( b) and [a] or [ c])[0]:d] }}",
		"{{ a if b else c if d else e }}":   "{{ (( b) and [ a] or [(( d) and [ c] or [ e])[0]])[0] }}",
		"{% set x = a if b else c %}":       "{% set x =(( b) and [ a] or [ c])[0] %}",
		"{% for x in y if z %}":             "{% for x in y if z %}",
		"{% for x in (a if b else c) %}":    "{% for x in ((( b) and [a] or [ c])[0]) %}",
		"{% if a in b|lower and c %}":       "{% if a in ( b|lower) and c %}",
		"{% if not(a in b) %}":              "{% if not (a in ( b)) %}",
		"{%- if\n  a or\n b -%}":            "{%- if\n  a or \n b -%}",
		"{%-\n  if a -%}":                   "{%- if a \n -%}",
		"{{ 'a}}b' }}{{ {'k': {}} }}":       "{{ 'a}}b' }}{{ {'k': {}} }}",
	} {
		got, err := prepare(source)
		require.NoError(t, err, source)
		squeeze := func(s string) string {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
		}
		require.Equal(t, squeeze(want), squeeze(got), source)
		require.Equal(t, strings.Count(source, "\n"), strings.Count(got, "\n"), "lines of %q", source)
		again, err := prepare(got)
		require.NoError(t, err, "what prepare writes can be read")
		require.NotEmpty(t, again)
	}
}
