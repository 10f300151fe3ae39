package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// withVariants runs body once with every set of kernels that this CPU has.
func withVariants(t *testing.T, body func(t *testing.T)) {
	was := kernels
	defer func() { kernels = was }()
	seen := map[string]bool{}
	for level := simd.Generic; level <= simd.Best(); level++ {
		kernels = choose(level)
		if !seen[kernels.name] {
			seen[kernels.name] = true
			t.Run("kernel="+kernels.name, body)
		}
	}
}

// encode stores x as d in little-endian bytes and returns what those stand for.
func encode(x []float32, d dtype.DType) (data []byte, stored []float32) {
	for _, v := range x {
		switch d {
		case dtype.F32:
			b := math.Float32bits(v)
			data = append(data, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
		case dtype.F16:
			b := dtype.F32ToF16(v)
			data = append(data, byte(b), byte(b>>8))
		case dtype.BF16:
			b := dtype.F32ToBF16(v)
			data = append(data, byte(b), byte(b>>8))
		}
	}
	stored = make([]float32, len(x))
	if err := dtype.Float32s(stored, data, d); err != nil {
		panic(err)
	}
	return data, stored
}

func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// TestMatrixMul compares every kernel with a float64 sum, over widths with and
// without tails, row counts that are no multiple of four, and every alignment of
// the bytes. float32 sums of n products of order 1 differ by n roundings at most.
func TestMatrixMul(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
			for _, cols := range []int{1, 7, 16, 31, 32, 33, 64, 100, 256, 515} {
				for rows := 1; rows <= 9; rows++ {
					for _, tokens := range []int{0, 1, 2, 3, 4, 5, 7} {
						off := rng.IntN(32)
						w, stored := encode(normal(rng, rows*cols), d)
						data := append(make([]byte, off), w...)[off:]
						x := normal(rng, tokens*cols)
						ld := rows + 3
						dst := make([]float32, tokens*ld)
						for i := range dst {
							dst[i] = 777
						}
						m := Matrix{Rows: rows, Cols: cols, Type: d, Data: data}
						lo := rng.IntN(rows)
						m.Mul(dst, ld, x, lo, rows)
						for i, got := range dst {
							tok, r := i/ld, i%ld
							if r < lo || r >= rows {
								require.EqualValues(t, 777, got, "wrote outside [%d,%d)", lo, rows)
								continue
							}
							var want, size float64
							for c := range cols {
								p := float64(stored[r*cols+c]) * float64(x[tok*cols+c])
								want += p
								size += math.Abs(p)
							}
							require.InDelta(t, want, got, 1e-6*(size+1), "%v %d×%d token %d row %d", d, rows, cols, tok, r)
						}
					}
				}
			}
		}
	})
}

// TestMatrixMulRowAlone holds the bits of a row's product to be the same whichever
// rows and tokens are computed with it: exact results of single rows build on that.
func TestMatrixMulRowAlone(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
			for _, cols := range []int{1, 15, 16, 31, 32, 33, 65, 256, 515, 2560} {
				const rows, tokens = 11, 7
				data, _ := encode(normal(rng, rows*cols), d)
				m := Matrix{Rows: rows, Cols: cols, Type: d, Data: data}
				x := normal(rng, tokens*cols)
				var want [tokens][rows]float32
				size := len(data) / rows
				for tok := range tokens {
					for r := range rows {
						alone := Matrix{Rows: 1, Cols: cols, Type: d, Data: data[r*size : (r+1)*size]}
						alone.Mul(want[tok][r:r+1], 1, x[tok*cols:(tok+1)*cols], 0, 1)
					}
				}
				for lo := range rows {
					for hi := lo + 1; hi <= rows; hi++ {
						tok := rng.IntN(tokens)
						n := 1 + rng.IntN(tokens-tok)
						got := make([]float32, n*rows)
						m.Mul(got, rows, x[tok*cols:(tok+n)*cols], lo, hi)
						for i := range n {
							require.Equal(t, want[tok+i][lo:hi], got[i*rows+lo:i*rows+hi], "%v, %d columns, rows %d to %d, %d tokens from %d", d, cols, lo, hi, n, tok)
						}
					}
				}
			}
		}
	})
}

func TestMatrixRow(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(3, 4)), 12)
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		data, stored := encode(x, d)
		m := Matrix{Rows: 3, Cols: 4, Type: d, Data: data}
		row := make([]float32, 4)
		m.Row(row, 2)
		require.Equal(t, stored[8:], row)
	}
	require.Panics(t, func() { (&Matrix{Rows: 1, Cols: 1, Type: dtype.I8, Data: make([]byte, 1)}).Row(make([]float32, 1), 0) })
	require.Panics(t, func() {
		(&Matrix{Rows: 2, Cols: 2, Type: dtype.F32, Data: make([]byte, 15)}).Mul(make([]float32, 2), 2, make([]float32, 2), 0, 2)
	})
}

func TestWeightedSum(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, d := range []dtype.DType{dtype.F32, dtype.F16} {
			for _, cols := range []int{1, 16, 31, 32, 64, 80, 128, 200} {
				for _, n := range []int{0, 1, 2, 17} {
					data, rows := encode(normal(rng, n*cols), d)
					p := normal(rng, n)
					guarded := make([]float32, cols+2)
					guarded[0], guarded[cols+1] = 777, 777
					dst := guarded[1 : cols+1]
					weightedSum(dst, data, d, p)
					for c, got := range dst {
						var want float64
						for i := range n {
							want += float64(p[i]) * float64(rows[i*cols+c])
						}
						require.InDelta(t, want, got, 1e-5, "%v cols=%d n=%d", d, cols, n)
					}
					require.Equal(t, []float32{777, 777}, []float32{guarded[0], guarded[cols+1]})
				}
			}
		}
	})
}

// TestFloat16s compares with the conversion of single values.
func TestFloat16s(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(9, 10)), 100)
	got, wide := make([]byte, 200), make([]byte, 400)
	Float16s(got, x)
	want, _ := encode(x, dtype.F16)
	require.Equal(t, append([]byte{}, want...), got)
	Float32s(wide, x)
	want, _ = encode(x, dtype.F32)
	require.Equal(t, append([]byte{}, want...), wide)
	require.Panics(t, func() { Float16s(make([]byte, 3), make([]float32, 2)) })
	require.Panics(t, func() { Float32s(make([]byte, 3), make([]float32, 2)) })
}

func BenchmarkMatrixMul(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := normal(rng, 512)
	dst := make([]float32, 8192)
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		data, _ := encode(normal(rng, 8192*512), d)
		m := Matrix{Rows: 8192, Cols: 512, Type: d, Data: data}
		b.Run(fmt.Sprintf("type=%v/kernel=%s", d, kernels.name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m.Mul(dst, len(dst), x, 0, m.Rows)
			}
		})
	}
}
