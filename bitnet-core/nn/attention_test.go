package nn

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

var headTypes = []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0}

// A cached is a Head with what its elements stand for.
type cached struct {
	Head
	keys, values []float32 // (positions, Width)
}

// newCached fills a Head of n positions through Put. Positions of the last block
// that no one has put hold NaN.
func newCached(rng *rand.Rand, d dtype.DType, width, n int) *cached {
	keys, values := HeadBytes(d, width, n)
	h := &cached{Head: Head{Width: width, Type: d, Keys: bytes.Repeat([]byte{0xff}, int(keys)), Values: make([]byte, values)}}
	for p := range n {
		k, v := normal(rng, width), normal(rng, width)
		h.Put(p, k, v)
		h.keys, h.values = append(h.keys, stored(k, d)...), append(h.values, stored(v, d)...)
	}
	return h
}

// want returns attention in float64.
func (h *cached) want(q []float32, n int) []float64 {
	scores, top := make([]float64, n), math.Inf(-1)
	for p := range scores {
		for i, v := range q {
			scores[p] += float64(v) * float64(h.keys[p*h.Width+i])
		}
		top = max(top, scores[p])
	}
	out, sum := make([]float64, h.Width), 0.0
	for p, s := range scores {
		e := math.Exp(s - top)
		sum += e
		for i := range out {
			out[i] += e * float64(h.values[p*h.Width+i])
		}
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// attend returns the rows (len(rows)/Width, Width) that Attend gives.
func (h *Head) attend(rows []float32, group, seen int) []float32 {
	return h.attendIn(rows, group, seen, 0)
}

// attendIn is attend with a window.
func (h *Head) attendIn(rows []float32, group, seen, window int) []float32 {
	n := len(rows) / h.Width
	parts := make([]float32, 2*PartLen(n, h.Width))
	sum := MakePart(parts[:len(parts)/2], n, h.Width)
	scratch := make([]float32, Scratch(group, h.Width))
	for i := range scratch {
		scratch[i] = float32(math.NaN())
	}
	h.Attend(sum, MakePart(parts[len(parts)/2:], n, h.Width), Queries{Rows: rows, Group: group, Seen: seen, Window: window}, scratch)
	out := make([]float32, len(rows))
	for r := range n {
		sum.Row(out[r*h.Width:(r+1)*h.Width], r)
	}
	return out
}

// TestAttend compares every kernel with float64 over widths with and without
// tails, groups that fit the kernels' rows and others, and contexts that begin,
// fill and cross blocks and chunks.
func TestAttend(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, d := range headTypes {
			tolerance := 2e-5
			if d == dtype.Q8_0 { // queries and weights are int16
				tolerance = 1e-3
			}
			for _, width := range []int{2, 16, 32, 64, 80, 96, 100, 128, 144} {
				for _, seen := range []int{1, 2, 31, 32, 33, 64, 255, 256, 257, 600} {
					group, tokens := []int{1, 2, 3, 4, 5, 7, 13}[rng.IntN(7)], 1+rng.IntN(9)
					h := newCached(rng, d, width, seen+tokens-1)
					q := normal(rng, tokens*group*width)
					Scale(q, q, 0.3)
					got := h.attend(q, group, seen)
					for r := range tokens * group {
						want := h.want(q[r*width:(r+1)*width], seen+r/group)
						for i, w := range want {
							require.InDelta(t, w, got[r*width+i], tolerance, "%v width=%d seen=%d group=%d row %d of %d", d, width, seen, group, r, tokens*group)
						}
					}
				}
			}
		}
	})
}

// TestAttendSameBits: a query's result does not depend on the queries it is
// computed with, nor on who computes which chunk, nor on later positions, not
// even if those hold NaN.
func TestAttendSameBits(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 8))
		for _, d := range headTypes {
			for _, width := range []int{6, 72, 100, 128} {
				for _, group := range []int{1, 3, 4, 8} {
					const seen, tokens = 250, 19 // the chunk's border lies among the tokens
					h := newCached(rng, d, width, seen+tokens-1)
					q := normal(rng, tokens*group*width)
					want := h.attend(q, group, seen)
					for tok := range tokens {
						rows := q[tok*group*width : (tok+1)*group*width]
						require.Equal(t, want[tok*group*width:(tok+1)*group*width], h.attend(rows, group, seen+tok), "token %d alone", tok)
						require.Equal(t, want[tok*group*width:(tok*group+1)*width], h.attend(rows[:width], 1, seen+tok), "row %d alone", tok*group)
					}
					poison := make([]float32, width)
					for i := range poison {
						poison[i] = float32(math.NaN())
					}
					const good = 7 // tokens that see nothing of it
					for p := seen + good - 1; p < seen+tokens-1; p++ {
						h.Put(p, poison, poison)
					}
					got := h.attend(q, group, seen)
					require.Equal(t, want[:good*group*width], got[:good*group*width])
					require.True(t, math.IsNaN(float64(got[good*group*width])))
				}
			}
		}
	})
}

// TestAttendExtremes: scores far apart and far from 0, and one that is all.
func TestAttendExtremes(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		h := newCached(rand.New(rand.NewPCG(1, 1)), dtype.F32, 4, 300)
		for p := range 300 {
			h.Put(p, []float32{float32(-p) * 100, 0, 0, 0}, []float32{float32(p), 1, 2, 3})
		}
		got := h.attend([]float32{50, 0, 0, 0}, 1, 300)
		require.InDelta(t, 0, got[0], 1e-30)
		require.EqualValues(t, 3, got[3])
		require.Equal(t, []float32{299, 1, 2, 3}, h.attend([]float32{-50, 0, 0, 0}, 1, 300))
		got = h.attend([]float32{0, 0, 0, 0}, 1, 300)
		require.InDelta(t, 149.5, got[0], 1e-3)
		require.InDelta(t, 3, got[3], 1e-5)
	})
}

// TestNaNStaysVisible: a NaN in a key, a value or a query is seen in the results of
// the queries that meet it, and in no others. In Q8_0 an Inf is one too.
func TestNaNStaysVisible(t *testing.T) {
	const width, n, place = 100, 290, 97
	nan, inf := math.NaN(), math.Inf(1)
	withVariants(t, func(t *testing.T) {
		for _, d := range headTypes {
			for _, where := range []string{"key", "value", "query"} {
				for _, bad := range []float64{nan, inf, -inf} {
					if d != dtype.Q8_0 && !math.IsNaN(bad) {
						continue
					}
					for _, p := range []int{0, 40, 257} {
						name := fmt.Sprintf("%v: %v in %s %d", d, bad, where, p)
						h := newCached(rand.New(rand.NewPCG(5, 5)), d, width, n)
						q := normal(rand.New(rand.NewPCG(6, 6)), 2*width)
						k, v := make([]float32, width), make([]float32, width)
						operand := map[string][]float32{"key": k, "value": v, "query": q}[where]
						operand[place] = float32(bad)
						h.Put(p, k, v)
						got := h.attend(q, 2, n)
						require.True(t, math.IsNaN(float64(got[place])), name)
						require.Equal(t, where != "query", math.IsNaN(float64(got[width+place])), name)
						if p > 0 { // what does not see the position
							require.False(t, math.IsNaN(float64(h.attend(q[width:], 1, p)[place])), name)
						}
					}
				}
			}
		}
	})
}

func TestHeadPanics(t *testing.T) {
	h := newCached(rand.New(rand.NewPCG(1, 1)), dtype.F32, 4, 3)
	q8 := newCached(rand.New(rand.NewPCG(1, 1)), dtype.Q8_0, 4, 3)
	q, part := Queries{Rows: make([]float32, 4), Group: 1, Seen: 1}, MakePart(make([]float32, PartLen(1, 4)), 1, 4)
	scratch := make([]float32, Scratch(1, 4))
	for _, tt := range []struct {
		panics string
		call   func()
	}{
		{"nn: Head.Put shape", func() { h.Put(0, make([]float32, 3), make([]float32, 4)) }},
		{"nn: Head.Put shape", func() { q8.Put(0, make([]float32, 4), make([]float32, 5)) }},
		{"nn: Head.Chunk shape", func() { q8.Chunk(part, q, 0, scratch[1:]) }},
		{"nn: Head.Put shape", func() { h.Put(-1, make([]float32, 4), make([]float32, 4)) }},
		{"nn: Head.Put type", func() { b := h.Head; b.Type = dtype.BF16; b.Put(0, make([]float32, 4), make([]float32, 4)) }},
		{"nn: Head.Chunk type", func() { b := h.Head; b.Type = dtype.BF16; b.Chunk(part, q, 0, scratch) }},
		{"nn: Head.Chunk shape", func() { h.Chunk(part, q, 0, scratch[1:]) }},
		{"nn: Head.Chunk shape", func() { h.Chunk(part, Queries{Rows: q.Rows, Group: 0, Seen: 1}, 0, scratch) }},
		{"nn: Head.Chunk shape", func() { h.Chunk(part, Queries{Rows: q.Rows[:3], Group: 1, Seen: 1}, 0, scratch) }},
		{"nn: MakePart length", func() { MakePart(make([]float32, 5), 1, 4) }},
	} {
		require.PanicsWithValue(t, tt.panics, tt.call)
	}
}

func TestAttendAllocates(t *testing.T) {
	h := newCached(rand.New(rand.NewPCG(1, 1)), dtype.F16, 64, 300)
	q8 := newCached(rand.New(rand.NewPCG(1, 1)), dtype.Q8_0, 64, 300)
	q, k := make([]float32, 4*64), make([]float32, 64)
	parts, scratch := make([]float32, 2*PartLen(4, 64)), make([]float32, Scratch(4, h.Width))
	one, two := MakePart(parts[:len(parts)/2], 4, 64), MakePart(parts[len(parts)/2:], 4, 64)
	require.Zero(t, testing.AllocsPerRun(20, func() {
		h.Put(299, k, k)
		h.Attend(one, two, Queries{Rows: q, Group: 4, Seen: 300}, scratch)
		q8.Put(299, k, k)
		q8.Attend(one, two, Queries{Rows: q, Group: 4, Seen: 300}, scratch)
		RMSNorm(q, q, q, 1e-5)
	}))
}

func BenchmarkAttend(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	const width, group, n = 128, 4, 2048
	for _, d := range headTypes {
		h := newCached(rng, d, width, n)
		for _, tokens := range []int{1, 15} {
			rows := tokens * group
			q := normal(rng, rows*width)
			parts, scratch := make([]float32, 2*PartLen(rows, width)), make([]float32, Scratch(group, h.Width))
			one, two := MakePart(parts[:len(parts)/2], rows, width), MakePart(parts[len(parts)/2:], rows, width)
			b.Run(fmt.Sprintf("type=%v/tokens=%d/kernel=%s", d, tokens, kernels.name), func(b *testing.B) {
				b.SetBytes(int64(len(h.Keys) + len(h.Values)))
				for b.Loop() {
					h.Attend(one, two, Queries{Rows: q, Group: group, Seen: n - tokens + 1}, scratch)
				}
				b.ReportMetric(float64(2*rows*width*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}

// TestWindow compares queries that see the last positions only with such that see no
// more than these, for windows that end in every part of a chunk, and checks that what
// lies before a window does not count, alone or in batches.
func TestWindow(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 8))
		for _, d := range headTypes {
			tolerance := 2e-5
			if d == dtype.Q8_0 {
				tolerance = 1e-3
			}
			for _, width := range []int{16, 100, 128} {
				for _, window := range []int{1, 5, 32, 256, 300, 900} {
					for _, seen := range []int{1, 31, 250, 257, 600} {
						group, tokens := 1+rng.IntN(5), 1+rng.IntN(15)
						h := newCached(rng, d, width, seen+tokens-1)
						q := normal(rng, tokens*group*width)
						Scale(q, q, 0.3)
						got := h.attendIn(q, group, seen, window)
						for r := range tokens * group {
							end := seen + r/group
							first := max(end-window, 0)
							want := (&cached{Head: h.Head, keys: h.keys[first*width:], values: h.values[first*width:]}).want(q[r*width:(r+1)*width], end-first)
							for i, w := range want {
								require.InDelta(t, w, got[r*width+i], tolerance, "%v width=%d seen=%d window=%d group=%d row %d of %d", d, width, seen, window, group, r, tokens*group)
							}
							tok := r / group
							require.Equal(t, got[r*width:(r+1)*width], h.attendIn(q[r*width:(r+1)*width], 1, seen+tok, window), "row %d alone", r)
						}
						if window >= seen+tokens {
							require.Equal(t, h.attend(q, group, seen), got, "a window that hides nothing")
						}
					}
				}
			}
		}
	})
}
