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

// hfDecode sets dst to the codes of row r.
func hfDecode(dst, data []byte, rows, cols, r int) {
	row, shift := hfRow(data, rows, cols, r)
	shift &= 7
	for ; len(dst) >= 32; dst, row = dst[32:], row[32:] {
		v0, v1, v2, v3 := load(row), load(row[8:]), load(row[16:]), load(row[24:])
		store(dst, v0>>shift&lowCodes)
		store(dst[8:], v1>>shift&lowCodes)
		store(dst[16:], v2>>shift&lowCodes)
		store(dst[24:], v3>>shift&lowCodes)
	}
	for ; len(dst) >= 8; dst, row = dst[8:], row[8:] {
		store(dst, load(row)>>shift&lowCodes)
	}
	for c := range dst {
		dst[c] = row[c] >> shift & 3
	}
}

// hfEncode stores one packed row of the weights of up to four rows.
func hfEncode(dst []byte, rows [][]byte) {
	clear(dst)
	if len(rows) == 4 {
		r0, r1, r2, r3 := rows[0], rows[1], rows[2], rows[3]
		done := len(dst) &^ 7
		for c := 0; c < done; c += 8 {
			store(dst[c:], codesOf(r0[c:])|codesOf(r1[c:])<<2|codesOf(r2[c:])<<4|codesOf(r3[c:])<<6)
		}
		dst = dst[done:]
		rows = [][]byte{r0[done:], r1[done:], r2[done:], r3[done:]}
	}
	for i, row := range rows {
		to, shift := dst, uint(2*i)
		for ; len(to) >= 8; to, row = to[8:], row[8:] {
			store(to, load(to)|codesOf(row)<<shift)
		}
		for c := range to {
			to[c] |= (row[c] + 1) << shift
		}
	}
}
