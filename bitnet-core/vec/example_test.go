package vec_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

func Example() {
	x := []float32{3, 1, 2, 6}
	y := make([]float32, len(x))
	vec.SubScalar(y, x, float32(vec.Sum(x)/float64(len(x))))
	vec.Axpy(x, 10, y) // x += 10·y
	fmt.Println(y, x, vec.ArgMax(x), vec.SumSquares(y))
	// Output: [0 -2 -1 3] [3 -19 -8 36] 3 14
}

// A sum that is divided gives the same bits.
func ExamplePairwise() {
	x := make([]float32, 5000)
	for i := range x {
		x[i] = 1 / float32(i+1)
	}
	var p vec.Pairwise
	for lo := 0; lo < len(x); lo += vec.Block {
		p.Add(vec.Sum(x[lo:min(lo+vec.Block, len(x))]))
	}
	fmt.Println(p.Total() == vec.Sum(x))
	// Output: true
}
