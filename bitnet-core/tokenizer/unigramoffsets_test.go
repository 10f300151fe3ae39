package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

// pieceTexts are texts of few characters, many of which SentencePiece's
// normalizer rewrites, joins or removes.
func pieceTexts(more ...string) *rapid.Generator[string] {
	parts := append([]string{
		"the", "The", "cat", " ", "  ", "\t", "\n", "\u00a0", "\u3000", "▁", "e\u0301", "\u0301", "ﬁ", "①", "Ａ", "㍿", "\u00ad", "\u200b",
		"é", "日本", "😀", "\xff", "\xe2\x82", "\x00", "<unk>", "<s>", "</s>", "<0x41>", "<user", "12", ".", "q",
	}, more...)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 12).Draw(t, "parts"), "")
	})
}

// TestUnigramPiecesOffsets: ranges of the files that SentencePiece's own normalizer
// is for.
func TestUnigramPiecesOffsets(t *testing.T) {
	g := readUnigramGolden(t)
	for _, m := range g.Models {
		spm, err := LoadSentencePiece(m.Model, m.Name)
		require.NoError(t, err)
		gguf, err := LoadGGUF(m.metadata(), m.Name)
		require.NoError(t, err)
		converted, err := LoadJSON(m.JSON, m.Name)
		require.NoError(t, err)
		var defined []string
		for i, typ := range m.Types {
			if pieceType(typ) == TypeUser {
				defined = append(defined, m.Pieces[i])
			}
		}
		texts := pieceTexts(append(slices.Clone(g.Texts), defined...)...)
		t.Run(m.Name, rapid.MakeCheck(func(t *rapid.T) {
			text := texts.Draw(t, "text")
			opt := Options{PlainSpecials: rapid.Bool().Draw(t, "plain"), NoPostProcess: rapid.Bool().Draw(t, "bare")}
			for _, tok := range []Tokenizer{spm, gguf, converted} {
				checkRanges(t, tok, text, opt)
			}
			opt.NoPostProcess = true
			_, a := spm.(OffsetEncoder).EncodeOffsets(nil, nil, text, opt)
			_, b := gguf.(OffsetEncoder).EncodeOffsets(nil, nil, text, opt)
			require.Equal(t, a, b, "%q: the two files of one model", text)
		}))
	}
}

// TestPiecesOffsetsAreTokens: where nothing is rewritten but spaces to marks, the
// range of a token is its text, but for the mark in front of the first.
func TestPiecesOffsetsAreTokens(t *testing.T) {
	words := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"the", "cat", "king", "a", "quick", "brown", "dog", "sat", "e", "s", "1", ".",
		}), 1, 12).Draw(t, "words"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
	})
	check := func(t *testing.T, tok Tokenizer) {
		tokens := 0
		rapid.Check(t, func(t *rapid.T) {
			text := words.Draw(t, "text")
			list, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, text, Options{NoPostProcess: true})
			at := 0
			for i, r := range ranges {
				require.True(t, r.Start == at || r.Start < at && i == 1, "%q: token %d at %v begins before or behind %d", text, i, r, at)
				at = r.End
				part := text[r.Start:r.End]
				if id, ok := tok.ID("<unk>"); ok && id == list[i] {
					continue // stands for anything
				}
				tokens++
				want := string(tok.AppendToken(nil, list[i]))
				if i == 0 {
					want = strings.TrimPrefix(want, " ")
					if want == "" { // the mark alone comes from the first character
						require.Equal(t, Range{0, 1}, r, "%q", text)
						at = 0
						continue
					}
				}
				require.Equal(t, want, part, "%q, token %d", text, i)
			}
			require.Equal(t, len(text), at, "%q: something has no token", text)
		})
		require.Positive(t, tokens)
	}
	for _, m := range readUnigramGolden(t).Models {
		t.Run(m.Name, func(t *testing.T) {
			tok, err := LoadSentencePiece(m.Model, m.Name)
			require.NoError(t, err)
			check(t, tok)
		})
	}
	t.Run("llama2", func(t *testing.T) {
		tok, err := LoadSentencePiece(packed.Read(t, "tokenizers/llama2/tokenizer.model"), "tokenizer.model")
		require.NoError(t, err)
		check(t, tok)
		texts := pieceTexts()
		rapid.Check(t, func(t *rapid.T) {
			checkRanges(t, tok, texts.Draw(t, "text"), Options{PlainSpecials: rapid.Bool().Draw(t, "plain")})
		})
	})
}

// TestUnigramOffsetsOfRuns: an unknown character may be the one that the next token
// begins with. Ranges as the Hugging Face library has them.
func TestUnigramOffsetsOfRuns(t *testing.T) {
	g := readGolden(t)
	k := slices.IndexFunc(g.Tokenizers, func(k goldenTokenizer) bool { return k.Name == "unigram whole" })
	tok, err := LoadJSON(g.file(t, g.Tokenizers[k]), "unigram whole")
	require.NoError(t, err)
	for text, want := range map[string][]string{
		"~zzz's":   {"~", "~z", "zz", "'s"}, // the mark in front comes from the first character
		"a|>zzz٣x": {"a", "a", "|>z", "zz", "٣", "x"},
		"azzz":     {"a", "a", "z", "zz"},
	} {
		var parts []string
		_, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, text, Options{NoPostProcess: true})
		for _, r := range ranges {
			parts = append(parts, text[r.Start:r.End])
		}
		require.Equal(t, want, parts, "%q", text)
	}
}
