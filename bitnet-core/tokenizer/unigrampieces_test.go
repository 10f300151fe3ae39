package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unigramGolden is what scripts/unigram_golden.py writes: models, and what
// SentencePiece and the Hugging Face library do with them.
type unigramGolden struct {
	Texts  []string
	Long   []unigramLong
	Models []unigramModelGolden
}

type unigramModelGolden struct {
	Name             string
	Model            []byte // a .model file
	JSON             json.RawMessage
	Pieces           []string
	Types            []int32
	Scores           []float32
	Charsmap         []byte
	Prefix, Collapse bool
	IDs              [][]int32   // of Texts by SentencePiece
	HF               [][]int32   // of Texts by the Hugging Face library
	Long             [][2]uint32 // of Long by SentencePiece: how many ids, and the CRC-32 of them
	Cases            [][]int32   // of the parity cases by SentencePiece
	Decoded          []unigramDecoded
}

type unigramDecoded struct {
	ids  []int32
	text string
}

func (d *unigramDecoded) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&d.ids, &d.text})
}

// unigramLong is a text of two units, each repeated.
type unigramLong string

func (l *unigramLong) UnmarshalJSON(data []byte) error {
	var units [2]string
	var counts [2]int
	err := json.Unmarshal(data, &[]any{&units[0], &counts[0], &units[1], &counts[1]})
	*l = unigramLong(strings.Repeat(units[0], counts[0]) + strings.Repeat(units[1], counts[1]))
	return err
}

func readUnigramGolden(t testing.TB) unigramGolden {
	t.Helper()
	data, err := os.ReadFile("testdata/unigram.json")
	require.NoError(t, err)
	var g unigramGolden
	require.NoError(t, json.Unmarshal(data, &g))
	require.NotEmpty(t, g.Models)
	return g
}

// metadata is what a GGUF file made of the model says.
func (m *unigramModelGolden) metadata() mapMetadata {
	return mapMetadata{
		"tokenizer.ggml.model": "t5", "tokenizer.ggml.tokens": m.Pieces, "tokenizer.ggml.token_type": m.Types,
		"tokenizer.ggml.scores": m.Scores, "tokenizer.ggml.precompiled_charsmap": m.Charsmap,
		"tokenizer.ggml.add_space_prefix": m.Prefix, "tokenizer.ggml.remove_extra_whitespaces": m.Collapse,
		"tokenizer.ggml.unknown_token_id": uint64(slices.Index(m.Types, int32(TypeUnknown))),
	}
}

func TestUnigramPieces(t *testing.T) {
	plain := Options{NoPostProcess: true, PlainSpecials: true}
	g := readUnigramGolden(t)
	for _, m := range g.Models {
		t.Run(m.Name, func(t *testing.T) {
			spm, err := LoadSentencePiece(m.Model, m.Name)
			require.NoError(t, err)
			gguf, err := LoadGGUF(m.metadata(), m.Name)
			require.NoError(t, err)
			converted, err := LoadJSON(m.JSON, m.Name)
			require.NoError(t, err)
			require.Equal(t, len(m.Pieces), spm.VocabSize())
			alike := 0
			for i, text := range g.Texts {
				require.Equal(t, ids(m.IDs[i]), ids(spm.Encode(nil, text, plain)), "%q", text)
				require.Equal(t, ids(m.IDs[i]), ids(gguf.Encode(nil, text, plain)), "%q", text)
				require.Equal(t, ids(m.HF[i]), ids(converted.Encode(nil, text, plain)), "%q", text)
				checkStream(t, spm, m.IDs[i])
				if slices.Equal(m.IDs[i], m.HF[i]) {
					alike++
				}
			}
			require.Greater(t, alike, len(g.Texts)/2, "the three files differ more than the libraries do by design")
			for i, text := range g.Long {
				var packed []byte
				list := spm.Encode(nil, string(text), plain)
				for _, id := range list {
					packed = binary.LittleEndian.AppendUint32(packed, uint32(id))
				}
				got := [2]uint32{uint32(len(list)), crc32.ChecksumIEEE(packed)}
				require.Equal(t, m.Long[i], got, "%.20q…", text)
			}
			for _, d := range m.Decoded {
				require.Equal(t, d.text, spm.Decode(d.ids, true), "%v", d.ids)
			}
			require.Equal(t, spm.Encode(nil, "the", plain), spm.Encode(nil, "the", Options{}), "nothing is added")
		})
	}
}

func TestUnigramPiecesParity(t *testing.T) {
	var cases []parityCase
	sharedJSON(t, "tokenizers/parity/cases.json", &cases)
	for _, m := range readUnigramGolden(t).Models {
		spm, err := LoadSentencePiece(m.Model, m.Name)
		require.NoError(t, err)
		gguf, err := LoadGGUF(m.metadata(), m.Name)
		require.NoError(t, err)
		require.Len(t, m.Cases, len(cases))
		for i, c := range cases {
			for _, tok := range []Tokenizer{spm, gguf} {
				got := tok.Encode(nil, c.Text, Options{NoPostProcess: true, PlainSpecials: true})
				require.Equal(t, ids(m.Cases[i]), ids(got), "%s, case %d %q", m.Name, i, c.Text)
			}
		}
	}
}

func TestUnigramPiecesSpecials(t *testing.T) {
	tok, err := LoadSentencePiece(spmFile(nil, nil), "small.model")
	require.NoError(t, err)
	require.Equal(t, []int32{7, 2, 7, 8, 5}, tok.Encode(nil, "a</s>a[U]b", Options{}))
	require.Equal(t, "a</s> a[U]b", tok.Decode([]int32{7, 2, 7, 8, 5}, false))
	require.Equal(t, []int32{0, 7, 0}, tok.Encode(nil, "<unk>a\xff\xff", Options{}), "unknowns fuse")
	require.Equal(t, []int32{3, 0}, tok.Encode(nil, "<s>", Options{PlainSpecials: true}))
	require.Empty(t, tok.Encode(nil, "  ", Options{}))

	md := readUnigramGolden(t).Models[0].metadata()
	load := func(key string, value any) (Tokenizer, error) {
		changed := maps.Clone(md)
		changed[GGUFPrefix+key] = value
		return LoadGGUF(changed, "t5.gguf")
	}
	last := func(key string, value any) int32 {
		tok, err := load(key, value)
		require.NoError(t, err)
		list := tok.Encode(nil, "the", Options{})
		return list[len(list)-1]
	}
	require.EqualValues(t, 1, last("none", nil), "EOS unless the file says otherwise")
	require.EqualValues(t, 2, last("eos_token_id", uint64(2)))
	require.NotEqualValues(t, 1, last("add_eos_token", false))
	for key, value := range map[string]any{
		"treat_whitespace_as_suffix": true, "escape_whitespaces": false, "scores": []float32{1},
		"precompiled_charsmap": []byte("123"), "eos_token_id": uint64(1 << 20),
	} {
		_, err := load(key, value)
		require.ErrorContains(t, err, "tokenizer: t5.gguf: ", key)
	}
}

// TestUnigramPiecesLongInput would not end in time if anything were quadratic.
func TestUnigramPiecesLongInput(t *testing.T) {
	for _, m := range readUnigramGolden(t).Models {
		tok, err := LoadSentencePiece(m.Model, m.Name)
		require.NoError(t, err)
		for _, unit := range []string{"the ", " ", "日", "<user", "e\u0301"} {
			text := strings.Repeat(unit, 1<<17/len(unit))
			tok.Decode(tok.Encode(nil, text, Options{}), false)
		}
	}
}
