package bitlinear

import (
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/golden"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
	"github.com/stretchr/testify/require"
)

// TestGoldenI2S multiplies the golden matrices of bitnet.cpp, whose activation
// quantization is the same, from file bytes to results. That engine computes
// sum/s·scale; the roundings differ from ours in the last place.
func TestGoldenI2S(t *testing.T) {
	const rows, cols, tokens = 8, 512, 4
	x := golden.Float32s(t, "ternary/quant/X_act_4x512.f32")
	var q int8act.Rows
	q.Resize(tokens, cols)
	for tok := range tokens {
		q.QuantizeRow(tok, x[tok*cols:(tok+1)*cols])
	}
	for _, name := range []string{"A_ternary", "B_rowscale"} {
		tensor, err := qtensor.Parse(qtensor.I2S, golden.Bytes(t, "ternary/quant/"+name+"_8x512.i2_s.bin"), rows, cols)
		require.NoError(t, err)
		l := Linear{W: []ternary.Matrix{ternary.New(rows, cols)}, Scale: tensor.Scale}
		tensor.PackInto(&l.W[0], 0, 0, rows)
		y := make([]float32, tokens*rows)
		l.Forward(y, rows, &q, 0, rows)
		want := golden.Float32s(t, "ternary/matmul/"+name+"__X.i2_s.y.f32")
		for i := range want {
			if want[i] == 0 {
				require.Zero(t, y[i], "%s %d", name, i)
				continue
			}
			require.InEpsilon(t, want[i], y[i], 0x1p-22, "%s token %d row %d", name, i/rows, i%rows)
		}
	}
}
