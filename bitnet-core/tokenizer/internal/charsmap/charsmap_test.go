package charsmap

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// table is the one of the tokenizer "precompiled" of the golden data, which the
// tests of package tokenizer compare with the reference library.
func table(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile("../../testdata/golden.json")
	require.NoError(t, err)
	var golden struct {
		Tokenizers []struct {
			Name  string
			Parts struct {
				Normalizer map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(file, &golden))
	for _, tok := range golden.Tokenizers {
		if tok.Name == "precompiled" {
			data, err := base64.StdEncoding.DecodeString(tok.Parts.Normalizer["precompiled_charsmap"].(string))
			require.NoError(t, err)
			return data
		}
	}
	t.Fatal("no tokenizer \"precompiled\" in the golden data")
	return nil
}

func TestApply(t *testing.T) {
	m, err := Parse(table(t))
	require.NoError(t, err)
	for in, want := range map[string]string{
		"":                     "",
		"plain":                "plain",
		"e\u0301":              "E",
		"\r\n\n":               "N ",
		"fin ½":                "fin 1/2",
		"e\u0301\u0301\u0301x": "e\u0301\u0301\u0301x", // too long to be looked at as one
		"\xff1\xe2":            "\xffone\xe2",
		"b":                    "b\u0307",
		"bb\u0323":             "b\u0307b\u0307", // a cluster becomes what its start does
	} {
		require.Equal(t, want, m.Apply(in), "%q", in)
	}
	none, err := Parse(nil)
	require.NoError(t, err)
	require.Equal(t, "x½", none.Apply("x½"))
	require.Equal(t, 1, none.Growth())
}

func TestParseErrors(t *testing.T) {
	number := func(n uint32, rest string) []byte { return append(binary.LittleEndian.AppendUint32(nil, n), rest...) }
	for want, data := range map[string][]byte{
		"ends within its first number": {1, 2},
		"8 bytes, but 4 follow":        number(8, "1234"),
		"3 bytes":                      number(3, "1234"),
		"not UTF-8":                    number(4, "1234\xff\x00"),
		"not ended by a zero":          number(4, "1234abc"),
		"a replacement of 257 bytes":   number(4, "1234"+strings.Repeat("a", 257)+"\x00"),
	} {
		_, err := Parse(data)
		require.ErrorContains(t, err, want)
	}
}

func TestClusters(t *testing.T) {
	for _, want := range [][]string{
		{"a", "b"},
		{"\r\n", "\n", "\r", "a"},
		{"e\u0301\u0316", "x"},
		{"\u0301", "a"},
		{"a\u200d", "b"},
		{"กำ", "ก"},
		{"\u0600\u0661", "a"},
		{"\u0600", "\n"},
		{"각", "가", "a"},
		{"\u1100\u1161\u11a8", "\u1100"},
		{"\u1161\u11a8"},
		{"가\u11a8", "가", "\u1100\u1100가"},
		{"\u11a8\u11a8", "\u1161"},
		{"\u200b", "\u0301"},
		{"\U000E0001", "a\U000E0020"},
		{"\xff", "\u0301", "a", "\xe2", "\x82"},
		{"👍🏽", "x"},
		{"\u102b", "a"},
		{"\u0903", "a"},
	} {
		text := strings.Join(want, "")
		var got []string
		for i := 0; i < len(text); {
			end := clusterEnd(text, i)
			got = append(got, text[i:end])
			i = end
		}
		require.Equal(t, want, got, "%+q", text)
	}
}

func FuzzApply(f *testing.F) {
	whole := table(f)
	f.Add(whole, "e\u0301 ½ \r\n \u0600a")
	f.Add(whole[:40], "a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		out := m.Apply(text)
		if len(out) > len(text)*m.Growth() {
			t.Fatalf("%q became %q, more than %d times longer", text, out, m.Growth())
		}
		if utf8.ValidString(text) && !utf8.ValidString(out) {
			t.Fatalf("%q became %q", text, out)
		}
	})
}
