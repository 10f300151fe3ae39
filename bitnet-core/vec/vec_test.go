package vec

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// withVariants runs body once with every set of kernels that this CPU has.
func withVariants(t *testing.T, body func(t *testing.T)) {
	was := kernels
	defer func() { kernels = was }()
	seen := map[string]bool{}
	for level := simd.Generic; level <= simd.Best(); level++ {
		kernels = choose(level)
		if !seen[kernels.name] {
			seen[kernels.name] = true
			t.Run("kernel="+kernels.name, body)
		}
	}
}

// TestRequired fails if a variant that CI wants was not chosen.
func TestRequired(t *testing.T) {
	required := os.Getenv("BITNET_REQUIRE_ASM")
	if required == "" {
		t.Skip("BITNET_REQUIRE_ASM is not set")
	}
	for name := range strings.SplitSeq(required, ",") {
		if strings.HasPrefix(name, "avx512") || strings.HasPrefix(name, "neon") {
			require.True(t, strings.HasPrefix(name, kernels.name), "%s chosen, %s required", kernels.name, name)
		}
	}
}

var special = []float32{
	0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.Float32frombits(0xffc00001), math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32,
	-math.SmallestNonzeroFloat32, 1e-39, -1e-39, 300, 1e-20, 1, -1,
}

// draw returns n values, the fourth part of them special, off from where memory begins.
func draw(rng *rand.Rand, n, off int) []float32 {
	x := make([]float32, off+n)[off:]
	for i := range x {
		if rng.IntN(4) == 0 {
			x[i] = special[rng.IntN(len(special))]
		} else {
			x[i] = float32(rng.NormFloat64())
		}
	}
	return x
}

// same requires equal bits, a NaN being the same as any other.
func same(t *testing.T, want, got float32, text string, args ...any) {
	t.Helper()
	if math.Float32bits(want) != math.Float32bits(got) && !(want != want && got != got) {
		require.Failf(t, "differs", text+": want %v, got %v", append(args, want, got)...)
	}
}

// each is every function that computes each value for itself, with its definition.
var each = map[string]struct {
	run  func(dst, a, b []float32, s float32)
	want func(old, a, b, s float32) float32
}{
	"Add":       {func(dst, a, b []float32, _ float32) { Add(dst, a, b) }, func(_, a, b, _ float32) float32 { return a + b }},
	"Sub":       {func(dst, a, b []float32, _ float32) { Sub(dst, a, b) }, func(_, a, b, _ float32) float32 { return a - b }},
	"Mul":       {func(dst, a, b []float32, _ float32) { Mul(dst, a, b) }, func(_, a, b, _ float32) float32 { return a * b }},
	"Div":       {func(dst, a, b []float32, _ float32) { Div(dst, a, b) }, func(_, a, b, _ float32) float32 { return a / b }},
	"Min":       {func(dst, a, b []float32, _ float32) { Min(dst, a, b) }, func(_, a, b, _ float32) float32 { return min(a, b) }},
	"Max":       {func(dst, a, b []float32, _ float32) { Max(dst, a, b) }, func(_, a, b, _ float32) float32 { return max(a, b) }},
	"AddScalar": {func(dst, a, _ []float32, s float32) { AddScalar(dst, a, s) }, func(_, a, _, s float32) float32 { return a + s }},
	"SubScalar": {func(dst, a, _ []float32, s float32) { SubScalar(dst, a, s) }, func(_, a, _, s float32) float32 { return a - s }},
	"ScalarSub": {func(dst, a, _ []float32, s float32) { ScalarSub(dst, s, a) }, func(_, a, _, s float32) float32 { return s - a }},
	"Scale":     {func(dst, a, _ []float32, s float32) { Scale(dst, a, s) }, func(_, a, _, s float32) float32 { return a * s }},
	"DivScalar": {func(dst, a, _ []float32, s float32) { DivScalar(dst, a, s) }, func(_, a, _, s float32) float32 { return a / s }},
	"ScalarDiv": {func(dst, a, _ []float32, s float32) { ScalarDiv(dst, s, a) }, func(_, a, _, s float32) float32 { return s / a }},
	"MinScalar": {func(dst, a, _ []float32, s float32) { MinScalar(dst, a, s) }, func(_, a, _, s float32) float32 { return min(a, s) }},
	"MaxScalar": {func(dst, a, _ []float32, s float32) { MaxScalar(dst, a, s) }, func(_, a, _, s float32) float32 { return max(a, s) }},
	"Axpy":      {func(dst, a, _ []float32, s float32) { Axpy(dst, s, a) }, func(old, a, _, s float32) float32 { return old + float32(s*a) }},
	"Left":      {func(dst, a, _ []float32, s float32) { OpAdd.Left(dst, s, a, Cached) }, func(_, a, _, s float32) float32 { return s + a }},
	"Abs":       {func(dst, a, _ []float32, _ float32) { Abs(dst, a) }, func(_, a, _, _ float32) float32 { return float32(math.Abs(float64(a))) }},
	"Neg":       {func(dst, a, _ []float32, _ float32) { Neg(dst, a) }, func(_, a, _, _ float32) float32 { return -a }},
	"Sqrt":      {func(dst, a, _ []float32, _ float32) { Sqrt(dst, a) }, func(_, a, _, _ float32) float32 { return float32(math.Sqrt(float64(a))) }},
	"ReLU":      {func(dst, a, _ []float32, _ float32) { ReLU(dst, a) }, func(_, a, _, _ float32) float32 { return max(a, 0) }},
	"ReLU2":     {func(dst, a, _ []float32, _ float32) { ReLU2(dst, a) }, func(_, a, _, _ float32) float32 { return max(a, 0) * max(a, 0) }},
	"streamed":  {func(dst, a, b []float32, _ float32) { OpSub.Slices(dst, a, b, Past) }, func(_, a, b, _ float32) float32 { return a - b }},
	"streamed, unfenced": {
		func(dst, a, b []float32, _ float32) {
			OpMul.Slices(dst, a, b, PastUnfenced)
			Fence()
		},
		func(_, a, b, _ float32) float32 { return a * b },
	},
	"streamed, scalar": {
		func(dst, a, _ []float32, s float32) { OpDiv.Left(dst, s, a, Past) },
		func(_, a, _, s float32) float32 { return s / a },
	},
	"streamed, function": {
		func(dst, a, _ []float32, _ float32) { FuncReLU.Slice(dst, a, Past) },
		func(_, a, _, _ float32) float32 { return max(a, 0) },
	},
}

// TestEach holds every function to the bits of its definition, for every length around
// the vectors' and every alignment, in place too, and checks that nothing beyond is
// written, nor an operand.
func TestEach(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for name, f := range each {
			for n := range 150 {
				a, b, old := draw(rng, n, n%17), draw(rng, n, n%5), draw(rng, n+1, n%3)
				s := special[n%len(special)]
				dst, a0, b0 := slices.Clone(old), slices.Clone(a), slices.Clone(b)
				f.run(dst[:n:n], a, b, s)
				inPlace, right := slices.Clone(a), slices.Clone(b)
				f.run(inPlace, inPlace, b, s)
				f.run(right, a, right, s)
				same(t, old[n], dst[n], "%s writes beyond %d", name, n)
				for i := range n {
					same(t, a0[i], a[i], "%s writes a", name)
					same(t, b0[i], b[i], "%s writes b", name)
					want := f.want(old[i], a[i], b[i], s)
					same(t, want, dst[i], "%s of %d: %v, %v, %v", name, n, a[i], b[i], s)
					if name != "Axpy" {
						same(t, want, inPlace[i], "%s of %d in place", name, n)
						same(t, want, right[i], "%s of %d in the second operand's place", name, n)
					}
				}
			}
		}
	})
}

// TestSumBits holds sums to the bits of their order, and that to exact sums.
func TestSumBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var xs [][]float32
	for n := range 150 {
		xs = append(xs, normal(rng, n))
	}
	for _, n := range []int{Block - 1, Block, Block + 1, 2 * Block, 5*Block + 77} {
		xs = append(xs, normal(rng, n))
	}
	for op, f := range []func(x []float32) float64{Sum, SumSquares, SumAbs, func(x []float32) float64 { return SumDeviations(x, 0.3) }} {
		was := make([]float64, len(xs))
		kernels = choose(simd.Generic)
		for i, x := range xs {
			was[i] = f(x)
			var plain, size float64
			for _, v := range x {
				plain += sumOp(op).of(v, 0.3)
				size += math.Abs(sumOp(op).of(v, 0.3))
			}
			require.InDelta(t, plain, was[i], size*float64(len(x)+1)*0x1p-52)
		}
		withVariants(t, func(t *testing.T) {
			for i, x := range xs {
				require.Equal(t, math.Float64bits(was[i]), math.Float64bits(f(x)), "operation %d of %d values", op, len(x))
			}
		})
	}
	kernels = choose(simd.Best())
}

func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// TestSumParts adds up the blocks' sums.
func TestSumParts(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(5, 6)), 9*Block+100)
	var p Pairwise
	for part := range slices.Chunk(x, Block) {
		p.Add(Sum(part))
	}
	require.Equal(t, Sum(x), p.Total())
}

// TestSumSpecial covers what an order of summation does not change.
func TestSumSpecial(t *testing.T) {
	inf, zero := float32(math.Inf(1)), float32(math.Copysign(0, -1))
	withVariants(t, func(t *testing.T) {
		require.Zero(t, Sum(nil))
		for _, n := range []int{1, 31, 32, 33, 64, 3000} {
			require.Zero(t, math.Float64bits(Sum(slices.Repeat([]float32{zero}, n))), "%d times -0", n)
			require.Equal(t, float64(n)*1e76, math.Round(SumSquares(slices.Repeat([]float32{1e38}, n))/float64(float32(1e38))/float64(float32(1e38)))*1e76)
			for _, at := range []int{0, n / 2, n - 1} {
				x := make([]float32, n)
				x[at] = -inf
				require.Equal(t, float64(-inf), Sum(x))
				require.Equal(t, float64(inf), SumSquares(x))
				require.Equal(t, float64(inf), SumAbs(x))
				x[at] = float32(math.NaN())
				require.True(t, math.IsNaN(Sum(x)) && math.IsNaN(SumDeviations(x, 1)))
				x[at] = 1e-45 // a denormal
				require.Equal(t, float64(x[at]), Sum(x))
			}
		}
	})
}

func TestExtremes(t *testing.T) {
	inf, nan, zero := float32(math.Inf(1)), float32(math.NaN()), float32(math.Copysign(0, -1))
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for n := 1; n < 140; n++ {
			x := append(make([]float32, n%17), normal(rng, n)...)[n%17:]
			same(t, slices.Max(x), Largest(x), "largest of %d", n)
			same(t, slices.Min(x), Smallest(x), "smallest of %d", n)
			for at := range x { // alone at every place
				y := slices.Repeat([]float32{-inf}, n)
				y[at] = -3
				same(t, -3, Largest(y), "largest at %d of %d", at, n)
				same(t, 3, Smallest(negative(y)), "smallest at %d of %d", at, n)
				y = slices.Repeat([]float32{zero}, n)
				y[at] = 0
				same(t, 0, Largest(y), "0 at %d of %d", at, n)
				same(t, zero, Smallest(negative(y)), "-0 at %d of %d", at, n)
				for _, nan := range []float32{nan, math.Float32frombits(0xffc00001)} {
					x := slices.Clone(x)
					x[at] = nan
					same(t, nan, Largest(x), "NaN at %d of %d", at, n)
					same(t, nan, Smallest(x), "NaN at %d of %d", at, n)
				}
			}
		}
	})
	require.Panics(t, func() { Largest(nil) })
}

func negative(x []float32) []float32 {
	y := make([]float32, len(x))
	Neg(y, x)
	return y
}

// TestArg compares with a plain loop, on values of which many are equal.
func TestArg(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for i := range 400 {
			x := make([]float32, 1+rng.IntN(40)+i%4*1000)
			for i := range x {
				if x[i] = float32(rng.IntN(7) - 3); rng.IntN(3) == 0 {
					x[i] = float32(math.Copysign(0, -1))
				}
			}
			if i%3 == 0 {
				x[rng.IntN(len(x))] = float32(math.NaN())
			}
			most, least := 0, 0
			for i, v := range x {
				if best := x[most]; best == best && (v != v || v > best) {
					most = i
				}
				if best := x[least]; best == best && (v != v || v < best) {
					least = i
				}
			}
			require.Equal(t, []int{most, least}, []int{ArgMax(x), ArgMin(x)})
		}
	})
}

func TestAccumulate(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for n := range 70 {
			x, sums, want := draw(rng, n, n%5), make([]float64, n+1), make([]float64, n+1)
			for i := range sums {
				sums[i] = rng.NormFloat64()
				want[i] = sums[i]
				if i < n {
					want[i] += float64(x[i])
				}
			}
			Accumulate(sums[:n:n], x)
			for i := range want {
				require.True(t, want[i] == sums[i] || want[i] != want[i] && sums[i] != sums[i])
			}
		}
	})
}

func TestMistakes(t *testing.T) {
	two, three := make([]float32, 2), make([]float32, 3)
	for _, f := range []func(){
		func() { Add(two, two, three) },
		func() { Add(two, three, two) },
		func() { Scale(two, three, 1) },
		func() { Abs(two, three) },
		func() { Accumulate(make([]float64, 2), three) },
	} {
		require.Panics(t, f)
	}
}
