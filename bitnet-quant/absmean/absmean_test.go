package absmean

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var nan, posInf = float32(math.NaN()), float32(math.Inf(1))

func TestQuantize(t *testing.T) {
	for _, tt := range []struct {
		name  string
		w     []float32
		scale float32
		want  []int8
	}{
		{"empty", nil, Eps, []int8{}},
		{"zeros", []float32{0, 0, 0}, Eps, []int8{0, 0, 0}},
		{"below Eps", []float32{1e-6, -4e-6, 6e-6}, Eps, []int8{0, 0, 1}},
		{"paper", []float32{0.9, -0.1, 0.3, -1.9}, 0.8, []int8{1, 0, 0, -1}},
		// γ = 1, so that w·s is w: the halves tie to even, which is 0.
		{"ties", []float32{0.5, -0.5, 1.5, -1.5}, 1, []int8{0, 0, 1, -1}},
		{"just past ties", []float32{0.50000006, -0.50000006, 1.5, -1.5}, 1, []int8{1, -1, 1, -1}},
		{"large", []float32{math.MaxFloat32, -math.MaxFloat32}, math.MaxFloat32, []int8{1, -1}},
		{"infinity", []float32{1, -posInf, 1}, posInf, []int8{0, 0, 0}},
	} {
		got := make([]int8, len(tt.w))
		require.Equal(t, tt.scale, Quantize(got, tt.w), tt.name)
		require.Equal(t, tt.want, got, tt.name)
	}
	dst := []int8{7, 7}
	require.True(t, math.IsNaN(float64(Quantize(dst, []float32{nan, 1}))))
	require.Equal(t, []int8{0, 0}, dst)
	dst = append(dst, 7, 7)
	Round(dst, []float32{nan, -nan, posInf, -posInf}, 1)
	require.Equal(t, []int8{0, 0, 1, -1}, dst)
	require.PanicsWithValue(t, "absmean: Quantize length", func() { Quantize(dst, nil) })
	require.PanicsWithValue(t, "absmean: Round length", func() { Round(dst, nil, 1) })
}

// TestAgainstFormula compares with the formula written out, w·(1/γ) in float32.
func TestAgainstFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SliceOfN(rapid.Float32Range(-3, 3), 0, 500).Draw(t, "w")
		dst := make([]int8, len(w))
		scale := Quantize(dst, w)
		var sum float64
		for _, v := range w {
			sum += math.Abs(float64(v))
		}
		want := max(float32(sum/math.Max(float64(len(w)), 1)), Eps)
		require.InEpsilon(t, want, scale, 1e-6)
		for i, v := range w {
			r := math.RoundToEven(float64(v * (1 / scale)))
			require.Equal(t, int8(max(-1, min(1, r))), dst[i])
		}
	})
}

// TestPieces feeds a matrix in pieces of any size and in two merged parts.
func TestPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, 10000)
	for i := range w {
		w[i] = float32(rng.NormFloat64() * 0.02)
	}
	var whole Mean
	whole.Add(w)
	for range 50 {
		var first, second Mean
		for rest, half := w, len(w)/2; len(rest) > 0; {
			n := min(1+rng.IntN(700), len(rest))
			if len(rest) > half {
				first.Add(rest[:n])
			} else {
				second.Add(rest[:n])
			}
			rest = rest[n:]
		}
		first.Merge(second)
		require.Equal(t, whole.n, first.n)
		require.InEpsilon(t, whole.sum, first.sum, 1e-12)
		require.Equal(t, whole.Scale(), first.Scale())
	}
}

func BenchmarkQuantize(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	w, dst := make([]float32, 1<<20), make([]int8, 1<<20)
	for i := range w {
		w[i] = float32(rng.NormFloat64())
	}
	b.SetBytes(int64(4 * len(w)))
	for b.Loop() {
		Quantize(dst, w)
	}
}
