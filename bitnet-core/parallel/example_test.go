package parallel_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

func ExamplePool_Range() {
	p := parallel.New(2)
	defer p.Close()
	squares := make([]int, 10)
	p.Range(len(squares), 4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			squares[i] = i * i
		}
	})
	fmt.Println(squares)
	// Output: [0 1 4 9 16 25 36 49 64 81]
}
