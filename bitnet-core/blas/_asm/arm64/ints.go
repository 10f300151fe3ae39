package main

import "fmt"

// newTileInts begins a function for a tile of so many rows and eight columns.
func newTileInts(suffix string, rows int) *function {
	k := &function{
		name: "tileInts" + suffix, signature: "(steps int, a *byte, b *byte, c *int32, cDown int, add int)",
		doc: fmt.Sprintf("sets the tile c (%d, 8) to the products of the steps of a, which follow one value for each row that it skips, with those of b, plus c if add is not 0. cDown is in bytes, steps is positive", rows),
	}
	k.load("steps", "R0", "a", "R1", "b", "R2", "c", "R3", "cDown", "R4", "add", "R5")
	k.op("ADD $%d, R1", 4*rows)
	for v := range 16 {
		k.zero(v)
	}
	k.label("loop")
	k.op("FLDPQ.P 32(R2), (F16, F17)")
	return k
}

// finish stores the sums, which sum gives the first register of for each row.
func finish(k *function, rows int, sum func(r int) (int, int)) {
	k.op("CBZ R5, store")
	k.op("MOVD R3, R6")
	for r := range rows {
		left, right := sum(r)
		k.op("FLDPQ (R6), (F16, F17)")
		k.op("VADD V16.S4, V%d.S4, V%d.S4", left, left)
		k.op("VADD V17.S4, V%d.S4, V%d.S4", right, right)
		k.op("ADD R4, R6")
	}
	k.label("store")
	for r := range rows {
		left, right := sum(r)
		k.op("FSTPQ (F%d, F%d), (R3)", left, right)
		k.op("ADD R4, R3")
	}
	k.op("RET")
}

// tileInts has two sums for each element, of two products in each step.
func tileInts() *function {
	const rows = 4
	k := newTileInts("NEON", rows)
	k.op("FMOVQ.P 16(R1), F18")
	for r := range rows {
		k.op("VDUP V18.S[%d], V%d.S4", r, 20+r)
	}
	for r := range rows {
		for b := range 2 {
			t := 24 + 4*(r%2) + 2*b
			k.word(smull, t, 16+b, 20+r)
			k.word(smull2, t+1, 16+b, 20+r)
			k.word(sadalp, 4*r+2*b, t)
			k.word(sadalp, 4*r+2*b+1, t+1)
		}
	}
	k.op("SUBS $1, R0")
	k.op("BNE loop")
	for r := range rows {
		for b := range 2 {
			k.word(addp, 4*r+2*b, 4*r+2*b, 4*r+2*b+1)
		}
	}
	finish(k, rows, func(r int) (int, int) { return 4 * r, 4*r + 2 })
	return k
}

func tileIntsDotProd() *function {
	const rows = 8
	k := newTileInts("NEONDotProd", rows)
	k.op("FLDPQ.P 32(R1), (F18, F19)")
	for r := range rows {
		for b := range 2 {
			k.element(sdotElement, 2*r+b, 16+b, 18+r/4, r%4)
		}
	}
	k.op("SUBS $1, R0")
	k.op("BNE loop")
	finish(k, rows, func(r int) (int, int) { return 2 * r, 2*r + 1 })
	return k
}

// rowInts multiplies two rows, 32 values at a time, by body: from V4 and V5, and V6 and
// V7, to V0-V3.
func rowInts(suffix string, body func(k *function)) *function {
	k := &function{name: "dotInts" + suffix, signature: "(a *int8, x *int8, n int) int32", doc: "returns the sum of a[i]·x[i]; n is a positive multiple of 32"}
	k.load("a", "R0", "x", "R1", "n", "R2")
	k.zero(0, 1, 2, 3)
	k.label("loop")
	k.op("PRFM %d(R0), PLDL2KEEP", ahead)
	k.op("FLDPQ.P 32(R0), (F4, F5)")
	k.op("FLDPQ.P 32(R1), (F6, F7)")
	body(k)
	k.op("SUBS $32, R2")
	k.op("BNE loop")
	k.op("VADD V1.S4, V0.S4, V0.S4")
	k.op("VADD V3.S4, V2.S4, V2.S4")
	k.op("VADD V2.S4, V0.S4, V0.S4")
	k.op("VADDV V0.S4, V0")
	k.op("FMOVS F0, R3")
	k.op("MOVW R3, ret+24(FP)")
	k.op("RET")
	k.args += 4
	return k
}

func dotInts() *function {
	return rowInts("NEON", func(k *function) {
		for v := range 2 {
			k.word(smull, 16+2*v, 4+v, 6+v)
			k.word(smull2, 17+2*v, 4+v, 6+v)
			k.word(sadalp, 2*v, 16+2*v)
			k.word(sadalp, 2*v+1, 17+2*v)
		}
	})
}

func dotIntsDotProd() *function {
	return rowInts("NEONDotProd", func(k *function) {
		k.word(sdot, 0, 4, 6)
		k.word(sdot, 1, 5, 7)
	})
}
