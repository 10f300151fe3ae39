package vecmath_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
)

func Example() {
	logits := []float32{0, 1, 2}
	p := make([]float32, len(logits))
	vecmath.Softmax(p, logits)
	fmt.Printf("%.4f\n", p)
	vecmath.Tanh(logits, logits) // in place
	fmt.Printf("%.4f\n", logits)
	// Output:
	// [0.0900 0.2447 0.6652]
	// [0.0000 0.7616 0.9640]
}
