package transformer

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
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

// TestBlockProjections gives one projection of each input the types that llama.cpp falls
// back to where rows do not suit ternary ones: they run dense, beside ternary ones.
func TestBlockProjections(t *testing.T) {
	ids := []int32{1, 5, 300, 7}
	projections := []string{"blk.0.attn_k.weight", "blk.0.attn_output.weight", "blk.1.ffn_gate.weight", "blk.1.ffn_down.weight"}
	path := filepath.Join(t.TempDir(), "model.gguf")
	for _, d := range []dtype.DType{dtype.Q8_0, dtype.Q6_K, dtype.Q4_0} {
		ck, w := tinyWeights(t)
		layers := w.Layers[:2]
		ternary := map[string]*qtensor.Tensor{
			projections[0]: layers[0].K.Ternary, projections[1]: layers[0].O.Ternary,
			projections[2]: layers[1].Gate.Ternary, projections[3]: layers[1].Down.Ternary,
		}
		rewrite(t, path, func(x gguf.TensorData) []gguf.TensorData {
			if q := ternary[x.Name]; q != nil {
				m := dequantized(q)
				m = rounded(t, &m, d)
				x.Type, x.Data = d, m.Data
			}
			return []gguf.TensorData{x}
		})
		m := loadCache(t, path, 2, dtype.F32)
		fast, slow := start(t, m.fast).forward(ids...), forwardSlow(t, m.slow, ids)
		was := forwardSlow(t, reference.New(ck.Config, w), ids)
		for i := range ids {
			_, largest := compare(fast[i], slow[i])
			require.LessOrEqual(t, largest, 1e-5, "%v token %d", d, i)
			meanError, _ := compare(slow[i], was[i])
			require.LessOrEqual(t, meanError, 0.15, "%v token %d", d, i)
		}
	}
}

// dequantized returns a ternary matrix as float32.
func dequantized(q *qtensor.Tensor) nn.Matrix {
	m := nn.Matrix{Rows: q.Rows, Cols: q.Cols, Type: dtype.F32}
	codes := make([]int8, q.Cols)
	for r := range q.Rows {
		q.Codes(codes, r)
		for _, c := range codes {
			m.Data = binary.LittleEndian.AppendUint32(m.Data, math.Float32bits(float32(c)*q.Scale[min(r, len(q.Scale)-1)]))
		}
	}
	return m
}

// writeVocabulary copies a tied model with the embedding rounded to one type and stored as
// another, and with a head of the same rows in the opposite order if it is to be untied.
func writeVocabulary(t *testing.T, path string, rounding, as dtype.DType, untied bool) {
	rewrite(t, path, func(x gguf.TensorData) []gguf.TensorData {
		if x.Name != "token_embd.weight" {
			return []gguf.TensorData{x}
		}
		embed := nn.Matrix{Rows: x.Shape[0], Cols: x.Shape[1], Type: x.Type, Data: x.Data}
		embed = rounded(t, &embed, rounding)
		if as != rounding { // blocks may not be what they are rounded to again
			embed = rounded(t, &embed, as)
		}
		x.Type, x.Data = as, embed.Data
		if !untied {
			return []gguf.TensorData{x}
		}
		head := gguf.TensorData{Name: "output.weight", Shape: x.Shape, Type: as}
		row := len(embed.Data) / embed.Rows
		for r := embed.Rows - 1; r >= 0; r-- {
			head.Data = append(head.Data, embed.Data[r*row:(r+1)*row]...)
		}
		return []gguf.TensorData{x, head}
	})
}

// rewrite copies a committed model with other tensors.
func rewrite(t *testing.T, path string, change func(x gguf.TensorData) []gguf.TensorData) {
	kv, tensors := contents.GGUF(t, golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	var all []gguf.TensorData
	for _, x := range tensors {
		all = append(all, change(x)...)
	}
	require.NoError(t, gguf.WriteFile(path, kv, all))
}
