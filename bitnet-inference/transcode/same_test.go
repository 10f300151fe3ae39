package transcode

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// opened opens a model for the length of a test.
func opened(t *testing.T, path string) *checkpoint.Checkpoint {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ck.Close()) })
	return ck
}

// requireSameTensors compares the tensors of two models byte by byte, those of GGUF files in
// their order.
func requireSameTensors(t *testing.T, want, got string) {
	t.Helper()
	a, b := opened(t, want), opened(t, got)
	if a.IsGGUF() && b.IsGGUF() {
		require.Equal(t, a.Tensors(), b.Tensors())
	}
	requireSame(t, a, b, func(name string, x, y *tensor.Tensor) {
		if !slices.Equal(x.Bytes(), y.Bytes()) {
			require.Equal(t, x.Bytes(), y.Bytes(), name)
		}
	})
}

// requireSameNumbers compares the tensors of two models by value: 0 is -0.
func requireSameNumbers(t *testing.T, want, got string) {
	t.Helper()
	requireSame(t, opened(t, want), opened(t, got), func(name string, x, y *tensor.Tensor) {
		v, w := make([]float32, x.Len()), make([]float32, y.Len())
		require.NoError(t, dtype.Float32s(v, x.Bytes(), x.DType()))
		require.NoError(t, dtype.Float32s(w, y.Bytes(), y.DType()))
		for i := range v {
			if v[i] != w[i] {
				require.Equal(t, v[i], w[i], "%s, weight %d", name, i)
			}
		}
	})
}

// requireSame compares the tensors of two models: names, types, shapes and what equal does.
func requireSame(t *testing.T, a, b *checkpoint.Checkpoint, equal func(name string, x, y *tensor.Tensor)) {
	t.Helper()
	require.ElementsMatch(t, a.Tensors(), b.Tensors())
	for _, info := range a.Tensors() {
		x, err := a.Tensor(info.Name)
		require.NoError(t, err)
		y, err := b.Tensor(info.Name)
		require.NoError(t, err)
		equal(info.Name, x, y)
	}
}

// requireSameModel compares what two files mean: graph, codes and scales.
func requireSameModel(t *testing.T, want, got string) {
	t.Helper()
	a, b := opened(t, want), opened(t, got)
	c := a.Config
	c.Architecture, c.RopeAdjacent = b.Config.Architecture, b.Config.RopeAdjacent
	require.Equal(t, c, b.Config)
	require.Equal(t, a.Generation.EOS, b.Generation.EOS)
	require.Equal(t, a.Generation.Sampling, b.Generation.Sampling)
	v, err := a.Weights()
	require.NoError(t, err)
	w, err := b.Weights()
	require.NoError(t, err)
	require.Equal(t, v.OutputNorm, w.OutputNorm)
	same := func(name string, x, y *qtensor.Tensor) {
		require.NotNil(t, y, name)
		require.Equal(t, x.Scale, y.Scale, name)
		row, other := make([]int8, x.Cols), make([]int8, x.Cols)
		for r := range x.Rows {
			x.Codes(row, r)
			y.Codes(other, r)
			require.Equal(t, row, other, name)
		}
	}
	for i := range v.Layers {
		x, y := &v.Layers[i], &w.Layers[i]
		require.Equal(t, x.FFNSubNorm, y.FFNSubNorm)
		if !b.Config.RopeAdjacent {
			same("q", x.Q.Ternary, y.Q.Ternary)
			same("k", x.K.Ternary, y.K.Ternary)
		}
		same("v", x.V.Ternary, y.V.Ternary)
		same("o", x.O.Ternary, y.O.Ternary)
		same("gate", x.Gate.Ternary, y.Gate.Ternary)
		same("up", x.Up.Ternary, y.Up.Ternary)
		same("down", x.Down.Ternary, y.Down.Ternary)
	}
}

// lastLogits computes what the reference path says after a few tokens.
func lastLogits(t *testing.T, path string) []float64 {
	t.Helper()
	ck := opened(t, path)
	w, err := ck.Weights()
	require.NoError(t, err)
	all, err := reference.New(ck.Config, w).NewSequence().Forward(context.Background(), []int32{5, 50, 17, 3, 9, 22, 61, 80, 2, 44})
	require.NoError(t, err)
	return all[len(all)-1]
}
