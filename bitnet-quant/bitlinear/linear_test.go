package bitlinear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
	"github.com/stretchr/testify/require"
)

// A layer is a random Linear with its plain weights and inputs.
type layer struct {
	Linear
	w []int8 // (rows, cols)
	x int8act.Rows
}

func newLayer(rng *rand.Rand, rows, cols, tokens, scales int) *layer {
	l := &layer{w: make([]int8, rows*cols)}
	l.W = []ternary.Matrix{ternary.New(rows, cols)}
	for r := range rows {
		row := l.w[r*cols : (r+1)*cols]
		for c := range row {
			row[c] = int8(rng.IntN(3)) - 1
		}
		l.W[0].SetRow(r, row)
	}
	for range scales {
		l.Scale = append(l.Scale, float32(math.Exp(rng.NormFloat64())))
	}
	l.x.Resize(tokens, cols)
	for t := range tokens {
		v := make([]float32, cols)
		for c := range v {
			v[c] = float32(rng.NormFloat64() * math.Exp(float64(t%7)))
		}
		l.x.QuantizeRow(t, v)
	}
	return l
}

// plain is y in float64.
func (l *layer) plain(t, r int) float64 {
	cols := l.W[0].Cols
	var sum float64
	for c := range cols {
		sum += float64(l.w[r*cols+c]) * float64(l.x.Q[t*l.x.Stride+c])
	}
	return sum * float64(l.Scale[min(r, len(l.Scale)-1)]) / float64(l.x.Scale[t])
}

func TestForward(t *testing.T) {
	const guard = float32(-77)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct{ rows, cols, tokens int }{
		{1, 1, 1}, {7, 300, 1}, {33, 512, 2}, {40, 513, 5}, {130, 256, 700}, // the last in several batches
	} {
		for _, scales := range []int{1, tt.rows} {
			l := newLayer(rng, tt.rows, tt.cols, tt.tokens, scales)
			lo := rng.IntN(tt.rows)
			hi := lo + 1 + rng.IntN(tt.rows-lo)
			ld := tt.rows + 3
			dst := slices.Repeat([]float32{guard}, tt.tokens*ld)
			l.Forward(dst, ld, &l.x, lo, hi)
			for i, y := range dst {
				tok, r := i/ld, i%ld
				want, tolerance := float64(guard), 0.0
				if r >= lo && r < hi {
					// Two roundings, each within half a unit in the last place.
					want = l.plain(tok, r)
					tolerance = math.Abs(want) * 0x1p-23
				}
				if math.Abs(float64(y)-want) > tolerance {
					t.Fatalf("%+v rows %d:%d: token %d row %d is %v, want %v", tt, lo, hi, tok, r, y, want)
				}
			}
		}
	}
}

// TestForwardSplits checks that neither the split of rows over goroutines nor the
// batch a token is in changes a bit of the result.
func TestForwardSplits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, scales := range []int{1, 101} {
		l := newLayer(rng, 101, 700, 9, scales)
		whole := make([]float32, 9*101)
		l.Forward(whole, 101, &l.x, 0, 101)

		split := make([]float32, 9*101)
		var wg sync.WaitGroup
		for lo := 0; lo < 101; lo += 13 {
			wg.Go(func() { l.Forward(split, 101, &l.x, lo, min(lo+13, 101)) })
		}
		wg.Wait()
		require.Equal(t, whole, split)

		for tok := range 9 {
			one := int8act.Rows{
				T: 1, Cols: l.x.Cols, Stride: l.x.Stride,
				Q: l.x.Q[tok*l.x.Stride:][:l.x.Stride], Scale: l.x.Scale[tok:][:1], Sum: l.x.Sum[tok:][:1],
			}
			y := make([]float32, 101)
			l.Forward(y, 101, &one, 0, 101)
			require.Equal(t, whole[tok*101:][:101], y, "token %d alone", tok)
		}
	}
}

// TestForwardStacked: matrices one after the other are one with the rows of all.
func TestForwardStacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, scales := range []int{1, 101} {
		l := newLayer(rng, 101, 700, 9, scales)
		whole := make([]float32, 9*101)
		l.Forward(whole, 101, &l.x, 0, 101)

		stacked := Linear{Scale: l.Scale}
		stride := ternary.Stride(700)
		for _, part := range [][2]int{{0, 7}, {7, 7}, {7, 64}, {64, 101}} {
			w := l.W[0]
			w.Rows, w.Data = part[1]-part[0], slices.Clone(w.Data[part[0]*stride:part[1]*stride])
			stacked.W = append(stacked.W, w)
		}
		require.Equal(t, 101, stacked.Rows())
		got := make([]float32, 9*101)
		for lo, hi := range map[int]int{0: 3, 3: 70, 70: 101} {
			stacked.Forward(got, 101, &l.x, lo, hi)
		}
		require.Equal(t, whole, got)
	}
}

// TestForwardNotFinite: a token with a NaN gives NaN, the next one is untouched.
// TestForwardEqualScales: rows that share a scale give the bits of a matrix with
// that scale alone, also when other rows have another one.
func TestForwardEqualScales(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, tokens := range []int{1, 5, 1100} { // the last in several tiles of tokens
		l := newLayer(rng, 70, 300, tokens, 1)
		want := make([]float32, tokens*70)
		l.Forward(want, 70, &l.x, 0, 70)
		gamma := l.Scale[0]
		for _, different := range []int{-1, 0, 33, 69} {
			l.Scale = slices.Repeat([]float32{gamma}, 70)
			if different >= 0 {
				l.Scale[different] = -gamma
			}
			got := make([]float32, tokens*70)
			l.Forward(got, 70, &l.x, 0, 70)
			for i := range got {
				if i%70 == different {
					got[i] = -got[i]
				}
				if got[i] != want[i] {
					t.Fatalf("%d tokens, row %d different: y[%d] is %v, want %v", tokens, different, i, got[i], want[i])
				}
			}
		}
	}
}

func TestForwardNotFinite(t *testing.T) {
	l := newLayer(rand.New(rand.NewPCG(5, 6)), 20, 300, 2, 1)
	x := make([]float32, 300)
	x[7] = float32(math.NaN())
	l.x.QuantizeRow(0, x)
	y := make([]float32, 40)
	l.Forward(y, 20, &l.x, 0, 20)
	for i, v := range y {
		require.Equal(t, i < 20, math.IsNaN(float64(v)), i)
	}
}

// TestScaleVariants compares the conversions, bit by bit, at every length and
// with the results ending at a guard page.
func TestScaleVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			if !v.ok {
				t.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
			}
			rng := rand.New(rand.NewPCG(7, 8))
			const most = 70
			all := floats(t, most)
			gammas := floats(t, most)
			for n := range most + 1 {
				y, gamma := all[most-n:], gammas[most-n:]
				for i := range all {
					all[i] = math.Float32frombits(uint32(int32(rng.Uint32()) >> (1 + rng.IntN(30))))
					gammas[i] = rng.Float32()
				}
				before := slices.Clone(all)
				want := slices.Clone(y)
				scaleGeneric(want, 0.37)
				v.scale(y, 0.37)
				require.Equal(t, bits(want), bits(y), n)
				require.Equal(t, bits(before[:most-n]), bits(all[:most-n]))

				copy(all, before)
				want = slices.Clone(y)
				scaleRowsGeneric(want, gamma, 12.3)
				v.scaleRows(y, gamma, 12.3)
				require.Equal(t, bits(want), bits(y), n)
				require.Equal(t, bits(before[:most-n]), bits(all[:most-n]))
			}
		})
	}
}

func floats(t *testing.T, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(simdtest.Guarded(t, 4*n)))), n)
}

func bits(v []float32) []uint32 {
	b := make([]uint32, len(v))
	for i := range v {
		b[i] = math.Float32bits(v[i])
	}
	return b
}

func TestForwardEdges(t *testing.T) {
	l := newLayer(rand.New(rand.NewPCG(9, 9)), 8, 300, 3, 1)
	dst := make([]float32, 24)
	l.Forward(nil, 0, &int8act.Rows{Cols: 300, Stride: 512}, 0, 8)
	l.Forward(dst, 8, &l.x, 5, 5)
	require.Equal(t, make([]float32, 24), dst)
	for _, tt := range []struct {
		panics string
		call   func()
	}{
		{"bitlinear: Forward rows", func() { l.Forward(dst, 8, &l.x, 0, 9) }},
		{"bitlinear: Forward rows", func() { l.Forward(dst, 8, &l.x, -1, 2) }},
		{"bitlinear: Forward dst", func() { l.Forward(dst, 7, &l.x, 0, 8) }},
		{"bitlinear: Forward dst", func() { l.Forward(dst[:23], 8, &l.x, 0, 8) }},
		{"bitlinear: Forward scale", func() { (&Linear{W: l.W}).Forward(dst, 8, &l.x, 0, 8) }},
		{"bitlinear: Forward scale", func() { (&Linear{W: l.W, Scale: make([]float32, 7)}).Forward(dst, 8, &l.x, 0, 8) }},
	} {
		require.PanicsWithValue(t, tt.panics, tt.call)
	}
	for _, scales := range []int{1, 64} {
		for _, tokens := range []int{1, 40} {
			l := newLayer(rand.New(rand.NewPCG(1, 1)), 64, 512, tokens, scales)
			dst := make([]float32, 64*tokens)
			require.Zero(t, testing.AllocsPerRun(20, func() { l.Forward(dst, 64, &l.x, 0, 64) }))
		}
	}
}

func TestRequiredVariants(t *testing.T) {
	ok := map[string]bool{}
	for _, v := range variants() {
		ok[v.name] = v.ok
	}
	simdtest.Required(t, ok)
}

func BenchmarkForward(b *testing.B) {
	for _, tt := range []struct{ rows, cols, tokens int }{
		{2560, 2560, 1}, {2560, 2560, 128}, {512, 512, 1}, {512, 1536, 1}, {512, 512, 64},
	} {
		b.Run(fmt.Sprintf("rows=%d/cols=%d/tokens=%d", tt.rows, tt.cols, tt.tokens), func(b *testing.B) {
			l := newLayer(rand.New(rand.NewPCG(1, 2)), tt.rows, tt.cols, tt.tokens, 1)
			dst := make([]float32, tt.rows*tt.tokens)
			b.SetBytes(int64(len(l.W[0].Data)))
			for b.Loop() {
				l.Forward(dst, tt.rows, &l.x, 0, tt.rows)
			}
			macs := float64(tt.rows) * float64(tt.cols) * float64(tt.tokens) * float64(b.N)
			b.ReportMetric(macs/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}
