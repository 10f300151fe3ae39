package checkpoint

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// projections lists the matrices that may be ternary.
func projections(w *model.Weights) []*model.Linear {
	var all []*model.Linear
	for i := range w.Layers {
		l := &w.Layers[i]
		all = append(all, &l.Q, &l.K, &l.V, &l.O, &l.Gate, &l.Up, &l.Down)
	}
	return all
}

func codesOf(q *qtensor.Tensor) []int8 {
	codes := make([]int8, q.Rows*q.Cols)
	q.Decode(codes, 0, q.Rows)
	return codes
}

// TestTernaryTypes stores a model in every ternary type of GGUF: codes and logits are the
// same. Its rows are too short for TQ1_0 and TQ2_0, which other tests read.
func TestTernaryTypes(t *testing.T) {
	hf, err := Open(committedDir(t, "qwen3-bitnet"))
	require.NoError(t, err)
	defer func() { require.NoError(t, hf.Close()) }()
	first, err := hf.Weights()
	require.NoError(t, err)
	for _, l := range projections(first) {
		require.NotNil(t, l.Ternary)
		l.Ternary.Scale = []float32{0.03125} // one that a float16 holds
	}
	var want []float64
	for _, d := range []dtype.DType{dtype.I2_S, dtype.Q2_0, dtype.IQ1_BN, dtype.IQ2_BN, dtype.IQ2_BN_R4} {
		layout, ok := qtensor.LayoutOf(d)
		require.True(t, ok)
		kv, tensors := asGGUF(t, &hf.Config, first, "qwen3")
		stored := 0
		for i := range tensors {
			x := &tensors[i]
			if x.Type != dtype.I2_S {
				continue
			}
			rows, cols := x.Shape[0], x.Shape[1]
			if _, err := layout.Size(rows, cols); err != nil {
				continue // rows of too few weights for this type
			}
			q, err := qtensor.Parse(qtensor.I2S, x.Data, rows, cols)
			require.NoError(t, err)
			x.Data, err = qtensor.Pack(layout, codesOf(q), rows, cols, q.Scale...)
			require.NoError(t, err)
			x.Type = d
			stored++
		}
		require.Positive(t, stored, d.String())
		path := filepath.Join(t.TempDir(), "model.gguf")
		require.NoError(t, gguf.WriteFile(path, kv, tensors))
		ck, err := Open(path)
		require.NoError(t, err, d.String())
		w, err := ck.Weights()
		require.NoError(t, err, d.String())
		for i, l := range projections(w) {
			was := projections(first)[i].Ternary
			require.Equal(t, codesOf(was), codesOf(l.Ternary), d.String())
			for _, s := range l.Ternary.Scale {
				require.Equal(t, was.Scale[0], s, d.String())
			}
		}
		all, err := reference.New(ck.Config, w).NewSequence().Forward(context.Background(), []int32{5, 9, 2})
		require.NoError(t, err)
		if want == nil {
			want = all[2]
		}
		require.Equal(t, want, all[2], d.String())
		require.NoError(t, ck.Close())
	}
}

// TestRoundMaster: rounding a matrix in pieces gives what rounding it whole does.
func TestRoundMaster(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {4, 7}, {6, 130}, {1030, 300}, {5, 70000}} {
		w := make([]float32, shape[0]*shape[1])
		for i := range w {
			w[i] = float32((i*7919)%1001-500) / 4096
		}
		data := make([]byte, 4*len(w))
		m := nn.Matrix{Rows: shape[0], Cols: shape[1], Type: dtype.F32, Data: data}
		for r := range m.Rows {
			require.NoError(t, m.SetRow(r, w[r*m.Cols:(r+1)*m.Cols]))
		}
		codes := make([]int8, len(w))
		scale := absmean.Quantize(codes, w)
		q, err := roundMaster(&m)
		require.NoError(t, err)
		require.Equal(t, codes, codesOf(q))
		require.InEpsilon(t, scale, q.Scale[0], 1e-6)
	}
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		m := nn.Matrix{Rows: 1, Cols: 3, Type: dtype.F32, Data: convert.Bytes([]float32{1, v, 2})}
		_, err := roundMaster(&m)
		require.ErrorContains(t, err, "weights that are not finite")
	}
}
