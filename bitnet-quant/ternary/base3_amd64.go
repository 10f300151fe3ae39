//go:build !purego

package ternary

import "github.com/bitnet-go/bitnet/bitnet-quant/int8act"

const (
	base3Tokens = 8 // that a kernel takes at most

	// Groups that fit here are multiplied with the tokens of one kernel, which stay in
	// the first-level cache, before the next ones are taken: weights come from the
	// second-level cache, in order.
	base3TileBytes = 256 << 10
)

// mulBase3VBMI is Mul for Base3.
func mulBase3VBMI(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	stride := base3Stride(m.Cols)
	tokenTile := max(tokenTileBytes/x.Stride/base3Tokens, 1) * base3Tokens
	for t0 := 0; t0 < x.T; t0 += tokenTile {
		t1 := min(t0+tokenTile, x.T)
		for r := lo; r < hi; {
			first := r / GroupRows * GroupRows
			w := &m.Data[first/GroupRows*stride]
			if groups := (hi - r) / GroupRows; r == first && groups > 0 {
				if x.T > base3Tokens { // or else every row meets one group of tokens
					groups = min(groups, max(base3TileBytes/stride, 1))
				}
				for t := t0; t < t1; t += base3Tokens {
					base3VBMI(dst[t*ld+r-lo:], ld, w, x, t, min(t1-t, base3Tokens), m.Cols, groups)
				}
				r += groups * GroupRows
				continue
			}
			// A part of a group: all of it is computed, and the part is kept.
			last := min(first+GroupRows, hi)
			var sums [base3Tokens * GroupRows]int32
			for t := t0; t < t1; t += base3Tokens {
				n := min(t1-t, base3Tokens)
				base3VBMI(sums[:], GroupRows, w, x, t, n, m.Cols, 1)
				for i := range n {
					copy(dst[(t+i)*ld+r-lo:][:last-r], sums[i*GroupRows+r-first:])
				}
			}
			r = last
		}
	}
}

// base3VBMI multiplies whole groups of rows with n tokens from t on.
func base3VBMI(dst []int32, ld int, w *byte, x *int8act.Rows, t, n, cols, groups int) {
	_ = dst[(n-1)*ld+groups*GroupRows-1]
	units := (cols + unitCols - 1) / unitCols
	d, q, sum := &dst[0], &x.Q[t*x.Stride], &x.Sum[t]
	switch n { // called by name, so that nothing escapes
	case 1:
		base3VBMI1(d, ld, w, q, x.Stride, units, groups, sum)
	case 2:
		base3VBMI2(d, ld, w, q, x.Stride, units, groups, sum)
	case 3:
		base3VBMI3(d, ld, w, q, x.Stride, units, groups, sum)
	case 4:
		base3VBMI4(d, ld, w, q, x.Stride, units, groups, sum)
	case 5:
		base3VBMI5(d, ld, w, q, x.Stride, units, groups, sum)
	case 6:
		base3VBMI6(d, ld, w, q, x.Stride, units, groups, sum)
	case 7:
		base3VBMI7(d, ld, w, q, x.Stride, units, groups, sum)
	default:
		base3VBMI8(d, ld, w, q, x.Stride, units, groups, sum)
	}
}

func packBase3(dst, w []byte, stride, blocks int) {
	var scratch [3 * groupLanes * BlockBytes]byte
	_, _ = dst[blocks*unitsOfBlock*unitBytes-1], w[(GroupRows-1)*stride+blocks*BlockBytes-1]
	packBase3AVX512(&dst[0], &w[0], stride, blocks, &scratch)
}
