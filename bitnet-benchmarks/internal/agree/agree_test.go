package agree

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// logits draws n from a normal distribution, as random weights give them.
func logits(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// mixed returns share of other's logits in x, at the same mean square.
func mixed(x, other []float32, share float64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(math.Sqrt(1-share*share)*float64(x[i]) + share*float64(other[i]))
	}
	return y
}

func TestEqualLogits(t *testing.T) {
	g := Of([]float32{1, 5, -2}, []float32{1, 5, -2})
	require.InDelta(t, 1, g.Correlation, 1e-12)
	require.Equal(t, [2]int32{1, 1}, g.Best)
	require.Equal(t, [2]int{1, 1}, g.Rank)
	require.True(t, g.Same())
}

func TestCorrelationByHand(t *testing.T) {
	// Deviations −1, 0, 1 and −1, 1, 0: 1 / √(2·2).
	g := Of([]float32{1, 2, 3}, []float32{4, 6, 5})
	require.InDelta(t, 0.5, g.Correlation, 1e-12)
	require.Equal(t, [2]int32{2, 1}, g.Best)
	require.Equal(t, [2]int{2, 2}, g.Rank)
}

func TestScaleAndOffsetDoNotCount(t *testing.T) {
	a := logits(1, 1000)
	b := make([]float32, len(a))
	for i := range a {
		b[i] = 3*a[i] + 7
	}
	require.InDelta(t, 1, Of(a, b).Correlation, 1e-6)
}

// The figures of the package's documentation fall on the right sides.
func TestSame(t *testing.T) {
	const vocab = 128256
	a, noise := logits(1, vocab), logits(2, vocab)
	for _, c := range []struct {
		name        string
		correlation float64
		want        bool
	}{
		{"rounded differently", 0.995, true},
		{"another activation function", 0.76, false},
		{"other ids", 0.3, false},
		{"unrelated", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := Of(a, mixed(a, noise, math.Sqrt(1-c.correlation*c.correlation)))
			require.InDelta(t, c.correlation, g.Correlation, 0.01)
			require.Equal(t, c.want, g.Same(), "%+v", g)
		})
	}
}

// A few logits do not move the correlation of many, but a wrong top does count.
func TestSameLooksAtTheTop(t *testing.T) {
	a := logits(1, 128256)
	b := append([]float32(nil), a...)
	b[best(a)] = 0
	g := Of(a, b)
	require.Greater(t, g.Correlation, 0.999)
	require.Greater(t, g.Rank[0], Top)
	require.False(t, g.Same())
}

func TestNotFinite(t *testing.T) {
	a := logits(1, 100)
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		b := append([]float32(nil), a...)
		b[50] = bad
		require.False(t, Of(a, b).Same())
	}
	require.False(t, Of(make([]float32, 9), make([]float32, 9)).Same(), "constant logits say nothing")
}

func TestPanicsOnDifferentVocabularies(t *testing.T) {
	const want = "agree: Of logits of different vocabularies, or none"
	require.PanicsWithValue(t, want, func() { Of(make([]float32, 3), make([]float32, 4)) })
	require.PanicsWithValue(t, want, func() { Of(nil, nil) })
}
