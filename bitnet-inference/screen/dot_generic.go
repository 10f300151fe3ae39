package screen

import "unsafe"

// dotGeneric is the definition of every dotKernel. A row has at most MaxCols
// columns, so each of its two sums fits 32 bits: see the package documentation.
func dotGeneric(out *int64, codes *byte, x *int8, blocks, groups int) {
	n := blocks * blockLen
	sums := unsafe.Slice(out, groups*groupRows)
	rows := unsafe.Slice(codes, groups*groupRows*n)
	planes := unsafe.Slice(x, 2*n)
	for r := range sums {
		var hi, lo int32
		row := rows[r*n : (r+1)*n]
		for b := range blocks {
			u := row[b*blockLen : (b+1)*blockLen]
			h := planes[2*b*blockLen : (2*b+1)*blockLen]
			l := planes[(2*b+1)*blockLen : (2*b+2)*blockLen]
			for c, code := range u {
				hi += int32(code) * int32(h[c])
				lo += int32(code) * int32(l[c])
			}
		}
		sums[r] = int64(hi)<<8 + int64(lo)
	}
}
