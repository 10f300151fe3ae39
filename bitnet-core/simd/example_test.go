package simd_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// A package asks for the level of each variant of a kernel that it has and takes the
// highest; plain Go always runs.
func ExampleHas() {
	if err := simd.Err(); err != nil { // BITNET_SIMD names no level
		fmt.Println(err)
		return
	}
	fmt.Println(simd.Has(simd.Best()), simd.Has(simd.Generic))
	// Output: true true
}
