package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// foreign is a Tokenizer that Stream knows nothing of.
type foreign struct{ Tokenizer }

// kinds of tokenizers that decode differently.
func decoders(t testing.TB) map[string]Tokenizer {
	meta := map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}
	spm, err := LoadSentencePiece(spmFile(protoField(nil, trainerModelType, 2), nil,
		pieceMessage("<0xE2>", 0, TypeByte), pieceMessage("<0x82>", 0, TypeByte), pieceMessage("<0xAC>", 0, TypeByte)), "spm")
	require.NoError(t, err)
	return map[string]Tokenizer{
		"bytes": small(t, nil),
		"chars": mustLoad(t, charJSON(nil)),
		"meta": mustLoad(t, charJSON(func(top, _ map[string]any) {
			top["normalizer"], top["pre_tokenizer"], top["decoder"] = nil, meta, meta
		})),
		"joined":  mustLoad(t, charJSON(func(top, _ map[string]any) { top["decoder"] = nil })),
		"pieces":  spm,
		"foreign": foreign{small(t, nil)},
	}
}

func TestStreamIsDecode(t *testing.T) {
	for name, tok := range decoders(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				list := rapid.SliceOfN(rapid.Int32Range(-1, int32(tok.VocabSize())), 0, 40).Draw(t, "ids")
				skip := rapid.Bool().Draw(t, "skip")
				s := NewStream(tok, skip)
				for range 2 { // Flush makes it new
					var text strings.Builder
					for _, id := range list {
						part := s.Next(id)
						require.True(t, utf8.ValidString(part))
						text.WriteString(part)
					}
					text.WriteString(s.Flush())
					require.Equal(t, tok.Decode(list, skip), text.String())
				}
			})
		})
	}
}

func TestStreamContinuesAPrompt(t *testing.T) {
	tok := mustLoad(t, charJSON(nil))
	s := NewStream(tok, true)
	require.Equal(t, "a", s.Next(4), "at the start the space is stripped")
	require.Equal(t, " a", s.Next(4))

	s = NewStream(tok, true)
	s.Seed([]int32{4})
	require.Equal(t, " a", s.Next(4))

	s = NewStream(tok, true)
	s.Seed([]int32{0}) // BOS alone is no text
	require.Equal(t, "a", s.Next(4))

	const base = 7 // of byte tokens
	s = NewStream(tok, true)
	s.Seed([]int32{4, base + 'x', base + 0xC3})
	require.Empty(t, s.Next(base+0xA9))
	require.Equal(t, "é", s.Flush(), "the prompt's whole characters are not repeated")
}

func TestStreamHoldsCharactersOnly(t *testing.T) {
	s := NewStream(small(t, nil), false)
	for i, want := range []string{"", "", "", "😀", "a", "", "\uFFFDb"} {
		require.Equal(t, want, s.Next([]int32{0xF0, 0x9F, 0x98, 0x80, 'a', 0xE2, 'b'}[i]), i)
	}
	require.Empty(t, s.Next(0xE2))
	require.Equal(t, "\uFFFD", s.Flush())
}

// TestReplacementCharacters has the examples of the Unicode Standard, section
// 3.9, table 3-8 and those around it.
func TestReplacementCharacters(t *testing.T) {
	tok := small(t, nil)
	for in, want := range map[string]string{
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41": "????????A",
		"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41": "????????A",
		"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42": "?????A??B",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41": "????A",
		"\xe2\x82\xac\xe2\x82":                 "€?",
		"\xf0\x9f\x98":                         "?",
		"a\x80":                                "a?",
	} {
		var list []int32
		for i := range len(in) {
			list = append(list, int32(in[i]))
		}
		require.Equal(t, strings.ReplaceAll(want, "?", "\uFFFD"), tok.Decode(list, false), "%x", in)
	}
}

// TestRoundTrip: byte-level encoding loses nothing.
func TestRoundTrip(t *testing.T) {
	tok := small(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		require.Equal(t, text, tok.Decode(tok.Encode(nil, text, Options{}), false))
	})
}
