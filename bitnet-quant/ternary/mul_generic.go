package ternary

import "github.com/bitnet-go/bitnet/bitnet-quant/int8act"

// mulGeneric is the reference for every variant: it decodes one code at a time,
// in storage order, and with PackBlock it is the definition of the layout.
func mulGeneric(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	if m.Layout == Base3 {
		mulBase3Generic(dst, ld, m, x, lo, hi)
		return
	}
	for t := range x.T {
		q := x.Q[t*x.Stride : (t+1)*x.Stride]
		for r := lo; r < hi; r++ {
			dst[t*ld+r-lo] = dotGeneric(m.PackedRow(r), q)
		}
	}
}

// dotGeneric returns Σ w·q of one packed row and 4·len(row) activations.
func dotGeneric(row []byte, q []int8) int32 {
	var sum int32
	for len(row) > 0 {
		block, a := row[:BlockBytes], q[:BlockLen]
		for j, c := range block {
			sum += (int32(c&3) - 1) * int32(a[j])
			sum += (int32(c>>2&3) - 1) * int32(a[64+j])
			sum += (int32(c>>4&3) - 1) * int32(a[128+j])
			sum += (int32(c>>6) - 1) * int32(a[192+j])
		}
		row, q = row[BlockBytes:], q[BlockLen:]
	}
	return sum
}

// mulBase3Generic is the reference for kernels of Base3, and with packLane the
// definition of the layout.
func mulBase3Generic(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	for r := lo; r < hi; r++ {
		for t := range x.T {
			dst[t*ld+r-lo] = 0
		}
		for c := range m.Cols {
			w := int32(m.base3Code(r, c)) - 1
			for t := range x.T {
				dst[t*ld+r-lo] += w * int32(x.Q[t*x.Stride+c])
			}
		}
	}
}
