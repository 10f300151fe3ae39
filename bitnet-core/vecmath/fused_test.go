package vecmath

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFMA has sums that end in the middle between two float32 once they are rounded to
// float64.
func TestFMA(t *testing.T) {
	const a, b = 24929, 673 // their product is 2²⁴ + 1
	for _, c := range []struct{ a, b, c, want float32 }{
		{a, b, 0, 1 << 24},
		{a, b, 0x1p-40, 1<<24 + 2},
		{a, b, -0x1p-40, 1 << 24},
		{-a, b, -0x1p-40, -1<<24 - 2},
		{-a, b, 0x1p-40, -1 << 24},
		{a, b, 2, 1<<24 + 4}, // a tie, to even
		{2, 3, 4, 10},
	} {
		require.Equal(t, c.want, fma(c.a, c.b, c.c), "%v·%v + %v", c.a, c.b, c.c)
		require.Equal(t, c.want, fnma(-c.a, c.b, c.c), "%v·%v + %v", c.a, c.b, c.c)
	}
}

// TestScale covers powers of two that are no normal numbers.
func TestScale(t *testing.T) {
	for k := -252; k <= 254; k++ {
		require.Equal(t, float32(math.Ldexp(1.25, k)), scale(1.25, float32(k)), "2^%d", k)
	}
}
