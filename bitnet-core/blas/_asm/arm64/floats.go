package main

import "fmt"

const (
	// stripRows and stripCols are the largest tile of strip: its sums and a row of
	// b leave four registers for values of a.
	stripRows = 6
	stripCols = 16

	// bAhead is how many rows of b ahead of their use are asked into the cache.
	bAhead = 24
	// ahead is how many bytes ahead of their use rows are asked into the second-level
	// cache where each of them is used once.
	ahead = 8 << 10
)

// strip computes some rows of c, all columns of each: sixteen at a time, then four, then
// single ones. It has loops for each number of rows.
func strip() *function {
	k := &function{
		name: "stripNEON", signature: "(rows int, cols int, k int, a *float32, aDown int, aRight int, b *float32, bDown int, c *float32, cDown int, alpha float32, beta float32)",
		doc: fmt.Sprintf("sets c (rows, cols) to alpha·a·b + beta·c, for a (rows, k) and b (k, cols), and does not read c if beta is 0. Distances are in bytes, all numbers are positive, rows at most %d", stripRows),
	}
	k.load("rows", "R0", "cols", "R1", "k", "R2", "a", "R3", "aDown", "R4", "aRight", "R5", "b", "R6", "bDown", "R7", "c", "R8", "cDown", "R9")
	k.args += 8
	for rows := stripRows; rows > 1; rows-- {
		k.op("CMP $%d, R0", rows)
		k.op("BEQ rows%d", rows)
	}
	for rows := 1; rows <= stripRows; rows++ {
		k.label("rows%d", rows)
		for _, width := range []int{stripCols, 4, 1} {
			stripTile(k, rows, width)
		}
		k.op("RET")
	}
	return k
}

// stripTile computes tiles of so many columns while there are as many. R10-R15 walk over
// the rows of a, R16 over b.
func stripTile(k *function, rows, width int) {
	const b, one = 24, 28 // registers of a row of b and of four values of a
	vectors := (width + 3) / 4
	acc := func(r, v int) int { return r*vectors + v }
	begin, end := fmt.Sprintf("rows%dcols%d", rows, width), fmt.Sprintf("rows%dless%d", rows, width)
	k.label("%s", begin)
	k.op("CMP $%d, R1", width)
	k.op("BLT %s", end)
	k.op("MOVD R3, R10")
	for r := 1; r < rows; r++ {
		k.op("ADD R4, R%d, R%d", 9+r, 10+r)
	}
	k.op("MOVD R6, R16")
	k.op("MOVD R2, R17")
	k.op("MOVD $%d, R20", bAhead)
	k.op("MADD R7, R6, R20, R20")
	for i := range rows * vectors {
		k.zero(i)
	}
	k.label("%sloop", begin)
	k.op("PRFM (R20), PLDL1KEEP")
	k.op("ADD R7, R20")
	access(k, "R16", b, width, false)
	k.op("ADD R7, R16")
	for r := range rows {
		k.op("VLD1R.P (R%d)(R5), [V%d.S4]", 10+r, one+r%4)
		for v := range vectors {
			k.op("VFMLA V%d.S4, V%d.S4, V%d.S4", b+v, one+r%4, acc(r, v))
		}
	}
	k.op("SUBS $1, R17")
	k.op("BNE %sloop", begin)

	k.op("FMOVS alpha+80(FP), F%d", one)
	k.op("VDUP V%d.S[0], V%d.S4", one, one)
	for i := range rows * vectors {
		k.word(fmul, i, i, one)
	}
	k.op("MOVWU beta+84(FP), R17")
	k.op("LSL $33, R17") // the sign of zero does not matter
	k.op("MOVD R8, R19")
	k.op("CBZ R17, %sstore", begin)
	k.op("FMOVS beta+84(FP), F%d", one)
	k.op("VDUP V%d.S[0], V%d.S4", one, one)
	for r := range rows {
		access(k, "R19", b, width, false)
		for v := range vectors {
			k.op("VFMLA V%d.S4, V%d.S4, V%d.S4", b+v, one, acc(r, v))
		}
		k.op("ADD R9, R19")
	}
	k.op("MOVD R8, R19")
	k.label("%sstore", begin)
	for r := range rows {
		access(k, "R19", acc(r, 0), width, true)
		k.op("ADD R9, R19")
	}
	k.op("ADD $%d, R6", 4*width)
	k.op("ADD $%d, R8", 4*width)
	k.op("SUB $%d, R1", width)
	k.op("B %s", begin)
	k.label("%s", end)
}

// access loads or stores so many values, from register v on.
func access(k *function, base string, v, width int, store bool) {
	one := func(instruction, memory, regs string) {
		if store {
			memory, regs = regs, memory
		}
		k.op("%s %s, %s", instruction, memory, regs)
	}
	load := map[bool]string{false: "FLDPQ", true: "FSTPQ"}[store]
	switch width {
	case 1:
		one("FMOVS", fmt.Sprintf("(%s)", base), fmt.Sprintf("F%d", v))
	case 4:
		one("FMOVQ", fmt.Sprintf("(%s)", base), fmt.Sprintf("F%d", v))
	default:
		for at := 0; at < width; at += 8 {
			one(load, fmt.Sprintf("%d(%s)", 4*at, base), fmt.Sprintf("(F%d, F%d)", v+at/4, v+at/4+1))
		}
	}
}

// dot multiplies one row with a vector.
func dot() *function {
	k := &function{name: "dotNEON", signature: "(a *float32, x *float32, n int) float32", doc: "returns the sum of a[i]·x[i]; n is a positive multiple of 16"}
	k.load("a", "R0", "x", "R1", "n", "R2")
	k.zero(0, 1, 2, 3)
	k.label("loop")
	k.op("PRFM %d(R0), PLDL2KEEP", ahead)
	k.op("FLDPQ.P 32(R0), (F4, F5)")
	k.op("FLDPQ.P 32(R0), (F6, F7)")
	k.op("FLDPQ.P 32(R1), (F16, F17)")
	k.op("FLDPQ.P 32(R1), (F18, F19)")
	for v := range 4 {
		k.op("VFMLA V%d.S4, V%d.S4, V%d.S4", 16+v, 4+v, v)
	}
	k.op("SUBS $16, R2")
	k.op("BNE loop")
	k.word(fadd, 0, 0, 1)
	k.word(fadd, 2, 2, 3)
	k.word(fadd, 0, 0, 2)
	k.word(faddp, 0, 0, 0)
	k.word(faddp, 0, 0, 0)
	k.op("FMOVS F0, ret+24(FP)")
	k.op("RET")
	k.args += 4
	return k
}

// axpy adds four rows, each times a number, to a vector.
func axpy() *function {
	k := &function{
		name: "axpy4NEON", signature: "(y *float32, a *float32, down int, x *[4]float32, n int)",
		doc: "adds x[r]·a[r] to y, for the rows r < 4 of a, which stand down bytes apart; n is a positive multiple of 8",
	}
	k.load("y", "R0", "a", "R1", "down", "R2", "x", "R3", "n", "R4")
	k.op("FMOVQ (R3), F0")
	for r := 1; r < 4; r++ {
		k.op("ADD R2, R%d, R%d", []int{0, 1, 5, 6}[r], 4+r)
	}
	k.label("loop")
	k.op("FLDPQ (R0), (F2, F3)")
	for r, a := range []int{1, 5, 6, 7} {
		k.op("FLDPQ.P 32(R%d), (F%d, F%d)", a, 16+2*r, 17+2*r)
		k.element(fmlaElement, 2, 16+2*r, 0, r)
		k.element(fmlaElement, 3, 17+2*r, 0, r)
	}
	k.op("FSTPQ.P (F2, F3), 32(R0)")
	k.op("SUBS $8, R4")
	k.op("BNE loop")
	k.op("RET")
	return k
}

// transpose writes four rows as columns, in blocks of 4 times 4.
func transpose() *function {
	k := &function{
		name: "transposeNEON", signature: "(dst *float32, dstDown int, src *float32, srcDown int, n int)",
		doc: "sets dst (n, 4) to the transpose of src (4, n). Distances of rows are in bytes; n is a positive multiple of 4",
	}
	k.load("dst", "R0", "dstDown", "R1", "src", "R2", "srcDown", "R3", "n", "R4")
	for r, row := range []int{5, 6, 7} {
		k.op("ADD R3, R%d, R%d", []int{2, 5, 6}[r], row)
	}
	k.label("loop")
	for r, row := range []int{2, 5, 6, 7} {
		k.op("FMOVQ.P 16(R%d), F%d", row, r)
	}
	for half := range 2 { // rows 0 and 2, 1 and 3
		for z := range 2 {
			k.op("VZIP%d V%d.S4, V%d.S4, V%d.S4", 1+z, 2+half, half, 4+2*half+z)
		}
	}
	for z := range 2 {
		for w := range 2 {
			k.op("VZIP%d V%d.S4, V%d.S4, V%d.S4", 1+w, 6+z, 4+z, 16+2*z+w)
		}
	}
	for c := range 4 {
		k.op("FMOVQ F%d, (R0)", 16+c)
		k.op("ADD R1, R0")
	}
	k.op("SUBS $4, R4")
	k.op("BNE loop")
	k.op("RET")
	return k
}
