package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

var blockTypes = []dtype.DType{dtype.Q8_0, dtype.Q6_K, dtype.Q4_0}

// randomBlocks returns a matrix of random codes and scales of order 1.
func randomBlocks(rng *rand.Rand, d dtype.DType, rows, cols int) Matrix {
	elems, _ := d.Block()
	n, ok := RowBytes(d, cols)
	if !ok {
		panic(fmt.Sprint(d, cols))
	}
	m := Matrix{Rows: rows, Cols: cols, Type: d, Data: make([]byte, rows*n)}
	for i := range m.Data {
		m.Data[i] = byte(rng.Uint32())
	}
	for b := range rows * cols / elems {
		setScale(&m, b, dtype.F32ToF16(float32(rng.NormFloat64())/float32(elems)))
	}
	return m
}

// setScale sets the f16 scale of block b.
func setScale(m *Matrix, b int, bits uint16) {
	_, size := m.Type.Block()
	at := b * size
	if m.Type == dtype.Q6_K {
		at += q6Scale
	}
	m.Data[at], m.Data[at+1] = byte(bits), byte(bits>>8)
}

// decoded returns m as F32.
func decoded(m *Matrix) Matrix {
	all := make([]float32, m.Rows*m.Cols)
	for r := range m.Rows {
		m.Row(all[r*m.Cols:(r+1)*m.Cols], r)
	}
	data, _ := encode(all, dtype.F32)
	return Matrix{Rows: m.Rows, Cols: m.Cols, Type: dtype.F32, Data: data}
}

// sameBits compares floats, a NaN being the same as any other.
func sameBits(t *testing.T, want, got []float32, format string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if w, g := want[i], got[i]; math.Float32bits(w) != math.Float32bits(g) && !(w != w && g != g) {
			require.Fail(t, "differs", "%s: element %d is %v, want %v", fmt.Sprintf(format, args...), i, g, w)
		}
	}
}

// TestBlocksMul holds the products of block types to those of the decoded weights, bit
// for bit, for any rows and tokens at once and every alignment, and both to float64.
func TestBlocksMul(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, d := range blockTypes {
			elems, _ := d.Block()
			for _, blocks := range []int{1, 2, 3, 7, 10} {
				cols := blocks * elems
				for _, rows := range []int{1, 2, 3, 4, 5, 8, 11} {
					m := randomBlocks(rng, d, rows, cols)
					off := rng.IntN(64)
					m.Data = append(make([]byte, off), m.Data...)[off:]
					f := decoded(&m)
					for _, tokens := range []int{0, 1, 2, 3, 4, 5, 9} {
						x := normal(rng, tokens*cols)
						ld := rows + 3
						got, want := make([]float32, tokens*ld), make([]float32, tokens*ld)
						for i := range got {
							got[i], want[i] = 777, 777
						}
						lo := rng.IntN(rows)
						hi := lo + rng.IntN(rows-lo+1)
						m.Mul(got, ld, x, lo, hi)
						f.Mul(want, ld, x, lo, hi)
						sameBits(t, want, got, "%v %d×%d, %d tokens", d, rows, cols, tokens)
						checkSum(t, &f, got, ld, x, lo, hi)
					}
				}
			}
		}
	})
}

// checkSum compares a product with a float64 sum.
func checkSum(t *testing.T, f *Matrix, got []float32, ld int, x []float32, lo, hi int) {
	t.Helper()
	row := make([]float32, f.Cols)
	for i, v := range got {
		tok, r := i/ld, i%ld
		if r < lo || r >= hi {
			require.EqualValues(t, 777, v, "wrote outside [%d,%d)", lo, hi)
			continue
		}
		f.Row(row, r)
		var want, size float64
		for c, w := range row {
			p := float64(w) * float64(x[tok*f.Cols+c])
			want += p
			size += math.Abs(p)
		}
		require.InDelta(t, want, v, 1e-6*(size+1), "token %d row %d", tok, r)
	}
}

// TestBlocksRowAlone holds a row's product to be the same whichever rows and tokens
// are computed with it.
func TestBlocksRowAlone(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, d := range blockTypes {
			const rows, cols, tokens = 7, 1024, 6
			m := randomBlocks(rng, d, rows, cols)
			x := normal(rng, tokens*cols)
			want := make([]float32, tokens*rows)
			m.Mul(want, rows, x, 0, rows)
			for lo := range rows {
				for hi := lo + 1; hi <= rows; hi++ {
					for tok := range tokens {
						for n := 1; tok+n <= tokens; n++ {
							got := make([]float32, n*rows)
							m.Mul(got, rows, x[tok*cols:(tok+n)*cols], lo, hi)
							for i := range n {
								require.Equal(t, want[(tok+i)*rows+lo:(tok+i)*rows+hi], got[i*rows+lo:i*rows+hi], "%v rows %d to %d, %d tokens from %d", d, lo, hi, n, tok)
							}
						}
					}
				}
			}
		}
	})
}

// TestBlocksExtremes puts scales that are infinite, not numbers, zero, subnormal or as
// large as f16 goes into single blocks, with the largest codes, and infinities and NaNs
// among the activations: the decoded weights say what comes out.
func TestBlocksExtremes(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		inf := float32(math.Inf(1))
		for _, d := range blockTypes {
			elems, _ := d.Block()
			cols := 5 * elems
			for _, scale := range []uint16{0x7c00, 0xfc00, 0x7e00, 0x7c01, 0, 0x8000, 1, 0x83ff, 0x7bff, 0xfbff} {
				for _, fill := range []int{-1, 0, 0x80, 0x7f, 0xff} {
					m := randomBlocks(rng, d, 5, cols)
					if fill >= 0 {
						for i := range m.Data {
							m.Data[i] = byte(fill)
						}
					}
					for b := range 5 * 5 {
						if fill >= 0 || rng.IntN(3) == 0 {
							setScale(&m, b, scale)
						}
					}
					f := decoded(&m)
					for _, special := range []float32{1, inf, -inf, float32(math.NaN()), math.MaxFloat32, 1e-45} {
						x := normal(rng, 5*cols)
						x[rng.IntN(len(x))] = special
						got, want := make([]float32, 25), make([]float32, 25)
						m.Mul(got, 5, x, 0, 5)
						f.Mul(want, 5, x, 0, 5)
						sameBits(t, want, got, "%v scale %#x fill %#x x %v", d, scale, fill, special)
					}
				}
			}
		}
	})
}

func TestBlocksShape(t *testing.T) {
	for _, d := range blockTypes {
		elems, size := d.Block()
		n, ok := RowBytes(d, 3*elems)
		require.True(t, ok)
		require.Equal(t, 3*size, n)
		_, ok = RowBytes(d, 3*elems+elems/2)
		require.False(t, ok)
		m := Matrix{Rows: 1, Cols: elems + 1, Type: d, Data: make([]byte, size)}
		require.Panics(t, func() { m.Row(make([]float32, elems+1), 0) })
		require.Panics(t, func() { m.Mul(make([]float32, 1), 1, make([]float32, elems+1), 0, 1) })
		short := Matrix{Rows: 1, Cols: elems, Type: d, Data: make([]byte, size-1)}
		require.Panics(t, func() { short.Mul(make([]float32, 1), 1, make([]float32, elems), 0, 1) })
	}
	for _, d := range []dtype.DType{dtype.Invalid, dtype.I8, dtype.Q4_K, dtype.I2_S} {
		_, ok := RowBytes(d, 256)
		require.False(t, ok, "%v", d)
	}
	_, ok := RowBytes(dtype.F32, -1)
	require.False(t, ok)
}
