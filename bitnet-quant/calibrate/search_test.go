package calibrate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// int8Error returns Σ (x - q/s)² of rows that are cut off and rounded by int8act.
func int8Error(rows []float32, width int, share float64) float64 {
	cut := slices.Clone(rows)
	Clip{Share: share}.Apply(cut, width)
	q := make([]int8, width)
	var sum float64
	for i := 0; i < len(rows); i += width {
		scale, _ := int8act.QuantizeRow(q, cut[i:i+width])
		for c, v := range rows[i : i+width] {
			d := float64(v) - float64(q[c])/float64(scale)
			sum += d * d
		}
	}
	return sum
}

// TestSharesError holds the error from bins to that of package int8act, over rows of many
// kinds and sizes.
func TestSharesError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"normal": rng.NormFloat64,
		"heavy":  func() float64 { return math.Pow(rng.NormFloat64(), 3) },
		"sparse": func() float64 { v := max(rng.NormFloat64()-1, 0); return v * v },
	} {
		const tokens, width = 200, 700
		x := make([]float32, tokens*width)
		for i := range x {
			x[i] = float32(draw() * math.Ldexp(1, i/width%9-4))
		}
		in := collect(Key{}, width, x).Inputs[Key{}]
		for _, share := range []float64{1, 0.9, 0.625, 0.5, 0.25} {
			require.InEpsilon(t, int8Error(x, width, share), in.Shares.Error(share), 0.005, "%s at %v", name, share)
		}
		// No other share is better than the one found, as the definition has it.
		found := in.Shares.Clip()
		least := int8Error(x, width, found.Share)
		for k := 64; k <= 256; k += 4 {
			require.Less(t, least, int8Error(x, width, float64(k)/256)*1.005, "%s at %d/256", name, k)
		}
		require.InDelta(t, 1-least/int8Error(x, width, 1), found.Gain, 0.005, name)
		t.Logf("%s: share %.3f, gain %.1f %%", name, found.Share, 100*found.Gain)
	}
}

// TestSmallGains: whether a row of some hundred channels gains by a cut or loses is a matter
// of a thousandth of the error, and told right, wherever steps and bins meet.
func TestSmallGains(t *testing.T) {
	for _, width := range []int{300, 350, 379, 512, 1024} {
		const values = 1 << 19
		rng := rand.New(rand.NewPCG(1, uint64(width)))
		x := make([]float32, values/width*width)
		for i := range x {
			x[i] = 2*rng.Float32() - 1
			if i%width == 0 {
				x[i] = 1
			}
		}
		h := &collect(Key{}, width, x).Inputs[Key{}].Shares
		exact, binned := int8Error(x, width, 1), h.Error(1)
		for _, share := range []float64{0.9995, 0.999, 0.9974, 255. / 256, 254. / 256, 0.98} {
			require.InDelta(t, 1-int8Error(x, width, share)/exact, 1-h.Error(share)/binned, 0.001, "%d at %v", width, share)
		}
		require.InEpsilon(t, int8Error(x, width, 127./256), h.Error(127./256), 0.001, width)
		found := h.Clip()
		require.InDelta(t, 1-int8Error(x, width, found.Share)/exact, found.Gain, 0.001, width)
		require.Positive(t, 1-int8Error(x, width, found.Share)/exact, width)
		t.Logf("%d: share %.4f, gain %.2f %%", width, found.Share, 100*found.Gain)
	}
}

// TestClip: an outlier that is worth cutting off, and rows in which nothing is.
func TestClip(t *testing.T) {
	var even Shares
	x := make([]float32, 255)
	for i := range x {
		x[i] = float32(i - 127)
	}
	even.add(x, 127)
	require.Equal(t, Clip{Share: 1}, even.Clip(), "rounded without an error")
	require.Equal(t, Clip{Share: 1}, new(Shares).Clip())

	rng := rand.New(rand.NewPCG(1, 3))
	wide := make([]float32, 1<<17)
	for i := range wide {
		wide[i] = float32(rng.NormFloat64())
	}
	wide[5] = 9
	c := collect(Key{}, len(wide), wide).Inputs[Key{}].Shares.Clip()
	require.Less(t, c.Share, 0.8)
	require.Greater(t, c.Gain, 0.1)

	y := []float32{1, -2, 4, float32(math.NaN()), 100, 0, 0, 0, 0}
	Clip{Share: 0.5}.Apply(y, 3)
	require.Equal(t, []float32{1, -2, 2}, y[:3])
	require.EqualValues(t, 100, y[4], "a row that is not finite stays")
	require.Equal(t, []float32{0, 0, 0}, y[6:])
}

// roundingError returns E(s), by its definition.
func roundingError(w []float32, importance []float64, scale float32) float64 {
	codes := make([]int8, len(w))
	absmean.Round(codes, w, scale)
	var sum float64
	for i, v := range w {
		d := float64(v) - float64(scale)*float64(codes[i])
		sum += importance[i%len(importance)] * d * d
	}
	return sum
}

// bestError returns the least E of all scales and ternary codes: weights are made ±1 from
// the largest down, and each number of them has its best scale.
func bestError(w []float32, importance []float64) float64 {
	type weight struct{ w, m float64 }
	all := make([]weight, len(w))
	var total, a, b, most float64
	for i, v := range w {
		all[i] = weight{math.Abs(float64(v)), importance[i%len(importance)]}
		total += all[i].m * all[i].w * all[i].w
	}
	slices.SortFunc(all, func(x, y weight) int { return cmp.Compare(y.w, x.w) })
	for _, x := range all {
		if a, b = a+x.m*x.w, b+x.m; b > 0 {
			most = max(most, a*a/b)
		}
	}
	return total - most
}

// TestBestError holds that bound to all codes there are of a few weights.
func TestBestError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.SliceOfN(rapid.Float32Range(-2, 2), 1, 7).Draw(t, "w")
		m := rapid.SliceOfN(rapid.Float64Range(0.01, 5), len(w), len(w)).Draw(t, "m")
		least := math.Inf(1)
		for code := range int(math.Pow(3, float64(len(w)))) {
			var a, b, total float64
			for i, c := 0, code; i < len(w); i, c = i+1, c/3 {
				q := float64(c%3 - 1)
				a, b, total = a+m[i]*q*float64(w[i]), b+m[i]*q*q, total+m[i]*float64(w[i])*float64(w[i])
			}
			if b > 0 && a > 0 {
				total -= a * a / b
			}
			least = min(least, total)
		}
		require.InDelta(t, least, bestError(w, m), 1e-9)
	})
}

// TestScaleSearch: the scale found is as good as the best there is, but for what lies in
// one bin, and the errors are what rounding with it leaves.
func TestScaleSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		width, n := 1+rng.IntN(9), 1+rng.IntN(60)
		importance, w := make([]float64, width), make([]float32, n*width)
		for c := range importance {
			importance[c] = math.Exp(3 * rng.NormFloat64())
		}
		bf16 := rng.IntN(2) == 0
		var total float64
		for i := range w {
			w[i] = float32(rng.NormFloat64() * 0.02)
			if bf16 {
				w[i] = dtype.BF16ToF32(dtype.F32ToBF16(w[i]))
			}
			total += importance[i%width] * float64(w[i]) * float64(w[i])
		}
		var s ScaleSearch
		half := n / 2 * width
		require.NoError(t, s.Add(w[half:], importance))
		require.NoError(t, s.Add(w[:half], importance))
		var mean absmean.Mean
		mean.Add(w)
		found := s.Best(mean.Scale())
		var merged, part ScaleSearch
		require.NoError(t, part.Add(w[half:], importance))
		merged.Merge(&part)
		merged.Merge(&ScaleSearch{})
		require.Equal(t, part, merged)
		part = ScaleSearch{}
		require.NoError(t, part.Add(w[:half], importance))
		merged.Merge(&part)
		require.InDelta(t, found.After, merged.Best(mean.Scale()).After, 1e-6)
		slack := total / 256
		if bf16 {
			slack = total * 1e-6
		}
		before, after := roundingError(w, importance, mean.Scale()), roundingError(w, importance, found.Scale)
		require.LessOrEqual(t, after, bestError(w, importance)+slack)
		require.InDelta(t, before, found.Before*found.Before*total, slack)
		require.InDelta(t, after, found.After*found.After*total, slack)
		require.GreaterOrEqual(t, found.Gain, 0.0)
		if found.Before > 0 {
			require.InDelta(t, 1-found.After*found.After/(found.Before*found.Before), found.Gain, 1e-9)
		}
	})
}

// TestRowSearch: weights that are sorted, each with an importance of its own, have the scale
// that bins of single values find, and the error is the best there is.
func TestRowSearch(t *testing.T) {
	var row RowSearch // kept: what one search leaves behind is not in the next
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		importance, w := make([]float64, 1+rng.IntN(300)), []float32(nil)
		for c := range importance {
			importance[c] = math.Exp(3 * rng.NormFloat64())
			w = append(w, dtype.BF16ToF32(dtype.F32ToBF16(float32(rng.NormFloat64()*0.02))))
		}
		var binned ScaleSearch
		require.NoError(t, binned.Add(w, importance))
		var mean absmean.Mean
		mean.Add(w)
		want := binned.Best(mean.Scale())
		got, err := row.Best(w, importance, mean.Scale())
		require.NoError(t, err)
		require.InEpsilon(t, want.Scale, got.Scale, 1e-6)
		require.InDelta(t, want.Before, got.Before, 1e-6)
		require.InDelta(t, want.After, got.After, 1e-6)
		require.InDelta(t, want.Gain, got.Gain, 1e-6)

		// Of float32 values bins know less; the definition does not.
		var total float64
		for i := range w {
			w[i] = float32(rng.NormFloat64() * 0.02)
			total += importance[i] * float64(w[i]) * float64(w[i])
		}
		got, err = row.Best(w, importance, mean.Scale())
		require.NoError(t, err)
		require.InDelta(t, bestError(w, importance), min(roundingError(w, importance, got.Scale), roundingError(w, importance, mean.Scale())), total*1e-6)
		require.InDelta(t, math.Sqrt(roundingError(w, importance, got.Scale)/total), got.After, 1e-6)
	})
}

// TestScaleSearchUniform: where columns matter alike, the scale is that of least squares.
func TestScaleSearchUniform(t *testing.T) {
	// ±1 of all leaves 14 - 6²/3 = 2, of the two largest 14 - 5²/2 = 1.5, of the largest 5.
	w := []float32{1, -2, 3}
	for _, m := range []float64{1, 7} {
		importance := []float64{m, m, m}
		var s ScaleSearch
		require.NoError(t, s.Add(w, importance))
		got, err := new(RowSearch).Best(w, importance, 2)
		require.NoError(t, err)
		for _, found := range []Scale{s.Best(2), got} {
			require.InDelta(t, 2.5, found.Scale, 1e-6)
			require.InDelta(t, math.Sqrt(1.5/14), found.After, 1e-9)
		}
	}
}

// TestScaleSearchNothing: where there is nothing to gain.
func TestScaleSearchNothing(t *testing.T) {
	var s ScaleSearch
	require.Equal(t, Scale{Scale: 2}, s.Best(2), "no weights")
	w, m := []float32{0.5, -0.5, 0, 0.5}, []float64{1, 3}
	require.NoError(t, s.Add(w, m))
	require.Equal(t, Scale{Scale: 0.5}, s.Best(0.5), "ternary weights")
	require.InDelta(t, 0.5, s.Best(0.4).Scale, 1e-7)
	require.InDelta(t, 1, s.Best(0.4).Gain, 1e-9)
	var zeros ScaleSearch
	require.NoError(t, zeros.Add([]float32{0, 0}, []float64{1, 1}))
	require.Equal(t, Scale{Scale: 1}, zeros.Best(1))
	var unread ScaleSearch
	require.NoError(t, unread.Add([]float32{1, 2}, []float64{0, 0}))
	require.Equal(t, Scale{Scale: 1}, unread.Best(1))
	for _, importance := range [][]float64{{0, 0}, {}} {
		found, err := new(RowSearch).Best(make([]float32, len(importance)), importance, 1)
		require.NoError(t, err)
		require.Equal(t, Scale{Scale: 1}, found)
	}
	// Weights below the floor of mean magnitudes keep the scale that is there.
	for _, tt := range []struct{ w, there, want float32 }{{1e-9, absmean.Eps, absmean.Eps}, {9e-6, absmean.Eps, absmean.Eps}, {1.5e-5, absmean.Eps, 1.5e-5}} {
		var small ScaleSearch
		require.NoError(t, small.Add([]float32{tt.w, -tt.w, 0}, []float64{1, 1, 1}))
		require.InEpsilon(t, tt.want, small.Best(tt.there).Scale, 1e-6)
		found, err := new(RowSearch).Best([]float32{tt.w, -tt.w, 0}, []float64{1, 1, 1}, tt.there)
		require.NoError(t, err)
		require.InEpsilon(t, tt.want, found.Scale, 1e-6)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		require.ErrorIs(t, new(ScaleSearch).Add([]float32{bad}, []float64{1}), errNotFinite)
		_, err := new(RowSearch).Best([]float32{bad}, []float64{1}, 1)
		require.ErrorIs(t, err, errNotFinite)
	}
}
