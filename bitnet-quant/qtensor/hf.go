package qtensor

// hfRows is R, the number of packed rows.
func hfRows(rows int) int { return (rows + 3) / 4 }

func hfCode(data []byte, rows, cols, r, c int) byte {
	n := hfRows(rows)
	return data[r%n*cols+c] >> (2 * (r / n)) & 3
}

// hfRow returns the packed row that holds row r, and the place of its codes in
// each byte.
func hfRow(data []byte, rows, cols, r int) (packed []byte, shift uint) {
	n := hfRows(rows)
	return data[r%n*cols:][:cols], uint(2 * (r / n))
}

// hfTernary reports whether no code is 3, leaving out the up to three rows that
// only fill up the packed ones: their bits mean nothing.
func hfTernary(data []byte, rows, cols int) bool {
	n := hfRows(rows)
	full := rows - 3*n // packed rows whose last code is in use
	if full > 0 && !noCode3(data[:full*cols]) {
		return false
	}
	for r := max(full, 0); r < n; r++ {
		used := byte(0)
		for i := 0; i*n+r < rows; i++ {
			used |= 3 << (2 * i)
		}
		for _, v := range data[r*cols:][:cols] {
			if v &= used; v&(v>>1)&0x55 != 0 {
				return false
			}
		}
	}
	return true
}

func hfEncode(codes []int8, rows, cols int) []byte {
	n := hfRows(rows)
	data := make([]byte, n*cols)
	for k, w := range codes {
		r, c := k/cols, k%cols
		data[r%n*cols+c] |= byte(w+1) << (2 * (r / n))
	}
	return data
}
