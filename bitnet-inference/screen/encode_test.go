package screen

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// squares returns Σ v² exactly, for numbers of few bits.
func squares(v []*big.Float) *big.Float {
	sum := new(big.Float).SetPrec(4000)
	for _, x := range v {
		sum.Add(sum, new(big.Float).SetPrec(4000).Mul(x, x))
	}
	return sum
}

func exact(v float64) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(v) }

// rest returns v - scale·steps exactly.
func rest(v, scale, steps float64) *big.Float {
	p := exact(0).Mul(exact(scale), exact(steps))
	return p.Sub(exact(v), p)
}

// requireBetween holds a stored norm to be at least the exact one and not much more.
func requireBetween(t *testing.T, stored float64, of []*big.Float) {
	t.Helper()
	want := squares(of)
	got := exact(0).Mul(exact(stored), exact(stored))
	require.GreaterOrEqual(t, got.Cmp(want), 0, "stored norm %g is too small", stored)
	root, _ := new(big.Float).Sqrt(want).Float64()
	require.InDelta(t, root, stored, 1e-6*root+1e-44)
}

// TestEncodeRow holds scale, codes and norms to w = scale·Q + R in exact arithmetic.
func TestEncodeRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for name, fill := range fills {
		for _, n := range []int{1, 63, 64, 200} {
			w := fill(rng, n)
			codes := make([]byte, n+1)
			codes[n] = 77
			r, ok := encodeRow(codes, w)
			require.True(t, ok, name)
			require.EqualValues(t, 77, codes[n])
			all, rests := []*big.Float{}, []*big.Float{}
			for c, v := range w {
				require.NotZero(t, codes[c], "codes are at least -127")
				all = append(all, exact(float64(v)))
				rests = append(rests, rest(float64(v), float64(r.scale), float64(codes[c])-offset))
			}
			requireBetween(t, float64(r.norm), all)
			requireBetween(t, float64(r.residual), rests)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, ok := encodeRow(make([]byte, 3), []float32{1, float32(v), 2})
		require.False(t, ok)
	}
}

// TestQuery holds planes, sum and norms to x = scale·g + d in exact arithmetic.
func TestQuery(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for name, fill := range fills {
		for _, n := range []int{1, 63, 64, 65, 200} {
			x := fill(rng, n)
			blocks := (n + blockLen - 1) / blockLen
			q := query{planes: make([]int8, 2*blocks*blockLen)}
			require.True(t, q.set(x), name)
			require.Equal(t, q.scale, float64(float32(q.scale)))
			var sum int64
			all, rests := []*big.Float{}, []*big.Float{}
			for c := range blocks * blockLen {
				at := c/blockLen*2*blockLen + c%blockLen
				g := 256*int64(q.planes[at]) + int64(q.planes[at+blockLen])
				if c >= n {
					require.Zero(t, g, "padding")
					continue
				}
				sum += g
				all = append(all, exact(float64(x[c])))
				rests = append(rests, rest(float64(x[c]), q.scale, float64(g)))
			}
			require.Equal(t, sum, q.sum)
			requireBetween(t, q.norm, all)
			requireBetween(t, q.rest, rests)
		}
	}
}

// fills make vectors of n numbers, the awkward ones among them.
var fills = map[string]func(rng *rand.Rand, n int) []float32{
	"normal": func(rng *rand.Rand, n int) []float32 {
		return each(n, func(int) float64 { return rng.NormFloat64() })
	},
	"dynamic range": func(rng *rand.Rand, n int) []float32 {
		return each(n, func(int) float64 { return math.Ldexp(rng.NormFloat64(), rng.IntN(80)-60) })
	},
	"outlier": func(rng *rand.Rand, n int) []float32 {
		v := each(n, func(int) float64 { return rng.NormFloat64() / 100 })
		v[rng.IntN(n)] = 1000
		return v
	},
	"denormal": func(rng *rand.Rand, n int) []float32 {
		return each(n, func(int) float64 { return float64(rng.IntN(7)-3) * math.SmallestNonzeroFloat32 })
	},
	"small": func(rng *rand.Rand, n int) []float32 {
		return each(n, func(int) float64 { return rng.NormFloat64() * 1e-21 })
	},
	"zero":     func(_ *rand.Rand, n int) []float32 { return make([]float32, n) },
	"constant": func(_ *rand.Rand, n int) []float32 { return each(n, func(int) float64 { return -0.3 }) },
	"one": func(rng *rand.Rand, n int) []float32 {
		v := make([]float32, n)
		v[rng.IntN(n)] = 3
		return v
	},
	"alternating": func(_ *rand.Rand, n int) []float32 {
		return each(n, func(i int) float64 { return float64(1-2*(i%2)) * (1 + math.Ldexp(float64(i), -20)) })
	},
}

func each(n int, f func(i int) float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(f(i))
	}
	return v
}
