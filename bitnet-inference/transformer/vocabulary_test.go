package transformer

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// TestVocabularyTypes writes a model with its embedding, and with a head of its own that
// is not the embedding, in every type that files have there. Rounding them is the
// file's affair: both paths have to give the same logits, and the reference path
// those of the rounded numbers as float32.
func TestVocabularyTypes(t *testing.T) {
	ids := []int32{1, 5, 300, 7}
	path := filepath.Join(t.TempDir(), "model.gguf")
	for _, untied := range []bool{false, true} {
		for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16, dtype.Q8_0, dtype.Q6_K, dtype.Q4_0} {
			t.Run(fmt.Sprintf("%v/untied=%v", d, untied), func(t *testing.T) {
				writeVocabulary(t, path, d, d, untied)
				m := loadCache(t, path, 2, dtype.F32)
				require.Equal(t, d, m.fast.Head().Type)
				fast, slow := start(t, m.fast).forward(ids...), forwardSlow(t, m.slow, ids)

				as := filepath.Join(t.TempDir(), "float32.gguf")
				writeVocabulary(t, as, d, dtype.F32, untied)
				floats := forwardSlow(t, loadCache(t, as, 1, dtype.F32).slow, ids)
				for i := range ids {
					_, largest := compare(slow[i], floats[i])
					require.Zero(t, largest, "token %d", i)
					_, largest = compare(fast[i], slow[i])
					require.LessOrEqual(t, largest, 1e-5, "token %d", i)
				}
			})
		}
	}
}

// writeVocabulary copies a tied model with the embedding rounded to one type and stored as
// another, and with a head of the same rows in the opposite order if it is to be untied.
func writeVocabulary(t *testing.T, path string, rounding, as dtype.DType, untied bool) {
	f, err := gguf.Open(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var all []gguf.TensorData
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		data := gguf.TensorData{Name: info.Name, Shape: info.Shape, Type: info.Type, Data: x.Bytes()}
		if info.Name == "token_embd.weight" {
			embed := nn.Matrix{Rows: info.Shape[0], Cols: info.Shape[1], Type: info.Type, Data: data.Data}
			embed = rounded(t, &embed, rounding)
			if as != rounding { // blocks may not be what they are rounded to again
				embed = rounded(t, &embed, as)
			}
			data.Type, data.Data = as, embed.Data
			if untied {
				head := gguf.TensorData{Name: "output.weight", Shape: info.Shape, Type: as}
				for r := embed.Rows - 1; r >= 0; r-- {
					row := len(embed.Data) / embed.Rows
					head.Data = append(head.Data, embed.Data[r*row:(r+1)*row]...)
				}
				all = append(all, head)
			}
		}
		all = append(all, data)
	}
	require.NoError(t, gguf.WriteFile(path, f.Metadata(), all))
}
