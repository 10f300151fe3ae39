package exchange

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// requireExchanged wants entries to be a tokenizer that encodes text as another does, where
// that is made sure of by more than comparing.
func requireExchanged(t *testing.T, want tokenizer.Tokenizer, kv []gguf.KV, notes []string, text string) {
	t.Helper()
	got, err := tokenizer.LoadGGUF(entries(kv), "made")
	require.NoError(t, err)
	c := comparison{want: want, got: got}
	require.NoError(t, c.tokens())
	if model, _ := entries(kv).String(prefix + "model"); model != "gpt2" && len(notes) == 0 {
		require.NoError(t, c.same(text, tokenizer.Options{}))
	}
}

// FuzzJSON: whatever a tokenizer.json holds, it becomes entries that can be read or an error.
func FuzzJSON(f *testing.F) {
	e := small(map[string]any{"add_eos_token": true}, "<mask>")
	data, err := ToJSON(&e, "small")
	require.NoError(f, err)
	f.Add(data, "the<mask> thing")
	for _, name := range []string{"gpt2 style", "t5", "gemma", "llama2 style", "mistral style", "unigram some bytes", "affixes", "bert"} {
		f.Add(goldens(f)[name], "the lamp")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		want, err := tokenizer.LoadJSON(data, "fuzz")
		if err != nil || want.VocabSize() > 1<<12 {
			return
		}
		kv, notes, err := jsonToGGUF(data, "fuzz", want.VocabSize())
		if err == nil {
			requireExchanged(t, want, kv, notes, text)
		}
	})
}

// FuzzPieces is FuzzJSON for SentencePiece models.
func FuzzPieces(f *testing.F) {
	for _, data := range unigrams(f) {
		f.Add(data, "the <user> lamp")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		want, err := tokenizer.LoadSentencePiece(data, "fuzz")
		if err != nil || want.VocabSize() > 1<<12 {
			return
		}
		kv, notes, err := piecesToGGUF(data, want, "fuzz", want.VocabSize())
		if err == nil {
			requireExchanged(t, want, kv, notes, text)
		}
	})
}

// FuzzMetadata: whatever a GGUF file says, it becomes a tokenizer.json or an error.
func FuzzMetadata(f *testing.F) {
	e := small(nil, "<mask>")
	tokens, _ := e.Strings(prefix + "tokens")
	types, _ := e.Int32s(prefix + "token_type")
	scores, _ := e.Float32s(prefix + "scores")
	var kinds, raw []byte
	for i := range types {
		kinds = append(kinds, byte(types[i]))
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(scores[i]))
	}
	for flags := range byte(16) {
		f.Add(strings.Join(tokens, "\x00"), kinds, raw, "t h\x00h e", flags, flags)
	}
	f.Fuzz(func(t *testing.T, tokens string, kinds, raw []byte, merges string, flags, unk uint8) {
		var e entries
		e.put("model", []string{"llama", "t5", "gpt2"}[flags%3])
		list := strings.Split(tokens, "\x00")
		if len(list) > 1<<12 {
			return
		}
		types, scores := make([]int32, len(list)), make([]float32, len(list))
		for i := range list {
			types[i] = 1
			if i < len(kinds) {
				types[i] = int32(kinds[i])
			}
			if 4*i+4 <= len(raw) {
				scores[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		}
		e.put("tokens", list)
		e.put("token_type", types)
		e.put("scores", scores)
		e.put("merges", strings.Split(merges, "\x00"))
		e.put("unknown_token_id", uint32(unk))
		for i, key := range []string{"add_bos_token", "add_eos_token", "add_space_prefix", "remove_extra_whitespaces"} {
			e.put(key, flags>>(4+i)&1 == 1)
		}
		e.put("bos_token_id", uint32(unk)/2)
		e.put("eos_token_id", uint32(unk)/3)
		want, err := tokenizer.LoadGGUF(&e, "fuzz")
		if err != nil {
			return
		}
		data, err := ToJSON(&e, "fuzz")
		if err != nil {
			return
		}
		got, err := tokenizer.LoadJSON(data, "made")
		require.NoError(t, err)
		c := comparison{want: want, got: got}
		require.NoError(t, c.tokens())
	})
}
