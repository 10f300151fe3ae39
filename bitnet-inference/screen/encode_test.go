package screen

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
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

// requireBetween holds a stored norm to be at least the exact one and at most slop
// more, but for its own rounding.
func requireBetween(t *testing.T, stored float64, of []*big.Float, slop float64, name string) {
	t.Helper()
	want := squares(of)
	got := exact(0).Mul(exact(stored), exact(stored))
	require.GreaterOrEqual(t, got.Cmp(want), 0, "%s: stored norm %g is too small", name, stored)
	root, _ := new(big.Float).Sqrt(want).Float64()
	require.InDelta(t, root, stored, slop+1e-6*root+1e-44, name)
}

// TestEncodeRow holds scale, codes and norms to their definitions in exact arithmetic,
// at every alignment of the planes.
func TestEncodeRow(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for name, fill := range fills {
			for _, n := range []int{1, 31, 64, 127, 256, 257, 700} {
				blocks := (n + blockLen - 1) / blockLen
				w := append(fill(rng, n), make([]float32, blocks*blockLen-n)...)
				off := rng.IntN(64)
				coarse, fine := randomBytes(rng, off+blocks*coarseBlock+1)[off:], randomBytes(rng, off+blocks*fineBlock+1)[off:]
				endCoarse, endFine := coarse[blocks*coarseBlock], fine[blocks*fineBlock]
				was := slices.Clone(w)
				most := decodeRow(make([]float32, n), matrix([][]float32{w[:n]}, dtype.F32), 0)
				got := encodeRow(coarse[:len(coarse)-1], fine[:len(fine)-1], w, n, most, &fine[0])
				require.Equal(t, was, w)
				require.Equal(t, endCoarse, coarse[blocks*coarseBlock])
				require.Equal(t, endFine, fine[blocks*fineBlock])
				scale := float64(got.scale)
				all, rests, middles := []*big.Float{}, []*big.Float{}, []*big.Float{}
				for c, v := range w {
					upper, lower := coarseCode(coarse[c/blockLen*coarseBlock:], c%blockLen), fineCode(fine[c/blockLen*fineBlock:], c%blockLen)
					q := 4*float64(upper) + float64(lower) - 128
					require.GreaterOrEqual(t, q, -127.0)
					require.InDelta(t, float64(v), scale*q, scale*0.501+63*math.SmallestNonzeroFloat32, name)
					if c < n {
						all = append(all, exact(float64(v)))
						rests = append(rests, rest(float64(v), scale, q))
						middles = append(middles, rest(float64(v), scale, 4*float64(upper)+1.5-128))
					}
				}
				// Float32 kernels enlarge the norms a little, that of what coarse codes leave by
				// a part of the padding too.
				slop := 3e-4*float64(got.norm) + scale*math.Sqrt(float64(n))/(1<<16)
				requireBetween(t, float64(got.norm), all, slop, name)
				requireBetween(t, float64(got.residual), rests, slop, name)
				requireBetween(t, float64(got.coarse), middles, slop+scale*1.5*math.Sqrt(float64(blocks*blockLen))/(1<<5), name)
			}
		}
	})
}

// TestDecodeRow compares every kernel with dtype, for all types, tails and
// alignments.
func TestDecodeRow(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, d := range types {
			for _, n := range []int{1, 31, 32, 33, 64, 100} {
				m := matrix([][]float32{fills["normal"](rng, n), fills["dynamic range"](rng, n), fills["denormal"](rng, n)}, d)
				off := rng.IntN(8)
				m.Data = append(make([]byte, off), m.Data...)[off:]
				for r := range m.Rows {
					want := make([]float32, n)
					m.Row(want, r)
					var most float32
					for _, v := range want {
						most = max(most, v, -v)
					}
					w := make([]float32, n+1)
					w[n] = 777
					require.Equal(t, most, decodeRow(w, m, r))
					require.Equal(t, append(want, 777), w)
				}
				for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					one := make([]float32, n)
					one[rng.IntN(n)] = float32(v)
					most := decodeRow(make([]float32, n), matrix([][]float32{one}, d), 0)
					require.Greater(t, math.Float32bits(most), math.Float32bits(math.MaxFloat32), "%v in %v", v, d)
				}
			}
		}
	})
}

// TestQuery holds planes, sum and norms to x = scale·g + d in exact arithmetic.
func TestQuery(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for name, fill := range fills {
		for _, n := range []int{1, 63, 64, 255, 256, 257, 600} {
			x := fill(rng, n)
			blocks := (n + blockLen - 1) / blockLen
			q := query{planes: make([]int8, 2*blocks*blockLen)}
			require.True(t, q.set(x), name)
			require.Equal(t, q.scale, float64(float32(q.scale)))
			var sum int64
			all, rests := []*big.Float{}, []*big.Float{}
			for c := range blocks * blockLen {
				at := queryAt(c)
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
			requireBetween(t, q.norm, all, 0, name)
			requireBetween(t, q.rest, rests, 0, name)
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
