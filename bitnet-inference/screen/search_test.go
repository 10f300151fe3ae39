package screen

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

var types = []dtype.DType{dtype.F32, dtype.F16, dtype.BF16}

// matrix stores rows (V, D) in elements of type d.
func matrix(rows [][]float32, d dtype.DType) *nn.Matrix {
	m := &nn.Matrix{Rows: len(rows), Type: d}
	for _, r := range rows {
		m.Cols = len(r)
		for _, v := range r {
			switch d {
			case dtype.F32:
				m.Data = binary.LittleEndian.AppendUint32(m.Data, math.Float32bits(v))
			case dtype.F16:
				if v-v == 0 { // keep finite what is finite
					v = min(max(v, -65504), 65504)
				}
				m.Data = binary.LittleEndian.AppendUint16(m.Data, dtype.F32ToF16(v))
			case dtype.BF16:
				m.Data = binary.LittleEndian.AppendUint16(m.Data, dtype.F32ToBF16(v))
			}
		}
	}
	return m
}

// full returns all logits in order, by the head alone.
func full(m *nn.Matrix, x []float32) ([]float32, []Candidate) {
	logits := make([]float32, m.Rows)
	m.Mul(logits, m.Rows, x, 0, m.Rows)
	all := make([]Candidate, m.Rows)
	for i, l := range logits {
		all[i] = Candidate{l, int32(i)}
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return cmp.Compare(b.Logit, a.Logit) })
	return logits, all
}

// requireBits compares candidates, the sign of zero included.
func requireBits(t require.TestingT, want, got []Candidate) {
	require.Equal(t, want, got)
	for i := range want {
		require.Equal(t, math.Float32bits(want[i].Logit), math.Float32bits(got[i].Logit))
	}
}

// checkAnswers asks everything about x and compares it with the full head.
func checkAnswers(t require.TestingT, rng *rand.Rand, h *Head, s *Search, m *nn.Matrix, x []float32) {
	logits, all := full(m, x)
	for _, l := range logits {
		require.Zero(t, l-l, "Scan is to refuse what overflows")
	}
	for id, l := range logits {
		low, high := s.Bounds(int32(id))
		require.True(t, low <= l && l <= high, "row %d: logit %v is outside of [%v, %v]", id, l, low, high)
	}
	s.Limit = h.Rows()
	margin := math.Abs(rng.NormFloat64()) * 3
	prefix := []Candidate{{-1, -1}}
	for _, k := range rng.Perm(min(h.Rows(), 50))[:min(h.Rows(), 3)] {
		require.True(t, s.Scan(x))
		top, ok := s.Top(slices.Clone(prefix), k+1)
		require.True(t, ok)
		requireBits(t, append(slices.Clone(prefix), all[:k+1]...), top)
		if rng.IntN(2) == 0 { // with and without the intervals that Top left
			require.True(t, s.Scan(x))
		}
		near, ok := s.Above(slices.Clone(prefix), margin)
		require.True(t, ok)
		n := 0
		for n < len(all) && float64(all[n].Logit) >= float64(all[0].Logit)-margin {
			n++
		}
		requireBits(t, append(slices.Clone(prefix), all[:n]...), near)
		require.LessOrEqual(t, s.Computed(), h.Rows())
	}
	for _, scale := range []float64{0.01, 0.7, 30} {
		noise := gumbel(rng, h.Rows())
		require.True(t, s.Scan(x))
		got, ok := s.Perturbed(scale, noise)
		require.True(t, ok)
		require.Equal(t, noise.largest(logits, scale), got)
	}
	checkRefined(t, s, x, logits)
	require.True(t, s.Scan(x))
	ids := []int32{int32(h.Rows() - 1)}
	got := make([]float32, 1)
	s.Logits(got, ids)
	require.Equal(t, math.Float32bits(logits[ids[0]]), math.Float32bits(got[0]))
}

// checkRefined narrows all intervals and compares them with what the bound for codes of
// 8 bits promises.
func checkRefined(t require.TestingT, s *Search, x []float32, logits []float32) {
	require.True(t, s.Scan(x))
	wide := make([][2]float64, len(logits))
	ids := make([]int32, len(logits))
	for i := range ids {
		ids[i] = int32(i)
		wide[i] = [2]float64{float64(s.low[i]), float64(s.high[i])}
	}
	n := s.unknown(ids)
	s.refine(ids)
	require.Equal(t, n, s.Refined())
	require.Zero(t, s.Computed())
	for id, l := range logits {
		low, high := s.Bounds(int32(id))
		require.True(t, low <= l && l <= high, "row %d: logit %v is outside of [%v, %v]", id, l, low, high)
		require.True(t, wide[id][0] <= float64(low) && float64(high) <= wide[id][1], "row %d grew", id)
		if low == high {
			require.GreaterOrEqual(t, id, s.copied.rows, "a single value is for logits that are known")
			continue
		}
		half := s.limits.ofResidual*float64(s.head.residual[id]) + s.limits.ofNorm*float64(s.head.norm[id]) + s.limits.always
		size := half + math.Abs(wide[id][0]) + math.Abs(wide[id][1])
		require.LessOrEqual(t, float64(high)-float64(low), 2*half+size/(1<<19)+math.Ldexp(1, -147), "row %d", id)
	}
	s.refine(ids)
	require.Equal(t, n, s.Refined(), "what is narrow stays so")
}

// given is Noise that was drawn before.
type given []float64

func (g given) At(id int32, least float64) (float64, bool) {
	return g[id], !(g[id] < least)
}

func gumbel(rng *rand.Rand, n int) given {
	g := make(given, n)
	for i := range g {
		g[i] = -math.Log(rng.ExpFloat64())
	}
	return g
}

// largest is the definition of Perturbed.
func (g given) largest(logits []float32, scale float64) int32 {
	best := 0
	for i, l := range logits {
		// Products are converted so that no CPU fuses them with the sum.
		if float64(float64(l)*scale)+g[i] > float64(float64(logits[best])*scale)+g[best] {
			best = i
		}
	}
	return int32(best)
}

// TestScanAll: searches that share a scan find what each would alone.
func TestScanAll(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		const v, d, n = 150, 70, 5
		xs := make([]float32, 0, n*d)
		for i := range n {
			xs = append(xs, fills[slices.Sorted(maps.Keys(fills))[i]](rng, d)...)
		}
		xs[2*d] = float32(math.NaN()) // one of them cannot be scanned
		m := matrix(awkward(rng, v, d, xs[:d]), dtype.F16)
		h, err := begun(rng, m, pool)
		require.NoError(t, err)
		defer h.Release()
		var all []*Search
		for range n {
			all = append(all, h.NewSearch(pool))
		}
		ScanAll(all, xs)
		alone := h.NewSearch(pool)
		scanned := 0
		for i, s := range all {
			require.Equal(t, alone.Scan(xs[i*d:(i+1)*d]), s.Scanned())
			if !s.Scanned() {
				continue
			}
			scanned++
			require.Equal(t, alone.low, s.low)
			require.Equal(t, alone.high, s.high)
			require.Equal(t, alone.tileHigh, s.tileHigh)
			require.Equal(t, alone.tileSum, s.tileSum)
		}
		require.Less(t, scanned, n)
		require.Greater(t, scanned, n/2)
		ScanAll(nil, nil)
		require.PanicsWithValue(t, "screen: ScanAll length", func() { ScanAll(all, xs[1:]) })
		other, err := New(m, memory.Heap(), pool)
		require.NoError(t, err)
		defer other.Release()
		all[1] = other.NewSearch(pool)
		require.PanicsWithValue(t, "screen: ScanAll searches of different heads", func() { ScanAll(all, xs) })
	})
}

// begun returns a Head of which a part has been encoded: nothing, some tiles, all.
func begun(rng *rand.Rand, m *nn.Matrix, pool *parallel.Pool) (*Head, error) {
	h, err := Begin(m, memory.Heap())
	if err != nil {
		return nil, err
	}
	for want := rng.IntN(m.Rows + 2); h.Encoded() < min(want, m.Rows); {
		if _, _, err := h.Encode(1+rng.IntN(100), pool); err != nil {
			h.Release()
			return nil, err
		}
	}
	return h, nil
}

// TestRapid is TestAwkward over sizes, kinds and scales that rapid chooses.
func TestRapid(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	kinds := slices.Sorted(maps.Keys(fills))
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		v, d := rapid.IntRange(1, 300).Draw(t, "rows"), rapid.IntRange(1, 300).Draw(t, "columns")
		x := fills[rapid.SampledFrom(kinds).Draw(t, "x")](rng, d)
		by := float32(math.Ldexp(1, rapid.IntRange(-140, 60).Draw(t, "scale")))
		for i := range x {
			x[i] *= by
		}
		m := matrix(awkward(rng, v, d, x), rapid.SampledFrom(types).Draw(t, "type"))
		h, err := begun(rng, m, pool)
		if err != nil {
			t.Skip("an element overflows the type")
		}
		defer h.Release()
		s := h.NewSearch(pool)
		if s.Scan(x) {
			checkAnswers(t, rng, h, s, m, x)
		}
	})
}

// TestPays runs a head of a usual kind and counts: Top answers within the default
// limit, and reads few rows.
func TestPays(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	rng := rand.New(rand.NewPCG(9, 10))
	rows := make([][]float32, 6000)
	for r := range rows {
		rows[r] = each(320, func(int) float64 { return 0.02 * rng.NormFloat64() })
	}
	m := matrix(rows, dtype.F16)
	h, err := New(m, memory.Heap(), pool)
	require.NoError(t, err)
	defer h.Release()
	require.Equal(t, 6000*(2*coarseBlock+12), h.Bytes())
	s := h.NewSearch(pool)
	require.Equal(t, 300, s.Limit)
	for range 20 {
		x := fills["normal"](rng, 320)
		_, all := full(m, x)
		for k, most := range map[int]int{1: 1 + refineFrom, 40: 200} {
			require.True(t, s.Scan(x))
			require.Zero(t, s.Refined())
			top, ok := s.Top(nil, k)
			require.True(t, ok)
			requireBits(t, all[:k], top)
			require.LessOrEqual(t, s.Computed(), most)
			require.GreaterOrEqual(t, s.Computed(), k)
			require.LessOrEqual(t, s.Refined(), 600)
			if k == 40 {
				require.Positive(t, s.Refined())
			}
		}
	}
	// What does not pay is refused, and the destination stays as it was.
	dst := make([]Candidate, 1, 10)
	for name, ask := range map[string]func() ([]Candidate, bool){
		"too many asked":  func() ([]Candidate, bool) { return s.Top(dst, 301) },
		"too many nearby": func() ([]Candidate, bool) { return s.Above(dst, 100) },
		"too many nearby for the fine plane": func() ([]Candidate, bool) {
			require.True(t, s.Scan(fills["constant"](rng, 320)))
			got, ok := s.Above(dst, 0.2)
			require.Greater(t, s.Refined(), 300)
			require.Less(t, s.Refined(), 6000/refineShare)
			return got, ok
		},
		"too much noise alike": func() ([]Candidate, bool) {
			_, ok := s.Perturbed(1e-30, slices.Repeat(given{1}, 6000))
			return dst, ok
		},
		"all equal": func() ([]Candidate, bool) {
			require.True(t, s.Scan(make([]float32, 320)))
			return s.Top(dst, 1)
		},
	} {
		got, ok := ask()
		require.False(t, ok, name)
		require.Equal(t, make([]Candidate, 1), got, name)
	}
	require.LessOrEqual(t, s.Computed(), 300)
}

// TestEncode adds to a Head in steps, which its searches use one after the other.
func TestEncode(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	rng := rand.New(rand.NewPCG(31, 32))
	x := fills["normal"](rng, 40)
	m := matrix(awkward(rng, 200, 40, x), dtype.F16)
	h, err := Begin(m, memory.Heap())
	require.NoError(t, err)
	defer h.Release()
	s := h.NewSearch(pool)
	_, all := full(m, x)
	for _, want := range [][2]int{{0, 64}, {64, 192}, {192, 200}, {200, 200}} {
		require.True(t, s.Scan(x))
		require.Equal(t, want[0], h.Encoded())
		exact := 0
		for i := range s.low {
			if s.low[i] == s.high[i] {
				exact++
			}
		}
		require.GreaterOrEqual(t, exact, h.Rows()-h.Encoded())
		top, ok := s.Top(nil, 5)
		require.True(t, ok)
		requireBits(t, all[:5], top)
		lo, hi, err := h.Encode(want[1]-want[0]-min(5, want[1]-want[0]-1), pool)
		require.NoError(t, err)
		require.Equal(t, want, [2]int{lo, hi})
	}
	whole, err := New(m, memory.Heap(), pool)
	require.NoError(t, err)
	defer whole.Release()
	require.Equal(t, whole.scale, h.scale)
	require.Equal(t, whole.residual, h.residual)
	require.Equal(t, whole.coarseResidual, h.coarseResidual)
	require.Equal(t, whole.norm, h.norm)
	require.Equal(t, whole.coarse, h.coarse)
	require.Equal(t, whole.fine, h.fine)
	require.Equal(t, whole.copied.Load(), h.copied.Load())

	// One step at a time, while searches go on.
	h.encoding.Lock()
	lo, hi, err := h.Encode(64, pool)
	h.encoding.Unlock()
	require.NoError(t, err)
	require.Equal(t, lo, hi)

	// A row that cannot be encoded ends it, and what there is goes on.
	bad := matrix(awkward(rng, 200, 40, x), dtype.F32)
	binary.LittleEndian.PutUint32(bad.Data[4*(150*40+3):], math.Float32bits(float32(math.Inf(1))))
	half, err := Begin(bad, memory.Heap())
	require.NoError(t, err)
	defer half.Release()
	_, _, err = half.Encode(100, pool)
	require.NoError(t, err)
	for range 2 {
		lo, hi, err = half.Encode(100, pool)
		require.EqualError(t, err, "screen: row 150 of the head holds an infinity or a NaN: use it without a screen")
		require.Equal(t, [2]int{128, 128}, [2]int{lo, hi})
	}
	s = half.NewSearch(pool)
	require.False(t, s.Scan(x), "its logit is not finite")
	x[3] = 0
	require.False(t, s.Scan(x), "its logit is not a number")
	require.False(t, s.Scanned())
}

// TestRefuses covers states and heads that cannot be screened.
func TestRefuses(t *testing.T) {
	pool := parallel.New(1)
	defer pool.Close()
	m := matrix([][]float32{{1, 2, 3}, {4, 5, 6}}, dtype.F32)
	alloc := memory.NewChecked(memory.Heap())
	h, err := New(m, alloc, pool)
	require.NoError(t, err)
	s := h.NewSearch(pool)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 3e38} {
		require.False(t, s.Scan([]float32{1, float32(v), 0}), "%v", v)
		require.PanicsWithValue(t, "screen: Search without a Scan that reported true", func() { s.Top(nil, 1) })
	}
	require.True(t, s.Scan([]float32{1, 1, 1}))
	top, ok := s.Top(nil, 7)
	require.True(t, ok)
	require.Equal(t, []Candidate{{15, 1}, {6, 0}}, top)
	top, ok = s.Top(nil, 0)
	require.True(t, ok)
	require.Empty(t, top)
	require.Panics(t, func() { s.Above(nil, math.NaN()) })
	require.Panics(t, func() { s.Above(nil, -1) })
	require.Panics(t, func() { s.Scan(make([]float32, 2)) })
	require.Panics(t, func() { s.Logits(make([]float32, 2), []int32{1}) })
	h.Release()

	_, err = New(matrix([][]float32{{1}, {2}, {float32(math.Inf(1))}, {float32(math.NaN())}}, dtype.F32), alloc, pool)
	require.EqualError(t, err, "screen: row 2 of the head holds an infinity or a NaN: use it without a screen")
	require.Empty(t, alloc.Leaks())
	_, err = New(matrix([][]float32{make([]float32, MaxCols+1)}, dtype.BF16), alloc, pool)
	require.ErrorContains(t, err, "65537 columns")
	require.PanicsWithValue(t, "screen: New shape", func() {
		_, _ = New(&nn.Matrix{Rows: 2, Cols: 2, Type: dtype.F32, Data: make([]byte, 15)}, alloc, pool)
	})
}

// TestEmpty covers heads without rows or columns.
func TestEmpty(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	for _, m := range []*nn.Matrix{{Cols: 5, Type: dtype.F32}, {Rows: 5, Type: dtype.F32}} {
		h, err := New(m, memory.Heap(), pool)
		require.NoError(t, err)
		s := h.NewSearch(pool)
		require.True(t, s.Scan(make([]float32, m.Cols)))
		top, ok := s.Top(nil, 2)
		require.True(t, ok)
		require.Len(t, top, min(2, m.Rows))
		near, ok := s.Above(nil, 1)
		require.True(t, ok)
		require.Len(t, near, m.Rows)
		h.Release()
	}
}

// TestShared runs Searches of one Head side by side.
func TestShared(t *testing.T) {
	pool := parallel.New(2)
	t.Cleanup(pool.Close)
	rng := rand.New(rand.NewPCG(11, 12))
	m := matrix(awkward(rng, 300, 100, fills["normal"](rng, 100)), dtype.BF16)
	h, err := New(m, memory.Heap(), pool)
	require.NoError(t, err)
	t.Cleanup(h.Release)
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(13, uint64(i)))
			own := parallel.New(2)
			defer own.Close()
			s := h.NewSearch(own)
			for range 10 {
				x := fills["normal"](rng, 100)
				require.True(t, s.Scan(x))
				checkAnswers(t, rng, h, s, m, x)
			}
		})
	}
}
