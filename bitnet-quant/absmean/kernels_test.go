package absmean

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
	"github.com/stretchr/testify/require"
)

// eachKernel runs body with every kernel of this CPU but plain Go, which is what it
// compares them with through the function it gets.
func eachKernel(t *testing.T, body func(t *testing.T, plainly func(func()))) {
	was := kernels
	defer func() { kernels = was }()
	ok := map[string]bool{} // whether this CPU has each kernel
	for _, level := range simd.Levels()[1:] {
		k := choose(level)
		if _, done := ok[k.name]; done || k.level == simd.Generic {
			continue
		}
		ok[k.name] = simd.Has(k.level)
		if !ok[k.name] {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			kernels = k
			body(t, func(f func()) {
				kernels = choose(simd.Generic)
				f()
				kernels = k
			})
		})
	}
	simdtest.Required(t, ok)
}

// weights makes one of several kinds, each with what products may be like at scale 1.
func weights(rng *rand.Rand, w []float32, kind int) {
	special := []float32{
		0, float32(math.Copysign(0, -1)), 0.5, -0.5, math.Nextafter32(0.5, 1), math.Nextafter32(-0.5, -1),
		1.5, -1.5, math.MaxFloat32, -math.MaxFloat32, 1e-45, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -float32(math.NaN()),
	}
	for i := range w {
		switch kind {
		case 0:
			w[i] = float32(rng.NormFloat64())
		case 1:
			w[i] = special[rng.IntN(len(special))]
		default:
			w[i] = math.Float32frombits(rng.Uint32())
		}
	}
}

// TestKernels compares with plain Go at all lengths, in memory that ends where a page does.
func TestKernels(t *testing.T) {
	eachKernel(t, func(t *testing.T, plainly func(func())) {
		const most = 200
		rng := rand.New(rand.NewPCG(1, 2))
		all := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(simdtest.Guarded(t, 4*most)))), most)
		out := unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(simdtest.Guarded(t, most)))), most)
		for n := range most + 1 {
			for kind := range 3 {
				w, dst, want := all[most-n:], out[most-n:], make([]int8, n)
				weights(rng, w, kind)
				for _, scale := range []float32{1, 0.37, 3e38, Eps, float32(math.Inf(1)), float32(math.NaN())} {
					plainly(func() { Round(want, w, scale) })
					for i := range out {
						out[i] = 99
					}
					Round(dst, w, scale)
					require.Equal(t, want, append([]int8{}, dst...), "%d of kind %d, scale %v: %v", n, kind, scale, w)
					for _, b := range out[:most-n] {
						require.Equal(t, int8(99), b, "wrote before dst")
					}
				}
				var mean, plain Mean
				mean.Add(w)
				plainly(func() { plain.Add(w) })
				require.Equal(t, plain.n, mean.n)
				if plain.sum == plain.sum || mean.sum == mean.sum { // a NaN has many patterns
					require.Equal(t, plain.sum, mean.sum, "%d of kind %d", n, kind)
				}
			}
		}
	})
}

func FuzzKernels(f *testing.F) {
	f.Add(uint64(1), 100, uint32(0x3f800000))
	f.Fuzz(func(t *testing.T, seed uint64, n int, bits uint32) {
		w := make([]float32, min(max(n, 0), 1000))
		weights(rand.New(rand.NewPCG(seed, 1)), w, int(seed%3))
		scale := math.Float32frombits(bits)
		got, want := make([]int8, len(w)), make([]int8, len(w))
		var mean, plain Mean
		Round(got, w, scale)
		mean.Add(w)
		was := kernels
		kernels = choose(simd.Generic)
		Round(want, w, scale)
		plain.Add(w)
		kernels = was
		require.Equal(t, want, got)
		if plain.sum == plain.sum {
			require.Equal(t, plain, mean)
		}
	})
}

// TestMatrix: two passes over bytes give what one over float32 in memory gives.
func TestMatrix(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	const rows, cols = 53, 77
	rng := rand.New(rand.NewPCG(3, 4))
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		_, size := d.Block()
		for _, shift := range []int{0, 1} { // of the address
			data := make([]byte, shift+rows*cols*size)[shift:]
			var mean Mean
			var w [][]float32
			for r := range rows {
				row := make([]float32, cols)
				for c := range row {
					v := float32(rng.NormFloat64())
					at := data[(r*cols+c)*size:]
					switch b := math.Float32bits(v); d {
					case dtype.F32:
						at[0], at[1], at[2], at[3] = byte(b), byte(b>>8), byte(b>>16), byte(b>>24)
					case dtype.F16:
						h := dtype.F32ToF16(v)
						at[0], at[1], v = byte(h), byte(h>>8), dtype.F16ToF32(h)
					default:
						h := dtype.F32ToBF16(v)
						at[0], at[1], v = byte(h), byte(h>>8), dtype.BF16ToF32(h)
					}
					row[c] = v
				}
				mean.Add(row)
				w = append(w, row)
			}
			m := Matrix{Rows: rows, Cols: cols, Type: d, Data: data}
			require.Equal(t, mean.Scale(), m.Scale(nil))
			require.Equal(t, mean.Scale(), m.Scale(pool))
			for lo := 0; lo < rows; lo += 10 {
				hi := min(lo+10, rows)
				got := make([]int8, (hi-lo)*cols)
				m.Round(got, lo, hi, mean.Scale())
				for r := lo; r < hi; r++ {
					want := make([]int8, cols)
					Round(want, w[r], mean.Scale())
					require.Equal(t, want, got[(r-lo)*cols:(r-lo+1)*cols])
				}
			}
			require.PanicsWithValue(t, "absmean: Matrix.Round shape", func() { m.Round(nil, 0, 1, 1) })
			require.PanicsWithValue(t, "absmean: Matrix.Means shape", func() { m.Means(nil, 0, 1) })
			m.Data = m.Data[1:]
			require.PanicsWithValue(t, "absmean: Matrix shape", func() { m.Scale(nil) })
		}
	}
}

// BenchmarkMatrix counts the bytes of masters, in the second-level cache.
func BenchmarkMatrix(b *testing.B) {
	const rows, cols = 128, 2560
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		_, size := d.Block()
		m := Matrix{Rows: rows, Cols: cols, Type: d, Data: make([]byte, rows*cols*size)}
		for i := range m.Data {
			m.Data[i] = byte(i*7) & 0x3f
		}
		dst := make([]int8, rows*cols)
		b.Run("pass=scale/type="+d.String(), func(b *testing.B) {
			b.SetBytes(int64(len(m.Data)))
			for b.Loop() {
				m.Scale(nil)
			}
		})
		b.Run("pass=round/type="+d.String(), func(b *testing.B) {
			b.SetBytes(int64(len(m.Data)))
			for b.Loop() {
				m.Round(dst, 0, rows, 0.1)
			}
		})
	}
}

// TestAddBF16 compares with Add of the same values, to the bit: all numbers of rows and
// lengths around the kernels', kinds of values, in memory that ends where a page does.
func TestAddBF16(t *testing.T) {
	check := func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for rows := range 10 {
			for cols := range 60 {
				if cols >= 40 {
					cols += 460 // around what is converted at a time
				}
				w, all := make([]float32, cols), simdtest.Guarded(t, 2*rows*cols)
				means, want := make([]Mean, rows), make([]Mean, rows)
				for r := range rows {
					weights(rng, w, (rows+cols+r)%3)
					for i, v := range w {
						h := dtype.F32ToBF16(v)
						binary.LittleEndian.PutUint16(all[2*(r*cols+i):], h)
						w[i] = dtype.BF16ToF32(h)
					}
					means[r].Add([]float32{1.5, 2, 0.25})
					want[r].Add([]float32{1.5, 2, 0.25})
					want[r].Add(w)
				}
				addBF16(means, all)
				for r := range means {
					require.Equal(t, want[r].n, means[r].n)
					if !math.IsNaN(want[r].sum) || !math.IsNaN(means[r].sum) { // which NaN of two is left, no order of sums tells
						require.Equal(t, math.Float64bits(want[r].sum), math.Float64bits(means[r].sum), "row %d of %d × %d", r, rows, cols)
					}
				}
			}
		}
	}
	was := kernels
	kernels = choose(simd.Generic)
	t.Run("generic", check)
	kernels = was
	eachKernel(t, func(t *testing.T, _ func(func())) { check(t) })
	require.PanicsWithValue(t, "absmean: addBF16 length", func() { addBF16(make([]Mean, 2), make([]byte, 6)) })
	require.PanicsWithValue(t, "absmean: addBF16 length", func() { addBF16(nil, make([]byte, 2)) })
}

// TestMeansAllocate: rows that a kernel takes whole cost no memory.
func TestMeansAllocate(t *testing.T) {
	m := Matrix{Rows: 64, Cols: 512, Type: dtype.BF16, Data: make([]byte, 2*64*512)}
	var s [4][4]float64
	if addBF16Vec(&s, m.Data, 2*m.Cols) < m.Cols {
		t.Skip("this CPU has no kernel for bfloat16")
	}
	means := make([]Mean, m.Rows)
	require.Zero(t, testing.AllocsPerRun(3, func() { m.Means(means, 0, m.Rows) }))
}
