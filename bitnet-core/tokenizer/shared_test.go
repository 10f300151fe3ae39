package tokenizer

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

func sharedJSON(t testing.TB, name string, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(packed.Read(t, name), v), name)
}

type parityCase struct{ Text string }

type hfGolden struct {
	IDs     []int32 `json:"ids"`
	Special []int32 `json:"ids_special"`
	Decode  string  `json:"decode"`
}

// ids makes nil and empty equal, which they are to a caller.
func ids(list []int32) []int32 {
	if list == nil {
		return []int32{}
	}
	return list
}

// checkHF compares with what the Hugging Face library does.
func checkHF(t *testing.T, tok Tokenizer, name string) {
	t.Helper()
	var cases []parityCase
	var want []hfGolden
	sharedJSON(t, "tokenizers/parity/cases.json", &cases)
	sharedJSON(t, "tokenizers/parity/"+name, &want)
	require.Len(t, want, len(cases))
	require.Len(t, want, 494)
	for i, c := range cases {
		require.Equal(t, ids(want[i].IDs), ids(tok.Encode(nil, c.Text, Options{NoPostProcess: true})), "case %d %q", i, c.Text)
		require.Equal(t, ids(want[i].Special), ids(tok.Encode(nil, c.Text, Options{})), "case %d %q", i, c.Text)
		require.Equal(t, want[i].Decode, tok.Decode(want[i].IDs, false), "case %d %q", i, c.Text)
		checkStream(t, tok, want[i].IDs)
	}
}

// checkStream decodes piecewise and compares with Decode.
func checkStream(t *testing.T, tok Tokenizer, list []int32) {
	t.Helper()
	s := NewStream(tok, false)
	text := ""
	for _, id := range list {
		part := s.Next(id)
		text += part
	}
	require.Equal(t, tok.Decode(list, false), text+s.Flush())
}
