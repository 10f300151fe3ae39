package main

// prefetch is how far ahead of their use, in bytes, coarse codes are asked into the
// second-level cache. An address past their end is no error.
const prefetch = 6 << 10

// A row is a kernel that multiplies rows of one plane, 32 columns of each lane at a time.
// R5 is the query at this block, R6 the blocks left. Codes are at most 63, so they are
// the same as signed and as unsigned bytes.
type row struct {
	*function
	mask  int     // the bits of a code, in each byte
	raw   [][]int // two registers of each lane of the plane
	codes []int   // of two registers
	x     [][]int // hi and lo of two lanes, two registers each
	multiplier
}

// A multiplier emits the products of codes and steps of x. Its sums have 32 bits.
type multiplier interface {
	clear() // the sums of a row
	// add adds the products of 32 columns of lane i with hi and lo of x. The lanes come in
	// order, again and again.
	add(i int, codes []int, x [][]int)
	sums() (hi, lo int) // a register each, of four parts
}

func newRow(k *function, lanes int, m multiplier) *row {
	return &row{function: k, mask: k.one(), raw: k.grid(lanes, 2), codes: k.take(2), x: k.grid(4, 2), multiplier: m}
}

// coarseRows emits a coarseKernel. It takes rows one after the other, as they lie in
// memory, so that there is one long stream of addresses.
func coarseRows(set string, m func(k *function) multiplier) *function {
	k := &function{
		name:      "coarse" + set,
		signature: "(out *int64, codes *byte, x *int8, blocks int, rows int)",
		doc:       "coarseGeneric for blocks, rows ≥ 1",
	}
	k.load("out", "R0", "codes", "R1", "x", "R2", "blocks", "R3", "rows", "R4")
	r := newRow(k, 3, m(k))
	k.op("VMOVI $63, V%d.B16", r.mask)
	k.label("row")
	k.op("MOVD R2, R5")
	k.op("MOVD R3, R6")
	r.clear()
	k.label("block")
	for i := range 3 {
		k.op("PRFM %d(R1), PLDL2KEEP", prefetch+lane*i)
	}
	for at := 0; at < lane; at += 32 {
		r.coarse(at)
	}
	k.op("ADD $%d, R1", coarse)
	k.op("ADD $%d, R5", 2*block)
	k.op("SUBS $1, R6")
	k.loopBack("block", block, "products")
	r.total()
	k.op("MOVD.P R7, 8(R0)")
	k.op("SUBS $1, R4")
	k.op("BNE row")
	k.op("RET")
	return k
}

// fineRow emits a fineKernel.
func fineRow(set string, m func(k *function) multiplier) *function {
	k := &function{
		name:      "fine" + set,
		signature: "(codes *byte, next *byte, x *int8, blocks int) int64",
		doc:       "fineGeneric for blocks ≥ 1, and prefetches the row next",
	}
	k.load("codes", "R1", "next", "R2", "x", "R5", "blocks", "R6")
	r := newRow(k, 1, m(k))
	k.op("VMOVI $3, V%d.B16", r.mask)
	r.clear()
	k.label("block")
	k.op("PRFM (R2), PLDL1KEEP")
	for at := 0; at < lane; at += 32 {
		r.fine(at)
	}
	k.op("ADD $%d, R1", fine)
	k.op("ADD $%d, R2", fine)
	k.op("ADD $%d, R5", 2*block)
	k.op("SUBS $1, R6")
	k.loopBack("block", block, "products")
	r.total()
	k.result("MOVD R7", 8)
	k.op("RET")
	return k
}

// coarse adds the products of 32 columns of each lane.
func (r *row) coarse(at int) {
	for i, raw := range r.raw {
		r.loadPair("R1", lane*i+at, raw)
		for j, v := range raw {
			r.bytes("VAND", r.mask, v, r.codes[j])
		}
		r.lane(i, at, r.codes)
	}
	// The upper two bits of the three lanes are a code of the last one.
	last := r.raw[0]
	for j, v := range last {
		r.shift("VSRI", 2, r.raw[1][j], v)
		r.shift("VSRI", 4, r.raw[2][j], v)
		r.shift("VUSHR", 2, v, v)
	}
	r.lane(3, at, last)
}

// fine does the same for the fine plane.
func (r *row) fine(at int) {
	raw := r.raw[0]
	r.loadPair("R1", at, raw)
	for i := range 4 {
		for j, v := range raw {
			if i > 0 {
				r.shift("VUSHR", 2*i, v, r.codes[j])
				v = r.codes[j]
			}
			if i < 3 {
				r.bytes("VAND", r.mask, v, r.codes[j])
			}
		}
		r.lane(i, at, r.codes)
	}
}

// lane multiplies the codes of 32 columns of lane i.
func (r *row) lane(i, at int, codes []int) {
	x := r.x[i%2*2:][:2]
	for half, v := range x {
		r.loadPair("R5", block*half+lane*i+at, v)
	}
	r.add(i, codes, x)
}

// total sets R7 to 256·hi + lo in 64 bits.
func (r *row) total() {
	hi, lo := r.sums()
	r.op("VADDP V%d.S4, V%d.S4, V%d.S4", lo, hi, hi)
	r.op("VADDP V%d.S4, V%d.S4, V%d.S4", hi, hi, hi) // hi, lo, hi, lo
	r.op("VMOV V%d.D[0], R7", hi)
	r.op("ASR $32, R7, R8")
	r.op("SXTW R7, R7")
	r.op("ADD R7<<8, R8, R7")
}

// dotProd multiplies with SDOT. Each lane and half of x has a sum of its own, so that
// additions do not wait for another.
type dotProd struct {
	*function
	acc [][]int // of hi and lo, by lanes
}

func newDotProd(k *function) multiplier { return &dotProd{k, k.grid(2, 4)} }

func (d *dotProd) clear() { d.zero(d.acc...) }

func (d *dotProd) add(i int, codes []int, x [][]int) {
	for j, c := range codes {
		for half, acc := range d.acc {
			d.word(sdot, acc[i], c, x[half][j])
		}
	}
}

func (d *dotProd) sums() (hi, lo int) { return d.sum(d.acc[0]), d.sum(d.acc[1]) }

// neon multiplies to sums of 16 bits, which hold four products of coarse codes,
// 4·63·128 at most: one of each lane. Then they are added to others of 32 bits.
type neon struct {
	*function
	narrow [2][][]int // of hi and lo, by registers of codes, of their lower and upper halves
	wide   [][]int    // of hi and lo, of lower and upper halves
}

func newNEON(k *function) multiplier {
	return &neon{k, [2][][]int{k.grid(2, 2), k.grid(2, 2)}, k.grid(2, 2)}
}

func (n *neon) clear() { n.zero(n.wide...) }

func (n *neon) add(i int, codes []int, x [][]int) {
	low, high := smlal, smlal2
	if i == 0 {
		low, high = smull, smull2
	}
	for j, c := range codes {
		for half, narrow := range n.narrow {
			n.word(low, narrow[j][0], c, x[half][j])
			n.word(high, narrow[j][1], c, x[half][j])
		}
	}
	if i < 3 {
		return
	}
	for j := range codes {
		for half, wide := range n.wide {
			n.word(sadalp, wide[0], n.narrow[half][j][0])
			n.word(sadalp, wide[1], n.narrow[half][j][1])
		}
	}
}

func (n *neon) sums() (hi, lo int) { return n.sum(n.wide[0]), n.sum(n.wide[1]) }
