package ternary

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
	"github.com/stretchr/testify/require"
)

func all() []variant {
	return append([]variant{{name: "generic", ok: true, mul: mulGeneric}}, variants()...)
}

// runnable lists the variants that this machine can run.
func runnable() []variant {
	return slices.DeleteFunc(all(), func(v variant) bool { return !v.ok })
}

// A product is one multiplication with its plain operands.
type product struct {
	w []int8 // (rows, cols)
	q []int8 // (T, cols)
	m Matrix
	x int8act.Rows

	want []int32 // (T, rows), straight from the definition
}

func newProduct(rng *rand.Rand, rows, cols, tokens int) *product {
	p := &product{
		w: make([]int8, rows*cols), q: make([]int8, tokens*cols), m: New(rows, cols),
		want: make([]int32, tokens*rows),
	}
	for i := range p.w {
		p.w[i] = int8(rng.IntN(3)) - 1
	}
	for i := range p.q {
		p.q[i] = int8(rng.Uint32())
	}
	p.load(tokens)
	return p
}

// load packs w and q and computes the product.
func (p *product) load(tokens int) {
	rows, cols := p.m.Rows, p.m.Cols
	for r := range rows {
		p.m.SetRow(r, p.w[r*cols:(r+1)*cols])
	}
	p.x.Resize(tokens, cols)
	clear(p.x.Q)
	for t := range tokens {
		q := p.q[t*cols : (t+1)*cols]
		copy(p.x.Q[t*p.x.Stride:], q)
		p.x.Scale[t], p.x.Sum[t] = 1, 0
		for _, v := range q {
			p.x.Sum[t] += int32(v)
		}
		for r := range rows {
			var sum int64
			for c, w := range p.w[r*cols : (r+1)*cols] {
				sum += int64(w) * int64(q[c])
			}
			p.want[t*rows+r] = int32(sum)
		}
	}
}

// check multiplies with every variant, into a dst with guard bands, and compares
// all of it.
func (p *product) check(t *testing.T, lo, hi, pad int) {
	t.Helper()
	p.checkVariants(t, runnable(), lo, hi, pad)
	if p.x.T == 1 {
		p.m.Streamed = true
		p.checkVariants(t, runnable(), lo, hi, pad)
		p.m.Streamed = false
	}
}

func (p *product) checkVariants(t *testing.T, variants []variant, lo, hi, pad int) {
	t.Helper()
	const guard = -0x5555
	n := hi - lo
	ld := n + pad
	data, q := bytes.Clone(p.m.Data), slices.Clone(p.x.Q)
	for _, v := range variants {
		dst := slices.Repeat([]int32{guard}, 8+p.x.T*ld+8)
		v.mul(dst[8:8+(p.x.T-1)*ld+n], ld, &p.m, &p.x, lo, hi)
		require.True(t, bytes.Equal(data, p.m.Data), "%s: weights written", v.name)
		require.True(t, slices.Equal(q, p.x.Q), "%s: activations written", v.name)
		for i, got := range dst {
			tok, r := (i-8)/ld, (i-8)%ld
			want := int32(guard)
			if i >= 8 && tok < p.x.T && r < n {
				want = p.want[tok*p.m.Rows+lo+r]
			}
			if got != want {
				t.Fatalf("%s: rows %d:%d of %d, %d columns, %d tokens: dst[%d] (token %d, row %d) is %d, want %d",
					v.name, lo, hi, p.m.Rows, p.m.Cols, p.x.T, i-8, tok, lo+r, got, want)
			}
		}
	}
}

func TestMulShapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	allCols := []int{1, 255, 256, 257, 512, 1000, 1536, 2304}
	allRows := []int{1, 2, 3, 4, 5, 7, 8, 23}
	allTokens := []int{1, 2, 3, 4, 5, 6, 7, 8, 11}
	if simdtest.Emulated() {
		allCols, allRows, allTokens = []int{1, 257, 1000}, []int{1, 4, 5, 11}, []int{1, 2, 3, 4, 8}
	}
	for _, cols := range allCols {
		for _, rows := range allRows {
			for _, tokens := range allTokens {
				p := newProduct(rng, rows, cols, tokens)
				p.check(t, 0, rows, 0)
				lo := rng.IntN(rows)
				p.check(t, lo, lo+1+rng.IntN(rows-lo), rng.IntN(5))
			}
		}
	}
}

// TestMulExtremes uses the operands that fill 16-bit accumulators: all weights
// at one end and all activations at one end, over more blocks than any kernel
// adds up before it widens.
func TestMulExtremes(t *testing.T) {
	allCols := []int{256, 3 * 256, 4 * 256, 5 * 256, 8 * 256, 9 * 256, 13824}
	if simdtest.Emulated() {
		allCols = allCols[3:6]
	}
	for _, cols := range allCols {
		for _, w := range []int8{-1, 0, 1} {
			for _, q := range []int8{-128, -127, 0, 127} {
				p := newProduct(rand.New(rand.NewPCG(0, 0)), 5, cols, 3)
				fill(p.w, w)
				fill(p.q, q)
				p.load(3)
				p.check(t, 0, 5, 0)
			}
		}
	}
}

// TestMulWidest runs the longest row that is allowed, at the extremes.
func TestMulWidest(t *testing.T) {
	cols, ends := MaxCols, []int8{-1, 1}
	if simdtest.Emulated() {
		cols, ends = MaxCols/4, ends[1:]
	}
	p := newProduct(rand.New(rand.NewPCG(0, 0)), 1, cols, 1)
	for _, w := range ends {
		fill(p.w, w)
		fill(p.q, -128)
		p.load(1)
		require.Equal(t, int32(w)*-128*int32(cols), p.want[0])
		p.check(t, 0, 1, 0)
	}
}

func fill(s []int8, v int8) {
	for i := range s {
		s[i] = v
	}
}

// TestMulBounds puts weights, activations, sums and results where reading or
// writing one byte past them faults.
func TestMulBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, tokens := range []int{1, 2, 3, 4, 6, 9} {
		for rows := 1; rows <= 9; rows++ {
			p := newProduct(rng, rows, 520, tokens)
			p.checkBounds(t, runnable())
			p.m.Streamed = true
			p.checkBounds(t, runnable())
		}
	}
}

func (p *product) checkBounds(t *testing.T, variants []variant) {
	t.Helper()
	rows, tokens := p.m.Rows, p.x.T
	data := guarded[byte](t, len(p.m.Data))
	q := guarded[int8](t, len(p.x.Q))
	sum := guarded[int32](t, tokens)
	copy(data, p.m.Data)
	copy(q, p.x.Q)
	copy(sum, p.x.Sum)
	p.m.Data, p.x.Q, p.x.Sum = data, q, sum
	for _, v := range variants {
		dst := guarded[int32](t, tokens*rows)
		v.mul(dst, rows, &p.m, &p.x, 0, rows)
		require.Equal(t, p.want, dst, v.name)
	}
}

func guarded[T int8 | uint8 | int32](t *testing.T, n int) []T {
	var v T
	b := simdtest.Guarded(t, n*int(unsafe.Sizeof(v)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

func FuzzMul(f *testing.F) {
	f.Add(uint64(1), 10, 600, 3, 2, 7)
	f.Add(uint64(2), 4, 256, 1, 0, 4)
	f.Add(uint64(3), 33, 2560, 6, 1, 1)
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, tokens, lo, n int) {
		rows, cols, tokens = 1+rows&31, 1+cols&2047, 1+tokens&15
		lo &= 31
		lo %= rows
		hi := lo + 1 + (n&31)%(rows-lo)
		p := newProduct(rand.New(rand.NewPCG(seed, 9)), rows, cols, tokens)
		p.check(t, lo, hi, n&3)
	})
}

func TestMulEdges(t *testing.T) {
	p := newProduct(rand.New(rand.NewPCG(1, 1)), 4, 300, 2)
	dst := make([]int32, 8)
	p.m.Mul(dst, 4, &p.x, 0, 4)
	require.Equal(t, p.want[7], dst[7])
	p.m.Mul(nil, 0, &p.x, 2, 2) // no rows: nothing to write
	none := p.x
	none.T = 0
	p.m.Mul(nil, 0, &none, 0, 4)

	// Without columns every sum is empty.
	var x int8act.Rows
	x.Resize(2, 0)
	empty := New(3, 0)
	dst = slices.Repeat([]int32{9}, 6)
	empty.Mul(dst, 3, &x, 0, 3)
	require.Equal(t, make([]int32, 6), dst)

	for _, tt := range []struct {
		panics string
		call   func()
	}{
		{"ternary: Mul rows", func() { p.m.Mul(dst, 4, &p.x, -1, 2) }},
		{"ternary: Mul rows", func() { p.m.Mul(dst, 4, &p.x, 3, 2) }},
		{"ternary: Mul rows", func() { p.m.Mul(dst, 4, &p.x, 0, 5) }},
		{"ternary: Mul rows", func() { m := p.m; m.Data = m.Data[:255]; m.Mul(dst, 4, &p.x, 0, 2) }},
		{"ternary: Mul dst", func() { p.m.Mul(dst, 3, &p.x, 0, 4) }},
		{"ternary: Mul dst", func() { p.m.Mul(dst[:5], 4, &p.x, 0, 2) }},
		{"ternary: Mul columns", func() { p.m.Mul(dst, 4, &x, 0, 2) }},
		{"ternary: Mul columns", func() { bad := p.x; bad.Stride = 300; p.m.Mul(dst, 4, &bad, 0, 2) }},
		{"ternary: Mul order", func() { bad := p.x; bad.Order = int8act.GroupsReversed; p.m.Mul(dst, 4, &bad, 0, 2) }},
		{"ternary: Mul activations", func() { bad := p.x; bad.Q = bad.Q[:600]; p.m.Mul(dst, 4, &bad, 0, 2) }},
		{"ternary: Mul activations", func() { bad := p.x; bad.Sum = nil; p.m.Mul(dst, 4, &bad, 0, 2) }},
	} {
		require.PanicsWithValue(t, tt.panics, tt.call)
	}
}

func TestTokenTile(t *testing.T) {
	for _, cols := range []int{0, 1, 256, 2560, 6912, MaxCols} {
		n := TokenTile(cols)
		require.Positive(t, n)
		require.Zero(t, n%4, "part of a tile is left over")
	}
}

func TestMulAllocates(t *testing.T) {
	for _, tokens := range []int{1, 3, 40} {
		p := newProduct(rand.New(rand.NewPCG(1, 1)), 64, 512, tokens)
		dst := make([]int32, 64*tokens)
		require.Zero(t, testing.AllocsPerRun(20, func() { p.m.Mul(dst, 64, &p.x, 0, 64) }))
	}
}

func TestRequiredVariants(t *testing.T) {
	ok := map[string]bool{}
	for _, v := range variants() {
		ok[v.name] = v.ok
	}
	simdtest.Required(t, ok)
}

func BenchmarkMul(b *testing.B) {
	for _, v := range all() {
		for _, shape := range []struct{ rows, cols int }{{2560, 2560}, {6912, 2560}, {512, 1536}} {
			for _, tokens := range []int{1, 2, 4, 16, 128} {
				b.Run(fmt.Sprintf("kernel=%s/rows=%d/cols=%d/tokens=%d", v.name, shape.rows, shape.cols, tokens), func(b *testing.B) {
					if !v.ok {
						b.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
					}
					if v.name == "generic" && tokens > 1 {
						b.Skip("the definition has no batched form")
					}
					p := newProduct(rand.New(rand.NewPCG(1, 2)), shape.rows, shape.cols, tokens)
					dst := make([]int32, tokens*shape.rows)
					b.SetBytes(int64(len(p.m.Data)))
					for b.Loop() {
						v.mul(dst, shape.rows, &p.m, &p.x, 0, shape.rows)
					}
					macs := float64(shape.rows) * float64(shape.cols) * float64(tokens) * float64(b.N)
					b.ReportMetric(macs/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
