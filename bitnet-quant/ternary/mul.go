package ternary

import "github.com/bitnet-go/bitnet/bitnet-quant/int8act"

// Mul multiplies rows lo ≤ r < hi of m with every row of x:
//
//	dst[t*ld + r-lo] = Σ_c w[r,c]·q[t,c]        t < x.T
//
// exactly, in int32. m and x have the same Order. dst holds (x.T, ld), of which columns hi-lo and up are left
// alone; ld ≥ hi-lo. m and x have the same number of columns. Mul panics if the
// shapes do not fit. It allocates nothing.
func (m *Matrix) Mul(dst []int32, ld int, x *int8act.Rows, lo, hi int) {
	m.check(dst, ld, x, lo, hi)
	switch {
	case x.T == 0 || lo == hi:
	case m.Cols == 0: // kernels need a block
		mulGeneric(dst, ld, m, x, lo, hi)
	case m.Layout == Base3:
		mul := bestBase3
		if mul == nil {
			mul = mulGeneric
		}
		mul(dst, ld, m, x, lo, hi)
	default:
		best.mul(dst, ld, m, x, lo, hi)
	}
}

func (m *Matrix) check(dst []int32, ld int, x *int8act.Rows, lo, hi int) {
	if m.Cols < 0 || m.Cols > MaxCols || x.Cols != m.Cols || x.Stride != 4*Stride(m.Cols) {
		panic("ternary: Mul columns")
	}
	if x.Order != m.Order {
		panic("ternary: Mul order")
	}
	if m.Layout == Base3 && (m.Order != int8act.Natural || m.Cols > MaxBase3Cols) {
		panic("ternary: Mul layout")
	}
	if lo < 0 || hi < lo || hi > m.Rows || len(m.Data) < m.Layout.Bytes(hi, m.Cols) {
		panic("ternary: Mul rows")
	}
	if x.T < 0 || len(x.Q) < x.T*x.Stride || len(x.Sum) < x.T {
		panic("ternary: Mul activations")
	}
	if x.T > 0 && (ld < hi-lo || len(dst) < (x.T-1)*ld+hi-lo) {
		panic("ternary: Mul dst")
	}
}

// A mulFunc is Mul after its checks, for at least one row of m and of x
// and one column.
type mulFunc func(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int)

// A variant is one implementation of Mul, named for tests and benchmarks.
type variant struct {
	name string
	ok   bool    // the CPU can run it and BITNET_SIMD allows it
	mul  mulFunc // of TwoBit
	// tokens is how many tokens mul makes the most of at a time; 0: as many as
	// tokenTileBytes hold.
	tokens int
	base3  mulFunc // of Base3; nil if there are no kernels

	// pack packs blocks of GroupRows rows of TwoBit, stride bytes apart, to Base3; nil:
	// packGeneric.
	pack func(dst, w []byte, stride, blocks int)
}

var (
	// best is the first of [variants] that this machine can run.
	best = choose()
	// bestBase3 is that of its kernels for Base3, or nil.
	bestBase3 = best.base3
)

func choose() variant {
	for _, v := range variants() {
		if v.ok {
			return v
		}
	}
	return variant{name: "generic", ok: true, mul: mulGeneric}
}

// Activations of as many tokens as fit here are multiplied with all rows before the
// next ones are taken: they stay in the second-level cache.
const tokenTileBytes = 256 << 10

// TokenTile returns how many tokens [Matrix.Mul] best gets at a time with rows of
// that many columns. It takes more as well, but then what it leaves is no longer in
// the cache when it returns.
func TokenTile(cols int) int {
	if best.tokens > 0 {
		return best.tokens
	}
	// Whole tiles, which take up to 3, 4 or 8 tokens.
	return max(tokenTileBytes/max(4*Stride(cols), 1)/24, 1) * 24
}
