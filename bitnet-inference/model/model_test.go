package model

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

func good() Config {
	return Config{
		VocabSize: 10, Dim: 8, FFN: 12, Layers: 1, Heads: 4, KVHeads: 2, HeadDim: 2,
		ContextLength: 16, RopeTheta: 1e4, NormEps: 1e-5, Activation: SiLU,
	}
}

func TestValidateConfig(t *testing.T) {
	c := good()
	require.NoError(t, c.Validate())
	require.Equal(t, 8, c.QDim())
	require.Equal(t, 4, c.KVDim())

	// Every fault is reported at once.
	c = Config{Heads: 1 << 20, KVHeads: 3, HeadDim: 5, RopeTheta: math.NaN(), NormEps: math.Inf(1), Activation: "tanh"}
	err := c.Validate()
	require.Error(t, err)
	require.Len(t, strings.Split(err.Error(), "\n"), 11)
	for _, part := range []string{"vocabulary size is 0", "not a multiple of 3 key-value heads", "even number", "wider than", "rope theta is NaN", `activation is "tanh"`} {
		require.ErrorContains(t, err, part)
	}
}

func dense(rows, cols int) nn.Matrix {
	return nn.Matrix{Rows: rows, Cols: cols, Type: dtype.F32, Data: make([]byte, 4*rows*cols)}
}

func linear(rows, cols int) Linear {
	m := dense(rows, cols)
	return Linear{Dense: &m}
}

func TestValidateWeights(t *testing.T) {
	c := good()
	w := Weights{Embed: dense(10, 8), Head: dense(10, 8), OutputNorm: make([]float32, 8), Layers: []Layer{{
		AttnNorm: make([]float32, 8), FFNNorm: make([]float32, 8),
		Q: linear(8, 8), K: linear(4, 8), V: linear(4, 8), O: linear(8, 8),
		Gate: linear(12, 8), Up: linear(12, 8), Down: linear(8, 12),
	}}}
	require.NoError(t, w.Validate(&c))

	c.SubNorms = true
	w.Layers[0].Down = linear(12, 8)
	w.Layers[0].K = Linear{}
	w.Head = dense(9, 8)
	err := w.Validate(&c)
	require.EqualError(t, err, strings.Join([]string{
		"output head is 9×8, want 10×8",
		"layer 0: key projection is 0×0, want 4×8",
		"layer 0: down projection is 12×8, want 8×12",
		"layer 0: attention sub-norm has 0 values, want 8",
		"layer 0: feed-forward sub-norm has 0 values, want 12",
	}, "\n"))
}

func TestCheckIDs(t *testing.T) {
	c := Config{VocabSize: 10}
	require.NoError(t, c.CheckIDs(nil))
	require.NoError(t, c.CheckIDs([]int32{0, 9}))
	require.EqualError(t, c.CheckIDs([]int32{3, 10}), "token id 10 is outside the vocabulary of 10 (0 to 9)")
	require.Error(t, c.CheckIDs([]int32{-1}))
}
