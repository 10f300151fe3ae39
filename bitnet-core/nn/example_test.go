package nn_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// A layer of two rows of float16 weights on a normalized token.
func Example() {
	weights := make([]byte, 2*2*4)
	nn.Float16s(weights, []float32{
		1, 1, 1, 1,
		1, -1, 1, -1,
	})
	m := nn.Matrix{Rows: 2, Cols: 4, Type: dtype.F16, Data: weights}

	x := []float32{3, 1, 3, 1}
	nn.RMSNorm(x, x, []float32{1, 1, 1, 1}, 0)
	y := make([]float32, m.Rows)
	m.Mul(y, m.Rows, x, 0, m.Rows)
	fmt.Printf("%.3f\n%.3f\n", x, y)
	// Output:
	// [1.342 0.447 1.342 0.447]
	// [3.578 1.789]
}
