package tokenizer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

func TestParityLlama2Model(t *testing.T) {
	tok, err := Open(golden.Path(t, "tokenizers", "llama2"))
	require.NoError(t, err)
	checkLlama(t, tok, "llamacpp.llama-spm.json")
	require.Equal(t, []int32{1, 15043, 3186}, tok.Encode(nil, "Hello world", Options{}))
}

func TestParityLlama3Model(t *testing.T) {
	tok, err := Open(golden.Path(t, "tokenizers", "bitnet-2b4t", "tokenizer.model"))
	require.NoError(t, err)
	checkHF(t, tok, "golden.llama3_1.json")
}
