package tensor_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// must keeps the examples short; programs handle the error.
func must(t *tensor.Tensor, err error) *tensor.Tensor {
	if err != nil {
		panic(err)
	}
	return t
}

// A matrix outside the Go heap, centred and scaled by column.
func Example() {
	a := memory.Mapped()
	x := must(tensor.From(a, []float32{1, 10, 2, 20, 3, 60}, 3, 2))
	defer x.Release()
	mean := must(tensor.New(a, dtype.F32, 1, 2)) // a dimension of 1 is kept, to broadcast
	defer mean.Release()
	deviation := must(tensor.New(a, dtype.F32, 1, 2))
	defer deviation.Release()

	tensor.Mean(mean, x, 0)
	tensor.Var(deviation, x, 0, 0)
	tensor.Sqrt(deviation, deviation) // in place
	tensor.Sub(x, x, mean)
	tensor.Div(x, x, deviation)
	fmt.Println(tensor.Sprint(mean))
	fmt.Println(tensor.Sprint(x))
	// Output:
	// [[ 2. 30.]]
	// [[-1.2247448  -0.9258201 ]
	//  [ 0.         -0.46291006]
	//  [ 1.2247448   1.3887302 ]]
}

// Views share memory: writing to the diagonal blocks writes to the matrix.
func ExampleTensor_Reshape() {
	x := must(tensor.New(memory.Heap(), dtype.I8, 4, 4))
	blocks := x.Reshape(2, 2, 2, 2).Permute(0, 2, 1, 3) // block row, block column, row, column
	for i := range 2 {
		tensor.Fill(blocks.Select(0, i).Select(0, i), float64(i+1))
	}
	fmt.Println(tensor.Sprint(x))
	// Output:
	// [[1 1 0 0]
	//  [1 1 0 0]
	//  [0 0 2 2]
	//  [0 0 2 2]]
}

// The rows of an embedding table for some token ids, which come from outside: an id
// that the table does not have is an error.
func ExampleTake() {
	table := must(tensor.New(memory.Heap(), dtype.F32, 5, 3))
	tensor.Arange(table, 0, 1)
	ids := must(tensor.From(memory.Heap(), []int32{4, 0}, 2))
	rows := must(tensor.New(memory.Heap(), dtype.F32, 2, 3))
	fmt.Println(tensor.Take(rows, table, 0, ids))
	fmt.Println(tensor.Sprint(rows))
	ids.Set(7, 1)
	fmt.Println(tensor.Take(rows, table, 0, ids))
	// Output:
	// <nil>
	// [[12. 13. 14.]
	//  [ 0.  1.  2.]]
	// tensor: Take: index 7 at [1] is not in 0 to 4
}

// Negative numbers are replaced where a condition holds.
func ExampleWhere() {
	x := must(tensor.From(memory.Heap(), []float32{-1, 2, -3}, 3))
	negative := must(tensor.New(memory.Heap(), dtype.Bool, 3))
	zero := tensor.Scalar(dtype.F32, 0)
	tensor.Less(negative, x, zero)
	tensor.Where(x, negative, zero, x)
	fmt.Println(tensor.Sprint(negative), tensor.Sprint(x))
	// Output: [ True False  True] [0. 2. 0.]
}

// The same seed gives the same numbers everywhere.
func ExampleUniform() {
	x := must(tensor.New(memory.Heap(), dtype.F32, 2, 2))
	tensor.Uniform(x, rand.New(rand.NewPCG(1, 0)), -1, 1)
	tensor.Softmax(x, x, 1)
	sums := must(tensor.New(memory.Heap(), dtype.F32, 2))
	tensor.Sum(sums, x, 1)
	fmt.Println(tensor.Sprint(sums))
	// Output: [1. 1.]
}

// The outputs of a linear layer, whose weights are (out, in), for a batch of two.
func ExampleMatMul() {
	w, err := blas.New(nil, memory.Heap())
	if err != nil {
		panic(err)
	}
	defer w.Close()
	x := must(tensor.From(memory.Heap(), []float32{1, 2, 3, 4}, 2, 1, 2))
	weights := must(tensor.From(memory.Heap(), []float32{1, 0, 0, 1, 1, 1}, 3, 2))
	y := must(tensor.New(memory.Heap(), dtype.F32, 2, 1, 3))
	tensor.MatMul(w, y, x, weights.Transpose(0, 1))
	fmt.Println(tensor.Sprint(y))
	// Output:
	// [[[1. 2. 3.]]
	//
	//  [[3. 4. 7.]]]
}
