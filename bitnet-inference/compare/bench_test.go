package compare

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// BenchmarkCodes compares the layouts of a directory and of a GGUF file, in the shape of
// a feed-forward matrix of a model of 2 billion weights. A byte is a weight.
func BenchmarkCodes(b *testing.B) {
	const rows, cols = 6912, 2560
	codes := make([]int8, rows*cols)
	for i := range codes {
		codes[i] = int8(i*7919%3) - 1
	}
	of := func(l qtensor.Layout) matrix {
		data, err := qtensor.Pack(l, codes, rows, cols, 1)
		require.NoError(b, err)
		m, err := qtensor.Parse(l, data, rows, cols)
		require.NoError(b, err)
		m.Scale = []float32{1}
		return matrix{shape: []int{rows, cols}, ternary: m}
	}
	p := pair{"ffn_gate", of(qtensor.HF), of(qtensor.I2S)}
	w := newWorkers(b.Context(), 0, nil)
	b.SetBytes(rows * cols)
	for b.Loop() {
		t, err := w.compare(&p)
		require.NoError(b, err)
		require.True(b, (&t).Same())
	}
}
