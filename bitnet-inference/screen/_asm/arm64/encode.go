package main

import "fmt"

// step is how many columns an iteration of the kernels below takes.
const step = 32

// decode emits the kernel for weights of size bytes; widen makes float32 of the lower
// and the upper half of eight of two bytes.
func decode(name string, size int, widen ...encoding) *function {
	k := &function{
		name:      "decode" + name + "NEON",
		signature: "(dst *float32, src *byte, n int) uint32",
		doc:       "a decodeKernel for its type; n is a positive multiple of 32",
	}
	k.load("dst", "R0", "src", "R1", "n", "R2")
	most, v, raw := k.take(2), k.grid(2, 2), k.take(2)
	k.zero(most)
	k.label("loop")
	for at := 0; at < step; at += 16 {
		if size == 2 {
			k.loadPair("R1", size*at, raw)
		}
		for half, v := range v {
			if size == 4 {
				k.loadPair("R1", size*(at+8*half), v)
			} else {
				k.word(widen[0], v[0], raw[half])
				k.word(widen[1], v[1], raw[half])
			}
			k.storePair(v, "R0", 4*(at+8*half))
			for i, v := range v {
				k.word(fabs, v, v) // magnitudes order like their bits
				k.op("VUMAX V%d.S4, V%d.S4, V%d.S4", v, most[i], most[i])
			}
		}
	}
	k.op("ADD $%d, R1", step*size)
	k.op("ADD $%d, R0", step*4)
	k.op("SUBS $%d, R2", step)
	k.loopBack("loop", step, "columns")
	k.op("VUMAX V%d.S4, V%d.S4, V%d.S4", most[1], most[0], most[0])
	k.word(umaxv, most[0], most[0])
	k.result(fmt.Sprintf("FMOVS F%d", most[0]), 4)
	k.op("RET")
	return k
}

// encode takes 32 columns of each lane of a block at a time, the last lane first, whose
// bits go to the others' bytes. Each sum has four registers: it is that of 16 columns.
func encode() *function {
	k := &function{
		name:      "encodeNEON",
		signature: "(coarse *byte, fine *byte, w *float32, blocks int, inverse float32, sums *[3][8]float32, next *byte)",
		doc:       "an encodeKernel, and prefetches from next",
	}
	k.load("coarse", "R0", "fine", "R1", "w", "R2", "blocks", "R3")
	squares, rests, middles := k.take(4), k.take(4), k.take(4)
	inverse, fromMiddle, offset := k.one(), k.one(), k.one()
	last, first, codes, top := k.take(2), k.take(2), k.take(2), k.one()
	q, v, t := k.take(4), k.take(2), k.one()
	k.op("FMOVS inverse+%d(FP), F%d", k.args, inverse)
	k.args += 8
	k.op("VDUP V%d.S[0], V%d.S4", inverse, inverse)
	k.load("sums", "R4", "next", "R5")
	k.constant(1.5, fromMiddle)
	k.op("VMOVI $128, V%d.B16", offset)
	k.zero(squares, rests, middles)

	// square adds the squares of v to a sum.
	square := func(v, sum int) { k.op("VFMLA V%d.S4, V%d.S4, V%d.S4", v, v, sum) }
	// encode16 sets to to the codes of 16 columns.
	encode16 := func(at, to int) {
		for i, q := range q {
			if i%2 == 0 {
				k.loadPair("R2", 4*(at+4*i), v)
			}
			v := v[i%2]
			k.word(fmul, v, v, inverse)
			k.word(fcvtns, q, v)
			square(v, squares[i])
			k.word(scvtf, t, q)
			k.word(fsub, v, v, t)
			square(v, rests[i])
			k.op("VSHL $30, V%d.S4, V%d.S4", q, t) // the lowest two bits, less 1.5
			k.word(ucvtf30, t, t)
			k.word(fsub, t, t, fromMiddle)
			k.word(fadd, v, v, t)
			square(v, middles[i])
		}
		k.op("VUZP1 V%d.H8, V%d.H8, V%d.H8", q[1], q[0], q[0])
		k.op("VUZP1 V%d.H8, V%d.H8, V%d.H8", q[3], q[2], q[2])
		k.bytes("VUZP1", q[2], q[0], to)
		k.bytes("VEOR", offset, to, to)
	}
	k.label("block")
	for at := 0; at < lane; at += 32 {
		for i := range 4 {
			k.op("PRFM %d(R5), PLDL1KEEP", 8*at+64*i)
		}
		for j, to := range last {
			encode16(3*lane+at+16*j, to)
		}
		for i := range 3 {
			c := codes
			if i == 0 {
				c = first // where the fine codes come together
			}
			for j := range c {
				encode16(lane*i+at+16*j, c[j])
				if i > 0 {
					k.shift("VSLI", 2*i, c[j], first[j])
				}
			}
			for j, c := range c {
				k.shift("VSHL", 2*i, last[j], top)
				k.shift("VSRI", 2, c, top)
				k.op("FMOVQ F%d, %d(R0)", top, lane*i+at+16*j)
			}
		}
		for j, to := range first {
			k.shift("VSLI", 6, last[j], to)
		}
		k.storePair(first, "R1", at)
	}
	k.op("ADD $%d, R2", 4*block)
	k.op("ADD $%d, R5", 2*block)
	k.op("ADD $%d, R0", coarse)
	k.op("ADD $%d, R1", fine)
	k.op("SUBS $1, R3")
	k.loopBack("block", block, "columns")
	for i, s := range [][]int{squares, rests, middles} {
		k.word(fadd, s[0], s[0], s[2])
		k.word(fadd, s[1], s[1], s[3])
		k.storePair(s[:2], "R4", 32*i)
	}
	k.op("RET")
	return k
}
