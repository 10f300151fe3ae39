package blas_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// A linear layer: rows of activations x (T, D) times weights (out, D), which are stored
// one row for each output.
func Example() {
	pool := parallel.New(2)
	defer pool.Close()
	w, err := blas.New(pool, memory.Mapped())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()

	x := blas.Dense([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	weights := blas.Dense([]float32{
		1, 0, 0,
		0, 1, 0,
		0, 0, 1,
		1, 1, 1,
	}, 4, 3)
	y := make([]float32, 2*4)
	w.Gemm(blas.Dense(y, 2, 4), 1, x, weights.T(), 0)
	fmt.Println(y[:4])
	fmt.Println(y[4:])
	// Output:
	// [1 2 3 6]
	// [4 5 6 15]
}
