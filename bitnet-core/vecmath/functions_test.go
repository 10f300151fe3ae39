package vecmath

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

var every = flag.Bool("every", false, "test functions on all 2³² values of float32")

// cases are the functions with their definition, the same in float64, and the error that
// their documentation allows.
var cases = []struct {
	name    string
	f       func(dst, x []float32)
	generic func(float32) float32
	want    func(float64) float64
	ulp     float64
	limit   bool // 0 at -Inf, where want is NaN
}{
	{"Exp", Exp, exp, math.Exp, 1, false},
	{"Log", Log, logarithm, math.Log, 1.5, false},
	{"Tanh", Tanh, tanh, math.Tanh, 3, false},
	{"Sigmoid", Sigmoid, sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 3, false},
	{"SiLU", SiLU, silu, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 4, true},
	{"GELU", GELU, gelu, func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }, 5, true},
	{"GELUTanh", GELUTanh, geluTanh, func(x float64) float64 {
		return x / (1 + math.Exp(-2*math.Sqrt2/math.SqrtPi*(x+0.044715*x*x*x)))
	}, 4, true},
}

// withVariants runs f with all kernels that this CPU has.
func withVariants(t *testing.T, f func(t *testing.T)) {
	chosen := kernels
	defer func() { kernels = chosen }()
	ran := map[string]bool{}
	for _, l := range simd.Levels() {
		kernels = choose(l)
		if !simd.Has(l) || ran[kernels.name] {
			continue
		}
		ran[kernels.name] = true
		t.Run(kernels.name, f)
	}
	for _, name := range strings.Split(os.Getenv("BITNET_REQUIRE_ASM"), ",") {
		if want := choose(simd.Best()).name; name == want {
			require.True(t, ran[name], "%s was required", name)
		}
	}
}

// ulps returns how far got is from want in units of the last place of want as a
// float32.
func ulps(want float64, got float32) float64 {
	switch w := float32(want); {
	case want != want || got != got:
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	case w == got && (math.IsInf(float64(w), 0) || want == 0):
		return 0
	case math.IsInf(float64(w), 0) || math.IsInf(float64(got), 0):
		// Of neighbours, one may have overflowed.
		if max(math.Abs(float64(w)), math.Abs(float64(got))) == math.Inf(1) &&
			min(math.Abs(float64(w)), math.Abs(float64(got))) < math.MaxFloat32 {
			return math.Inf(1)
		}
		return 1
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// values returns a sample of all floats, or all, by parts.
func values(yield func([]float32) bool) {
	step, fraction := int64(65521), float32(1.0/1024) // prime
	if testing.Short() {
		step, fraction = 16*65521, 1.0/64
	}
	if *every {
		step = 1
	}
	const part = 1 << 16
	x := make([]float32, 0, part)
	for bits := int64(0); bits < 1<<32; bits += step {
		if x = append(x, math.Float32frombits(uint32(bits))); len(x) == part {
			if !yield(x) {
				return
			}
			x = x[:0]
		}
	}
	// Where results are neither 0 nor 1 nor infinite.
	for v := float32(-130); v < 130 && !*every; v += fraction {
		if x = append(x, v, v/64); len(x) == part {
			if !yield(x) {
				return
			}
			x = x[:0]
		}
	}
	yield(x)
}

// TestError holds functions to the error that their documentation states.
func TestError(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var worst float64
			var at float32
			for x := range values {
				got := make([]float32, len(x))
				c.f(got, x)
				for i, v := range x {
					want := c.want(float64(v))
					if math.IsInf(float64(v), -1) && c.limit {
						want = 0
					}
					if e := ulps(want, got[i]); e > worst || e != e {
						worst, at = e, v
					}
				}
			}
			t.Logf("%.3f ulp, at %v", worst, at)
			require.Less(t, worst, c.ulp, "at %v", at)
		})
	}
}

// TestVariants holds the kernels to the bits of the definitions, for every length around
// the vectors' and every alignment, and checks that they write nothing beyond.
func TestVariants(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	special := []float32{
		0, float32(math.Copysign(0, -1)), inf, -inf, nan, 1, -1, math.MaxFloat32, -math.MaxFloat32, 0x1p-126, -0x1p-126,
		0x1p-149, -0x1p-149, 0x1p-130, 88.72283, 88.72284, -87.33655, -103.97208, -103.97209, 9.0109, 14.5, -14.5, 11, -11,
	}
	withVariants(t, func(t *testing.T) {
		for _, c := range cases {
			check := func(x []float32, off int) {
				x = append(make([]float32, off), x...)[off:]
				n := len(x)
				before := slices.Clone(x)
				got := slices.Repeat([]float32{777}, n+1)
				c.f(got[:n:n], x)
				require.EqualValues(t, 777, got[n])
				for i, v := range before {
					if want := c.generic(v); math.Float32bits(v) != math.Float32bits(x[i]) || math.Float32bits(want) != math.Float32bits(got[i]) {
						same(t, v, x[i], "%s wrote to its operand", c.name)
						same(t, want, got[i], "%s of %v", c.name, v)
					}
				}
				c.f(x, x)
				for i := range x {
					if math.Float32bits(got[i]) != math.Float32bits(x[i]) {
						same(t, got[i], x[i], "%s in place", c.name)
					}
				}
			}
			for n := range 70 {
				check(slices.Repeat(special, 4)[n/17:][:n], n%17)
			}
			if kernels.level != simd.Generic {
				for x := range values {
					check(x, 0)
				}
			}
		}
	})
}

// same compares to the bit, a NaN being the same as any other.
func same(t *testing.T, want, got float32, message string, args ...any) {
	t.Helper()
	if math.Float32bits(want) != math.Float32bits(got) && !(want != want && got != got) {
		require.Fail(t, "differs", "%s: want %v, got %v", fmt.Sprintf(message, args...), want, got)
	}
}
