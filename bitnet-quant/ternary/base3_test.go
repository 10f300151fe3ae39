package ternary

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
	"github.com/stretchr/testify/require"
)

// base3Of packs m again.
func base3Of(m *Matrix) Matrix {
	b := NewBase3(m.Rows, m.Cols)
	for i := range b.Data { // what was there does not matter
		b.Data[i] = 0xa5
	}
	stride := Stride(m.Cols)
	for g := 0; g*GroupRows < m.Rows; g++ {
		n := min(GroupRows, m.Rows-g*GroupRows)
		b.SetGroup(g, &Matrix{Rows: n, Cols: m.Cols, Data: m.Data[g*GroupRows*stride : (g*GroupRows+n)*stride]})
	}
	return b
}

// base3Variants lists the implementations for Base3 that this machine can run.
func base3Variants() []variant {
	found := []variant{{name: "generic", mul: mulGeneric}}
	for _, v := range runnable() {
		if v.base3 != nil {
			found = append(found, variant{name: v.name, mul: v.base3})
		}
	}
	return found
}

// inBase3 turns p's matrix to Base3.
func (p *product) inBase3() *product {
	p.m = base3Of(&p.m)
	return p
}

func TestBase3RoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, rows := range []int{1, 15, 16, 17, 33, 47, 48, 49, 100} {
		for _, cols := range []int{1, 31, 32, 33, 63, 64, 100, 255, 256, 257, 500} {
			m := newProduct(rng, rows, cols, 0).m
			b := base3Of(&m)
			require.Len(t, b.Data, Base3.Bytes(rows, cols))
			want, got := make([]int8, cols), make([]int8, cols)
			for r := range rows {
				m.Row(want, r)
				b.Row(got, r)
				require.Equal(t, want, got, "row %d of %d×%d", r, rows, cols)
			}
		}
	}
}

// TestBase3Layout states the layout of the package comment.
func TestBase3Layout(t *testing.T) {
	const rows, cols = 60, 70
	p := newProduct(rand.New(rand.NewPCG(5, 6)), rows, cols, 0).inBase3()
	code := func(r, c int) byte { // what lies beyond the last row and column has weight 0
		if r >= rows || c >= cols {
			return 1
		}
		return byte(p.w[r*cols+c] + 1)
	}
	want := make([]byte, 2*3*320)
	for group := range 2 {
		for unit := range 3 {
			v := want[(group*3+unit)*320:]
			for lane := range 16 {
				for j := range 4 {
					var five [8]byte
					for k := range five {
						r, c := 48*group+lane, 32*unit+4*k+j
						five[k] = code(r, c) + 3*code(r+16, c) + 9*code(r+32, c)
					}
					at := 4*lane + j
					v[at] = five[0] | five[5]<<5
					v[64+at] = five[1] | five[5]>>3<<6 | five[7]>>3&1<<5
					v[128+at] = five[2] | five[6]<<5
					v[192+at] = five[3] | five[6]>>3<<6 | five[7]>>4<<5
					v[256+at] = five[4] | five[7]<<5
				}
			}
		}
	}
	require.Equal(t, want, p.m.Data)
}

// TestBase3Pack compares what SetGroup makes with the definition.
func TestBase3Pack(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, cols := range []int{1, 100, 255, 256, 257, 400, 512, 700, 1280} {
		for _, rows := range []int{48, 96, 100} {
			m := newProduct(rng, rows, cols, 0).m
			m.Data = append(make([]byte, cols%64), m.Data...)[cols%64:] // at any offset
			got := base3Of(&m)
			want := make([]byte, len(got.Data))
			for g := 0; g*GroupRows < rows; g++ {
				src := Matrix{Rows: min(GroupRows, rows-g*GroupRows), Cols: cols, Data: m.Data[g*GroupRows*Stride(cols):]}
				packGeneric(want[g*base3Stride(cols):(g+1)*base3Stride(cols)], &src, 0)
			}
			require.Equal(t, want, got.Data, "%d×%d", rows, cols)
		}
	}
	group := New(48, 512)
	guard := guarded[byte](t, len(group.Data))
	copy(guard, group.Data)
	group.Data = guard
	m := Matrix{Rows: 48, Cols: 512, Layout: Base3, Data: guarded[byte](t, Base3.Bytes(48, 512))}
	m.SetGroup(0, &group)
}

func TestBase3Shapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	allCols, allRows := []int{1, 31, 32, 33, 255, 256, 257, 1000, 2560}, []int{1, 16, 47, 48, 49, 96, 110}
	if simdtest.Emulated() {
		allCols, allRows = []int{33, 1000}, []int{16, 50}
	}
	for _, cols := range allCols {
		for _, rows := range allRows {
			for _, tokens := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 19} {
				p := newProduct(rng, rows, cols, tokens).inBase3()
				p.checkVariants(t, base3Variants(), 0, rows, 0)
				lo := rng.IntN(rows)
				p.checkVariants(t, base3Variants(), lo, lo+1+rng.IntN(rows-lo), rng.IntN(5))
			}
		}
	}
}

// TestBase3Tiles covers products of several token tiles.
func TestBase3Tiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	shapes := []struct{ rows, cols, tokens int }{{130, 6912, 41}, {70, 300, 515}, {50, 66000, 7}}
	if simdtest.Emulated() {
		shapes = []struct{ rows, cols, tokens int }{{70, 1300, 41}, {53, 300, 19}}
	}
	for _, tt := range shapes {
		newProduct(rng, tt.rows, tt.cols, tt.tokens).inBase3().checkVariants(t, base3Variants(), 1, tt.rows, 3)
	}
}

func TestBase3Extremes(t *testing.T) {
	for _, cols := range []int{32, 256, 13824} {
		for _, w := range []int8{-1, 0, 1} {
			for _, q := range []int8{-128, 0, 127} {
				p := newProduct(rand.New(rand.NewPCG(0, 0)), 50, cols, 9)
				fill(p.w, w)
				fill(p.q, q)
				p.load(9)
				p.inBase3().checkVariants(t, base3Variants(), 0, 50, 0)
			}
		}
	}
}

// TestBase3Widest runs the longest row that is allowed, at the extremes.
func TestBase3Widest(t *testing.T) {
	for _, w := range []int8{-1, 1} {
		p := newProduct(rand.New(rand.NewPCG(0, 0)), 1, MaxBase3Cols, 1)
		fill(p.w, w)
		fill(p.q, -128)
		p.load(1)
		require.Equal(t, int32(w)*-128*MaxBase3Cols, p.want[0])
		p.inBase3().checkVariants(t, base3Variants(), 0, 1, 0)
	}
	require.PanicsWithValue(t, "ternary: NewBase3 shape", func() { NewBase3(1, MaxBase3Cols+1) })
}

// TestBase3Memory puts operands where reading or writing one byte past them faults, and
// moves them to every offset from a vector boundary.
func TestBase3Memory(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for tokens := 1; tokens <= 9; tokens++ {
		for _, rows := range []int{1, 48, 50, 96} {
			newProduct(rng, rows, 520, tokens).inBase3().checkBounds(t, base3Variants())
		}
	}
	for off := range 64 {
		p := newProduct(rng, 53, 700, 11).inBase3()
		p.m.Data = append(make([]byte, off), p.m.Data...)[off:]
		p.x.Q = append(make([]int8, 63-off), p.x.Q...)[63-off:]
		p.checkVariants(t, base3Variants(), 0, 53, 1)
	}
}

func FuzzBase3(f *testing.F) {
	f.Add(uint64(1), 10, 600, 3, 2, 7)
	f.Add(uint64(2), 48, 256, 1, 0, 48)
	f.Add(uint64(3), 133, 2560, 6, 1, 1)
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols, tokens, lo, n int) {
		rows, cols, tokens = 1+rows&127, 1+cols&2047, 1+tokens&15
		lo &= 127
		lo %= rows
		hi := lo + 1 + (n&127)%(rows-lo)
		newProduct(rand.New(rand.NewPCG(seed, 9)), rows, cols, tokens).inBase3().checkVariants(t, base3Variants(), lo, hi, n&3)
	})
}

// TestBase3Mul goes the public way, which has kernels for what Smallest recommends.
func TestBase3Mul(t *testing.T) {
	require.Equal(t, TwoBit, Smallest(3, 2560), "a group would be mostly padding")
	require.Equal(t, TwoBit, Smallest(4800, MaxBase3Cols+32))
	if bestBase3 == nil {
		require.Equal(t, TwoBit, Smallest(4800, 2560))
	} else {
		require.Equal(t, Base3, Smallest(4800, 2560))
	}
	p := newProduct(rand.New(rand.NewPCG(1, 1)), 100, 300, 3).inBase3()
	dst := make([]int32, 300)
	p.m.Mul(dst, 100, &p.x, 0, 100)
	require.Equal(t, p.want, dst)
	require.Zero(t, testing.AllocsPerRun(20, func() { p.m.Mul(dst, 100, &p.x, 3, 99) }))

	bad := p.m
	bad.Data = bad.Data[:len(bad.Data)-1]
	require.PanicsWithValue(t, "ternary: Mul rows", func() { bad.Mul(dst, 100, &p.x, 0, 100) })
	bad = p.m
	bad.Order = int8act.GroupsReversed
	x := p.x
	x.Order = bad.Order
	require.PanicsWithValue(t, "ternary: Mul layout", func() { bad.Mul(dst, 100, &x, 0, 100) })
	require.PanicsWithValue(t, "ternary: PackedRow layout", func() { p.m.PackedRow(0) })
	two := New(48, 300)
	require.PanicsWithValue(t, "ternary: SetGroup layout", func() { two.SetGroup(0, &two) })
	for g, rows := range map[int]int{-1: 48, 0: 47, 2: 48, 3: 48} {
		src := New(rows, 300)
		require.PanicsWithValue(t, "ternary: SetGroup shape", func() { p.m.SetGroup(g, &src) }, "group %d", g)
	}
}

func BenchmarkBase3Pack(b *testing.B) {
	m := newProduct(rand.New(rand.NewPCG(1, 2)), GroupRows, 2560, 0).m
	to := NewBase3(GroupRows, 2560)
	b.SetBytes(GroupRows * 2560)
	for b.Loop() {
		to.SetGroup(0, &m)
	}
}

func BenchmarkBase3(b *testing.B) {
	for _, shape := range []struct{ rows, cols int }{{2592, 2560}, {6912, 2560}, {2592, 6912}} {
		for _, tokens := range []int{1, 2, 4, 8, 128} {
			p := newProduct(rand.New(rand.NewPCG(1, 2)), shape.rows, shape.cols, tokens).inBase3()
			for _, v := range base3Variants()[1:] {
				b.Run(fmt.Sprintf("kernel=%s/rows=%d/cols=%d/tokens=%d", v.name, shape.rows, shape.cols, tokens), func(b *testing.B) {
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
