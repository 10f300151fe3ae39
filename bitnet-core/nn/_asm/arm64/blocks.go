package main

import "fmt"

// A layout is one block type.
type layout struct {
	kind    string
	weights int // of a block
	bytes   int
	scale   int // where its f16 scale stands
	bits    int // of a code
}

var layouts = []layout{
	{"Q8_0", 32, 34, 0, 8},
	{"Q4_0", 32, 18, 0, 4},
	{"Q6_K", 256, 210, 208, 6},
}

// spreadData is index vectors for TBL that move four neighbouring bytes each to the
// uppermost bytes of four lanes. Behind them, codes whose sign is the upper bit of a
// byte are fixed-point numbers, which one instruction converts.
const spreadData = `
DATA spread<>+0(SB)/8, $0x01ffffff00ffffff
DATA spread<>+8(SB)/8, $0x03ffffff02ffffff
DATA spread<>+16(SB)/8, $0x05ffffff04ffffff
DATA spread<>+24(SB)/8, $0x07ffffff06ffffff
DATA spread<>+32(SB)/8, $0x09ffffff08ffffff
DATA spread<>+40(SB)/8, $0x0bffffff0affffff
DATA spread<>+48(SB)/8, $0x0dffffff0cffffff
DATA spread<>+56(SB)/8, $0x0fffffff0effffff
GLOBL spread<>(SB), RODATA|NOPTR, $64
`

// A product is what the loop over blocks keeps in registers. It walks over rows of
// weights with pointers to the scale of a block.
type product struct {
	*function
	layout
	spread []int
	d      int      // the scales of up to four rows
	masks  []int    // that the layout needs
	scale  int      // two scales of 16 weights each, in Q6_K
	codes  []int    // 32 codes
	temps  []int    // four vectors of weights
	acc    [4][]int // of rows or tokens; two sums each, as dotRows4F32NEON has
}

func (p *product) start() {
	p.spread = p.take(4)
	p.op("MOVD $spread<>(SB), R12")
	for i := 0; i < 4; i += 2 {
		p.op("FLDPQ %d(R12), (F%d, F%d)", 16*i, p.spread[i], p.spread[i+1])
	}
	constants := map[string][]int{"Q4_0": {0x88, 0xf0}, "Q6_K": {0xaa, 0x3c, 0xc0}}[p.kind]
	p.masks = p.take(len(constants))
	for i, c := range constants {
		p.op("VMOVI $%d, V%d.B16", c, p.masks[i])
	}
	p.d, p.scale, p.codes, p.temps = p.take(1)[0], p.take(1)[0], p.take(2), p.take(4)
	for i := range p.acc {
		p.acc[i] = p.take(2)
		p.zero(p.acc[i])
	}
}

// scales reads the scales of a block of each row.
func (p *product) scales(w ...int) {
	for r, base := range w {
		if p.scale0() {
			p.op("VLD1.P 2(R%d), V%d.H[%d]", base, p.d, r)
		} else {
			p.op("VLD1 (R%d), V%d.H[%d]", base, p.d, r)
		}
	}
	p.word(fcvtl, p.d, p.d)
}

// scale0 reports whether blocks begin with their scale: then the pointers of rows
// walk over scale and codes.
func (p *product) scale0() bool { return p.layout.scale == 0 }

// decode sets p.codes to codes 32·part to 32·part+31 of a block of row r, each in the
// upper bits of its byte, and returns the scale of the first and of the last 16.
func (p *product) decode(w, r, part int) [2]element {
	c, t := p.codes, p.temps
	d := element{p.d, r}
	switch p.kind {
	case "Q8_0":
		p.op("FLDPQ.P 32(R%d), (F%d, F%d)", w, c[0], c[1])
		return [2]element{d, d}
	case "Q4_0": // a code less 8 is the code with its upper bit inverted
		p.op("FMOVQ.P 16(R%d), F%d", w, t[0])
		p.op("VEOR V%d.B16, V%d.B16, V%d.B16", p.masks[0], t[0], t[0])
		p.op("VSHL $4, V%d.B16, V%d.B16", t[0], c[0])
		p.op("VAND V%d.B16, V%d.B16, V%d.B16", p.masks[1], t[0], c[1])
		return [2]element{d, d}
	}
	half, quarter := part/4, part%4
	p.loadHalf(w, 192+2*part-p.layout.scale, p.scale)
	p.op("FLDPQ %d(R%d), (F%d, F%d)", 128+32*half-p.layout.scale, w, c[0], c[1])
	p.op("FLDPQ %d(R%d), (F%d, F%d)", 64*half+32*(quarter%2)-p.layout.scale, w, t[0], t[1])
	p.op("VTBL V%d.B16, [V%d.B16], V%d.B16", p.spread[0], p.scale, p.scale)
	p.word(scvtfFraction(24), p.scale, p.scale)
	p.floatElement(fmulElement, p.scale, p.scale, d)
	for i := range 2 { // the pair to the upper bits, the low half behind it
		p.op("VEOR V%d.B16, V%d.B16, V%d.B16", p.masks[0], c[i], c[i])
		if quarter < 3 {
			p.op("VSHL $%d, V%d.B16, V%d.B16", 6-2*quarter, c[i], c[i])
		} else {
			p.op("VAND V%d.B16, V%d.B16, V%d.B16", p.masks[2], c[i], c[i])
		}
		if quarter < 2 {
			p.op("VSHL $2, V%d.B16, V%d.B16", t[i], t[i])
		} else {
			p.op("VUSHR $2, V%d.B16, V%d.B16", t[i], t[i])
		}
		p.op("VBIT V%d.B16, V%d.B16, V%d.B16", p.masks[1], t[i], c[i])
	}
	return [2]element{{p.scale, 0}, {p.scale, 1}}
}

// values sets p.temps to the weights of 16 codes: exactly the decoded ones.
func (p *product) values(codes int, scale element) {
	for i, t := range p.temps {
		p.op("VTBL V%d.B16, [V%d.B16], V%d.B16", p.spread[i], codes, t)
	}
	for _, t := range p.temps {
		p.word(scvtfFraction(32-p.bits), t, t)
	}
	for _, t := range p.temps {
		p.floatElement(fmulElement, t, t, scale)
	}
}

// add adds the weights times x to two sums.
func (p *product) add(x, acc []int) {
	for i, t := range p.temps {
		p.op("VFMLA V%d.S4, V%d.S4, V%d.S4", t, x[i], acc[i%2])
	}
}

// loadX reads the next values of x.
func (p *product) loadX(base int, x []int) {
	for i := 0; i < len(x); i += 2 {
		p.op("FLDPQ.P 32(R%d), (F%d, F%d)", base, x[i], x[i+1])
	}
}

// prefetch asks the block of a row that follows into the second-level cache.
func (p *product) prefetch(ahead int) {
	for at := 0; at < p.bytes; at += 64 {
		p.op("PRFM %d(R%d), PLDL2KEEP", at, ahead)
	}
	p.op("ADD $%d, R%d", p.bytes, ahead)
}

// end closes the loop and adds up the lanes of each sum, in the order of
// dotRows4F32NEON.
func (p *product) end(products int) {
	p.op("SUBS $%d, R4", p.layout.weights)
	p.loopBack("block", products)
	a := p.acc
	for _, s := range a {
		p.word(fadd, s[0], s[0], s[1])
	}
	p.word(faddp, a[0][0], a[0][0], a[1][0])
	p.word(faddp, a[2][0], a[2][0], a[3][0])
	p.word(faddp, a[0][0], a[0][0], a[2][0])
	p.op("FMOVQ F%d, (R0)", a[0][0])
	p.op("RET")
}

// rows multiplies four rows with one token. R1 and R5-R7 walk over the rows, R8-R11
// over the four that follow them in memory.
func rows(f layout) *function {
	k := newFunction("rows4"+f.kind, "(out *[4]float32, w *byte, stride int, x *float32, n int)",
		fmt.Sprintf("the products of four rows with one token; n is a positive multiple of %d", f.weights))
	p := product{function: k, layout: f}
	w, ahead := []int{1, 5, 6, 7}, []int{8, 9, 10, 11}
	k.load("out", "R0", "w", "R1", "stride", "R2", "x", "R3", "n", "R4")
	for r := 5; r <= 11; r++ {
		before := r - 1
		if r == 5 {
			before = 1
		}
		k.op("ADD R2, R%d, R%d", before, r)
	}
	p.start()
	x := k.take(8)
	if f.scale > 0 {
		for _, r := range w {
			k.op("ADD $%d, R%d", f.scale, r)
		}
	}
	k.label("block")
	for _, a := range ahead {
		p.prefetch(a)
	}
	p.scales(w...)
	for part := range f.weights / 32 {
		p.loadX(3, x)
		for r, base := range w {
			scales := p.decode(base, r, part)
			for i, s := range scales {
				p.values(p.codes[i], s)
				p.add(x[4*i:4*i+4], p.acc[r])
			}
		}
	}
	if f.scale > 0 {
		for _, r := range w {
			k.op("ADD $%d, R%d", f.bytes, r)
		}
	}
	p.end(4 * f.weights)
	return k
}

// tokens multiplies one row with four tokens, over which R5-R8 walk.
func tokens(f layout) *function {
	k := newFunction("tokens4"+f.kind, "(out *[4]float32, w *byte, stride int, x0, x1, x2, x3 *float32, n int)",
		fmt.Sprintf("the products of one row with four tokens; the next row stands stride bytes on, n is a positive multiple of %d", f.weights))
	p := product{function: k, layout: f}
	const row, ahead = 1, 2
	k.load("out", "R0", "w", "R1", "stride", "R2", "x0", "R5", "x1", "R6", "x2", "R7", "x3", "R8", "n", "R4")
	k.op("ADD R1, R2")
	p.start()
	x := k.grid(2, 4)
	if f.scale > 0 {
		k.op("ADD $%d, R%d", f.scale, row)
	}
	k.label("block")
	p.prefetch(ahead)
	p.scales(row)
	for part := range f.weights / 32 {
		scales := p.decode(row, 0, part)
		for i, s := range scales {
			p.values(p.codes[i], s)
			for t := range 4 {
				p.loadX(5+t, x[t%2])
				p.add(x[t%2], p.acc[t])
			}
		}
	}
	if f.scale > 0 {
		k.op("ADD $%d, R%d", f.bytes, row)
	}
	p.end(4 * f.weights)
	return k
}
