package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRMSNorm(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := 1; n < 70; n++ {
			x, gain := normal(rng, n), normal(rng, n)
			var sum float64
			for _, v := range x {
				sum += float64(v) * float64(v)
			}
			scale := 1 / math.Sqrt(sum/float64(n)+1e-5)
			got := make([]float32, n)
			RMSNorm(got, x, gain, 1e-5)
			for i := range got {
				require.InDelta(t, float64(x[i])*scale*float64(gain[i]), got[i], 1e-5)
			}
			RMSNorm(x, x, gain, 1e-5) // in place
			require.Equal(t, got, x)
			x[rng.IntN(n)] = float32(math.NaN())
			RMSNorm(x, x, gain, 1e-5)
			for _, v := range x {
				require.True(t, math.IsNaN(float64(v)), "%d values, one of them NaN", n)
			}
		}
	})
}

func TestGates(t *testing.T) {
	gate, up := []float32{-2, 0, 3, 300}, []float32{5, 5, 2, 1}
	dst := make([]float32, 4)
	ReLU2Mul(dst, gate, up)
	require.Equal(t, []float32{0, 0, 18, 90000}, dst) // past the range of float16
	SiLUMul(dst, gate, up)
	for i, g := range gate {
		require.InDelta(t, float64(g)/(1+math.Exp(-float64(g)))*float64(up[i]), dst[i], 1e-5)
	}
	Add(dst, dst)
	require.InDelta(t, 600, dst[3], 1e-3)
}

// TestRope checks both pairings against a rotation in the complex plane, and that
// position 0 changes nothing.
func TestRope(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const headDim, heads, theta = 8, 3, 10000.0
	for _, adjacent := range []bool{false, true} {
		r := NewRope(headDim, 100, theta, adjacent)
		for _, p := range []int{0, 1, 99} {
			x := normal(rng, heads*headDim)
			got := append([]float32(nil), x...)
			r.Apply(got, p)
			if p == 0 {
				require.Equal(t, x, got)
			}
			for h := range heads {
				for i := range headDim / 2 {
					a, b := h*headDim+i, h*headDim+i+headDim/2
					if adjacent {
						a, b = h*headDim+2*i, h*headDim+2*i+1
					}
					angle := float64(p) * math.Pow(theta, -2*float64(i)/headDim)
					turned := complex(float64(x[a]), float64(x[b])) * complex(math.Cos(angle), math.Sin(angle))
					require.InDelta(t, real(turned), got[a], 1e-5)
					require.InDelta(t, imag(turned), got[b], 1e-5)
				}
			}
		}
	}
}

// TestSiLUMul holds every kernel to four units in the last place of float64 where
// the sigmoid is a normal number, and to almost nothing below.
func TestSiLUMul(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		var gate []float32
		for g := float32(-120); g < 120; g += 1.0 / 64 {
			gate = append(gate, g, g/1024)
		}
		up := make([]float32, len(gate))
		for i := range up {
			up[i] = float32(i%7) - 3
		}
		for n := range 40 { // tails
			dst := make([]float32, n+1)
			dst[n] = 777
			SiLUMul(dst[:n:n], gate[:n], up[:n])
			require.EqualValues(t, 777, dst[n])
		}
		for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 3e38} {
			want := special
			if special < 0 { // not 0: gates below -87 are divided by exp(87)
				want = math.Inf(-1)
			}
			for at := range 33 { // alone at every place
				dst, ones := make([]float32, 33), make([]float32, 33)
				for i := range ones {
					ones[i] = 1
				}
				dst[at] = float32(special)
				SiLUMul(dst, dst, ones)
				for i, v := range dst {
					if i == at {
						same(t, float32(want), v, "gate %v at %d", special, at)
					} else {
						require.Zero(t, v)
					}
				}
			}
		}

		dst := make([]float32, len(gate))
		SiLUMul(dst, gate, up)
		for i, g := range gate {
			want := float64(g) / (1 + math.Exp(-float64(g))) * float64(up[i])
			if g < -86 {
				require.InDelta(t, want, dst[i], 1e-34, "gate %v", g)
			} else {
				require.InDelta(t, want, dst[i], 5e-7*math.Abs(want), "gate %v", g)
			}
		}
		SiLUMul(gate, gate, up) // in place
		require.Equal(t, dst, gate)
	})
}

// TestExpSum holds every kernel to two units in the last place of float64's exp
// over the range that is not 0 to a softmax.
func TestExpSum(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		const n = 87 * 64
		x := make([]float32, n+5)
		for i := range x {
			x[i] = 3 - float32(i)/64
		}
		in := append([]float32(nil), x...)
		sum := expSum(x, 3)
		var want float64
		for i, got := range x {
			e := math.Exp(max(float64(in[i])-3, -87))
			want += e
			require.InEpsilon(t, e, got, 2.5e-7, "exp(%v)", in[i]-3)
		}
		require.InEpsilon(t, want, sum, 1e-5) // one rounding a term
	})
}
