package calibrate

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// rows makes activations with a channel that is far larger than the others.
func rows(rng *rand.Rand, tokens, width int) []float32 {
	x := make([]float32, tokens*width)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if i%width == 3%width {
			x[i] *= 40
		}
		if rng.IntN(5) == 0 {
			x[i] = 0
		}
	}
	return x
}

func collect(k Key, width int, parts ...[]float32) *Statistics {
	var c Collector
	for _, p := range parts {
		c.Add(k, p, width)
	}
	return c.Statistics("ab")
}

// TestInput holds every number to its definition.
func TestInput(t *testing.T) {
	const tokens, width = 200, 7
	x := rows(rand.New(rand.NewPCG(1, 2)), tokens, width)
	k := Key{3, "qkv"}
	damaged := append(slices.Repeat([]float32{1}, width-1), float32(math.NaN()), float32(math.Inf(-1)))
	damaged = append(damaged, slices.Repeat([]float32{1}, width-1)...)
	in := collect(k, width, x, damaged).Inputs[k]
	require.EqualValues(t, tokens, in.Tokens)
	require.EqualValues(t, 2, in.NotFinite)
	require.Equal(t, width, in.Width())
	absMax, sumSq := make([]float32, width), make([]float64, width)
	var sum, total float64
	for i, v := range x {
		absMax[i%width] = max(absMax[i%width], float32(math.Abs(float64(v))))
		sumSq[i%width] += float64(v) * float64(v)
		sum += float64(v)
		total += float64(v) * float64(v)
	}
	require.Equal(t, absMax, in.AbsMax)
	require.InDeltaSlice(t, sumSq, in.SumSq, 1e-9)
	require.InDelta(t, sum/(tokens*width), in.Mean(), 1e-12)
	require.InDelta(t, math.Sqrt(total/(tokens*width)), in.RMS(), 1e-12)
	require.Equal(t, slices.Max(absMax), in.Peak())
	require.InDelta(t, sumSq[2]/tokens, in.Importance()[2], 1e-12)
	require.Equal(t, []int{3}, in.Outliers(6))
	require.Empty(t, in.Outliers(1e6))
	for i, n := range in.Magnitudes {
		from, to := in.Magnitudes.Bounds(i)
		var want uint64
		for _, v := range x {
			if a := math.Abs(float64(v)); from <= a && a < to {
				want++
			}
		}
		require.Equal(t, want, n, "%v to %v", from, to)
	}
	require.NoError(t, in.check())
	dead := collect(k, 5, []float32{0, 0, 0, 2, 2, 0, 0, 0, 40, 0}).Inputs[k]
	require.Empty(t, dead.Outliers(20), "of two channels that were ever more than 0 one is the median")
	require.Equal(t, []int{3}, collect(k, 5, []float32{0, 0, 1, 90, 2}).Inputs[k].Outliers(20))
	require.Empty(t, collect(k, 2, []float32{0, 0}).Inputs[k].Outliers(6))
	var none Input
	require.Zero(t, none.Mean()+none.RMS())
	require.Empty(t, none.Outliers(1))
}

// TestMagnitudeBins: every number is within the bounds of its bin, and bins join.
func TestMagnitudeBins(t *testing.T) {
	var m Magnitudes
	_, last := m.Bounds(0)
	for i := 1; i < MagnitudeBins; i++ {
		from, to := m.Bounds(i)
		require.Equal(t, last, from)
		last = to
	}
	require.True(t, math.IsInf(last, 1))
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float32Range(0, math.MaxFloat32).Draw(t, "a")
		from, to := m.Bounds(magnitudeBin(a))
		require.True(t, from <= float64(a) && float64(a) < to, "%v in %v to %v", a, from, to)
	})
}

// equal compares statistics of which sums may be rounded differently.
func equal(t require.TestingT, want, got *Statistics) {
	require.Equal(t, want.Model, got.Model)
	require.Equal(t, want.Keys(), got.Keys())
	for k, a := range want.Inputs {
		b := got.Inputs[k]
		require.Equal(t, a.Tokens, b.Tokens)
		require.Equal(t, a.NotFinite, b.NotFinite)
		require.Equal(t, a.AbsMax, b.AbsMax)
		require.Equal(t, a.Magnitudes, b.Magnitudes)
		require.InDelta(t, a.Sum, b.Sum, 1e-9)
		require.InDeltaSlice(t, a.SumSq, b.SumSq, 1e-9)
		for i, v := range a.Shares {
			require.InDelta(t, v, b.Shares[i], 1e-9*max(v, 1))
		}
	}
}

// TestMerge: parts merged in any order and grouping are the whole.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		keys := []Key{{0, "qkv"}, {0, "down"}, {11, "o"}}
		whole, parts := Collector{}, make([]Collector, 4)
		for range rapid.IntRange(0, 12).Draw(t, "adds") {
			k := rng.IntN(len(keys))
			x := rows(rng, rng.IntN(5), 4+k)
			whole.Add(keys[k], x, 4+k)
			parts[rng.IntN(len(parts))].Add(keys[k], x, 4+k)
		}
		want := whole.Statistics("ab")
		stats := func(i int) *Statistics { return parts[i].Statistics("ab") }
		a, b, c, d := stats(0), stats(1), stats(2), stats(3)
		left := &Statistics{}
		for _, s := range []*Statistics{d, b, a, c} {
			require.NoError(t, left.Merge(s))
		}
		equal(t, want, left)
		require.NoError(t, c.Merge(d)) // (a + (c + d)) + b
		require.NoError(t, a.Merge(c))
		require.NoError(t, a.Merge(b))
		equal(t, want, a)
	})
}

func TestMergeRefuses(t *testing.T) {
	k := Key{0, "o"}
	s := collect(k, 3, []float32{1, 2, 3})
	require.ErrorContains(t, s.Merge(&Statistics{Model: "cd"}), "two models")
	require.ErrorContains(t, s.Merge(collect(k, 2, []float32{1, 2})), "3 channels in one and 2 in the other")
	many := collect(k, 3, []float32{1, 2, 3})
	many.Inputs[k].Tokens = maxTokens
	require.ErrorContains(t, s.Merge(many), "more than")
	rounded := collect(k, 3, []float32{1, 2, 3})
	rounded.Inputs[k].Rounded = true
	require.ErrorContains(t, s.Merge(rounded), "rounded in one")
	require.EqualValues(t, 1, s.Inputs[k].Tokens)
	var empty Statistics
	require.NoError(t, empty.Merge(rounded))
	require.Equal(t, rounded, &empty)
}

// TestConcurrent adds from several goroutines.
func TestConcurrent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	keys := []Key{{0, "qkv"}, {1, "qkv"}}
	var all, one Collector
	var group sync.WaitGroup
	for i := range 16 {
		x := rows(rng, 20, 9)
		one.Add(keys[i%2], x, 9)
		group.Go(func() { all.Add(keys[i%2], x, 9) })
	}
	group.Wait()
	equal(t, one.Statistics("ab"), all.Statistics("ab"))
	require.Empty(t, all.Statistics("").Inputs)

	// Whoever takes statistics while others add has all of a call's rows or none.
	var tokens uint64
	for range 40 {
		group.Go(func() { all.Add(keys[0], make([]float32, 20*9), 9) })
		if in := all.Statistics("").Inputs[keys[0]]; in != nil {
			require.Zero(t, in.Tokens%20)
			tokens += in.Tokens
		}
	}
	group.Wait()
	if in := all.Statistics("").Inputs[keys[0]]; in != nil {
		tokens += in.Tokens
	}
	require.EqualValues(t, 40*20, tokens)
}

func TestMistakes(t *testing.T) {
	var c Collector
	c.Add(Key{}, []float32{1, 2}, 2)
	require.PanicsWithValue(t, "calibrate: Collector.Add shape", func() { c.Add(Key{}, []float32{1}, 2) })
	require.PanicsWithValue(t, "calibrate: Collector.Add width", func() { c.Add(Key{}, []float32{1}, 1) })
	require.PanicsWithValue(t, "calibrate: Clip.Apply shape", func() { Clip{}.Apply([]float32{1}, 2) })
	require.PanicsWithValue(t, "calibrate: ScaleSearch.Add shape", func() { _ = new(ScaleSearch).Add([]float32{1}, nil) })
}

func TestFile(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var c Collector
	for layer := range 3 {
		for i, group := range []string{"qkv", "gate_up", "down"} {
			c.Add(Key{layer, group}, rows(rng, 10, 5+i), 5+i)
		}
	}
	s := c.Statistics("0123456789abcdef")
	s.Inputs[Key{1, "down"}].Rounded = true
	path := filepath.Join(t.TempDir(), "stats.safetensors")
	require.NoError(t, s.Save(path))
	got, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, s, got)
	var first, second bytes.Buffer
	require.NoError(t, s.Write(&first))
	require.NoError(t, got.Write(&second))
	require.Equal(t, first.Bytes(), second.Bytes())
	_, err = Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestFileRefuses: every number that rows could not have led to.
func TestFileRefuses(t *testing.T) {
	k := Key{0, "qkv"}
	for name, c := range map[string]struct {
		spoil func(s *Statistics, in *Input)
		want  string
	}{
		"tokens":     {func(_ *Statistics, in *Input) { in.Tokens = maxTokens + 1 }, "more than"},
		"not finite": {func(_ *Statistics, in *Input) { in.NotFinite = math.MaxUint64 }, "more than"},
		"absmax":     {func(_ *Statistics, in *Input) { in.AbsMax[1] = float32(math.Inf(1)) }, "absmax of channel 1 is +Inf"},
		"absmax NaN": {func(_ *Statistics, in *Input) { in.AbsMax[0] = float32(math.NaN()) }, "absmax of channel 0"},
		"sumsq":      {func(_ *Statistics, in *Input) { in.SumSq[2] = math.MaxFloat64 }, "sumsq of channel 2"},
		"sumsq sign": {func(_ *Statistics, in *Input) { in.SumSq[2] = -1 }, "sumsq of channel 2"},
		"sum":        {func(_ *Statistics, in *Input) { in.Sum = math.NaN() }, "sum is NaN"},
		"magnitude":  {func(_ *Statistics, in *Input) { in.Magnitudes[3] = math.MaxUint64 }, "magnitudes of bin 3"},
		"magnitudes": {func(_ *Statistics, in *Input) { in.Magnitudes[3]++ }, "magnitudes are 13 in all, want 12"},
		"share":      {func(_ *Statistics, in *Input) { in.Shares[4] = math.Inf(1) }, "shares of bin 4"},
		"model":      {func(s *Statistics, _ *Input) { s.Model = "xyz" }, "want a fingerprint"},
		"group":      {func(s *Statistics, in *Input) { s.Inputs[Key{0, "Q.K"}] = in }, "none of activation statistics"},
		"long group": {func(s *Statistics, in *Input) { s.Inputs[Key{0, strings.Repeat("a", 33)}] = in }, "none of activation statistics"},
		"layer":      {func(s *Statistics, in *Input) { s.Inputs[Key{-1, "o"}] = in }, "none of activation statistics"},
		"width":      {func(_ *Statistics, in *Input) { in.AbsMax = in.AbsMax[:2] }, "sumsq is not 2 values of type F64"},
		"no width":   {func(_ *Statistics, in *Input) { in.AbsMax, in.SumSq = nil, nil }, "no list of 1 to"},
	} {
		s := collect(k, 3, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3})
		c.spoil(s, s.Inputs[k])
		data, err := written(s)
		if name == "width" { // which Write cannot be made to do
			require.ErrorContains(t, err, "sumsq")
			continue
		}
		require.NoError(t, err, name)
		_, err = Parse(memory.Wrap(data), "f")
		require.ErrorContains(t, err, c.want, name)
	}
}

func written(s *Statistics) ([]byte, error) {
	var b bytes.Buffer
	err := s.Write(&b)
	return b.Bytes(), err
}

// FuzzParse: whatever a file holds, what is read of it is written again, merged with
// itself and searched without a fault.
func FuzzParse(f *testing.F) {
	s := collect(Key{1, "down"}, 3, []float32{1, -2, 3, 4, 0, 6})
	data, err := written(s)
	require.NoError(f, err)
	f.Add(data)
	f.Add(bytes.Replace(data, []byte(`version":"2`), []byte(`version":"1`), 1))
	f.Add(bytes.Replace(data, []byte("absmax"), []byte("absmin"), 1))
	empty, err := written(&Statistics{})
	require.NoError(f, err)
	f.Add(empty)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(memory.Wrap(data), "f")
		if err != nil {
			return
		}
		again, err := written(s)
		require.NoError(t, err)
		twin, err := Parse(memory.Wrap(again), "f")
		require.NoError(t, err)
		require.Equal(t, s, twin)
		if s.Merge(twin) != nil {
			return
		}
		for _, in := range s.Inputs {
			require.NoError(t, in.check())
			c := in.Shares.Clip()
			require.True(t, c.Gain >= 0 && c.Gain <= 1 && c.Share > 0 && c.Share <= 1, c)
			require.False(t, math.IsNaN(in.RMS()+in.Mean()))
		}
	})
}
