package absmean_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
)

func ExampleQuantize() {
	w := []float32{0.9, -0.1, 0.3, -1.9}
	t := make([]int8, len(w))
	scale := absmean.Quantize(t, w)
	fmt.Printf("%v × %.2f\n", t, scale)
	// Output: [1 0 0 -1] × 0.80
}
