package jsonpull

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValue(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, ` false `, `0`, `-1.5e+3`, `"a\"b\\\/\b\f\n\r\t"`, `"\u0120the"`, `"\ud83d\ude42"`,
		`{"a":[1,2,{"b":null}],"c":""}`, "[\n]", `{}`, `"Ġ日本"`,
	} {
		var want any
		require.NoError(t, json.Unmarshal([]byte(text), &want), text)
		p := New([]byte(text))
		got, err := p.Value()
		require.NoError(t, err, text)
		require.NoError(t, p.End(), text)
		require.Equal(t, want, got, text)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                           "ends early",
		`"abc`:                       "does not end",
		`"abc\`:                      "does not end",
		"\"a\nb\"":                   "control character",
		"\"a\\t\nb\"":                "control character",
		"\"\xff\"":                   "UTF-8",
		"\"\\n\xff\"":                "UTF-8",
		`"\ud800"`:                   `\u escape`,
		`"\ud800\u0041"`:             `\u escape`,
		`"\u12g4"`:                   `\u escape`,
		`"\x"`:                       "unknown escape",
		`{"a" 1}`:                    "missing ':'",
		`{"a":1 "b":2}`:              "missing ','",
		`[1 2]`:                      "missing ','",
		`[1,]`:                       "not a JSON value",
		`{"a":1,}`:                   "not a string",
		`{"a":1,"a":2}`:              "occurs twice",
		`01`:                         "leading zero",
		`1.`:                         "after its point",
		`1e`:                         "exponent",
		`1e999`:                      "out of range",
		`nul`:                        "not a JSON value",
		`1 2`:                        "after the end",
		strings.Repeat("[", 1000000): "nested deeper",
		strings.Repeat(`{"a":`, 100): "nested deeper",
	} {
		p := New([]byte(text))
		_, err := p.Value()
		if err == nil {
			err = p.End()
		}
		require.ErrorContains(t, err, want, "%.40q", text)
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.LessOrEqual(t, syntax.Offset, len(text))
	}
}

func TestInt(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-7": -7, " 128255,": 128255, "999999999999999999": 999999999999999999} {
		got, err := New([]byte(text)).Int()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "-", "1.0", "1e3", "01", "9999999999999999999", `"1"`} {
		_, err := New([]byte(text)).Int()
		require.ErrorContains(t, err, "not an integer", "%q", text)
	}
}

func TestFork(t *testing.T) {
	p := New([]byte(`{"a": [1, {"b": "]"}] , "c":2}`))
	var later *Parser
	var keys []string
	require.NoError(t, p.Object(func(key []byte) error {
		keys = append(keys, string(key))
		if later == nil {
			later = p.Fork()
		}
		return p.Skip()
	}))
	require.NoError(t, p.End())
	require.Equal(t, []string{"a", "c"}, keys)
	v, err := later.Value()
	require.NoError(t, err)
	require.Equal(t, []any{1.0, map[string]any{"b": "]"}}, v)
}

// FuzzValue compares with encoding/json wherever both accept.
func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\u0120",null,true],"b":{}}`, `"\ud83d\ude42"`, `[[[[]]]]`, `-0.1e5`, `"a`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := New(data)
		got, err := p.Value()
		if err == nil {
			err = p.End()
		}
		s := New(data)
		skip := s.Skip()
		if skip == nil {
			skip = s.End()
		}
		if err == nil && skip != nil {
			t.Fatalf("Value accepts what Skip refuses: %v", skip)
		}
		if err != nil {
			return
		}
		var want any
		if jsonErr := json.Unmarshal(data, &want); jsonErr != nil {
			t.Fatalf("accepts what encoding/json refuses: %v", jsonErr)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("got %#v, want %#v", got, want)
		}
	})
}
