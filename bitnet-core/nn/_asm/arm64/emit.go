package main

import (
	"fmt"
	"strings"
)

// A function is the text of one function under construction.
type function struct {
	name, signature, doc string

	text     strings.Builder
	used     int // vector registers
	args     int // bytes
	count    int // instructions since the last label
	inner    int // of the inner loop
	products int // of one pass of the inner loop
}

func newFunction(name, signature, doc string) *function {
	return &function{name: name + "NEON", signature: signature, doc: doc}
}

func (k *function) line(format string, args ...any) { fmt.Fprintf(&k.text, format+"\n", args...) }

// op writes an instruction in Go's syntax: sources first, the destination last.
func (k *function) op(format string, args ...any) {
	k.count++
	k.line("\t"+format, args...)
}

func (k *function) label(name string) {
	k.count = 0
	k.line("%s:", name)
}

// loopBack ends the inner loop, which computes so many products.
func (k *function) loopBack(label string, products int) {
	k.op("BNE %s", label)
	k.inner, k.products = k.count, products
}

// load reads the next arguments, of eight bytes each, to general registers.
func (k *function) load(args ...string) {
	for i := 0; i < len(args); i += 2 {
		k.op("MOVD %s+%d(FP), %s", args[i], k.args, args[i+1])
		k.args += 8
	}
}

// take hands out n vector registers that follow one another.
func (k *function) take(n int) []int {
	regs := make([]int, n)
	for i := range regs {
		regs[i] = k.used
		k.used++
	}
	if k.used > 32 {
		panic(k.name + ": more than 32 vector registers")
	}
	return regs
}

// grid is take for rows of n registers.
func (k *function) grid(rows, n int) [][]int {
	g := make([][]int, rows)
	for i := range g {
		g[i] = k.take(n)
	}
	return g
}

func (k *function) zero(regs ...[]int) {
	for _, r := range regs {
		for _, v := range r {
			k.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
		}
	}
}

// An encoding is an instruction that Go's assembler does not know, with its
// registers zero, and its text in ARM's syntax with their numbers left out.
type encoding struct {
	bits uint32
	text string
}

var (
	fcvtl  = encoding{0x0e217800, "FCVTL V%d.4S, V%d.4H"}
	fcvtl2 = encoding{0x4e217800, "FCVTL2 V%d.4S, V%d.8H"}
	fcvtns = encoding{0x4e21a800, "FCVTNS V%d.4S, V%d.4S"}
	scvtf  = encoding{0x4e21d800, "SCVTF V%d.4S, V%d.4S"}
	fabs   = encoding{0x4ea0f800, "FABS V%d.4S, V%d.4S"}
	fadd   = encoding{0x4e20d400, "FADD V%d.4S, V%d.4S, V%d.4S"}
	faddp  = encoding{0x6e20d400, "FADDP V%d.4S, V%d.4S, V%d.4S"}
	fmul   = encoding{0x6e20dc00, "FMUL V%d.4S, V%d.4S, V%d.4S"}
	facge  = encoding{0x6e20ec00, "FACGE V%d.4S, V%d.4S, V%d.4S"}
	umax   = encoding{0x6ea06400, "UMAX V%d.4S, V%d.4S, V%d.4S"}
	umaxv  = encoding{0x6eb0a800, "UMAXV S%d, V%d.4S"}
	sqxtn  = encoding{0x0e614800, "SQXTN V%d.4H, V%d.4S"}
	sqxtn2 = encoding{0x4e614800, "SQXTN2 V%d.8H, V%d.4S"}
	sxtl   = encoding{0x0f08a400, "SXTL V%d.8H, V%d.8B"}
	sxtl2  = encoding{0x4f08a400, "SXTL2 V%d.8H, V%d.16B"}

	// By an element of the last operand.
	fmulElement   = encoding{0x4f809000, "FMUL V%d.4S, V%d.4S, V%d.S[%d]"}
	smlalElement  = encoding{0x0f402000, "SMLAL V%d.4S, V%d.4H, V%d.H[%d]"}
	smlal2Element = encoding{0x4f402000, "SMLAL2 V%d.4S, V%d.8H, V%d.H[%d]"}
)

// scvtfFraction converts numbers with so many bits after the binary point.
func scvtfFraction(bits int) encoding {
	return encoding{0x4f00e400 | uint32(64-bits)<<16, fmt.Sprintf("SCVTF V%%d.4S, V%%d.4S, #%d", bits)}
}

// word writes e with destination d, first source n and, if the instruction has
// one, second source m.
func (k *function) word(e encoding, d, n int, m ...int) {
	bits, regs := e.bits|uint32(d)|uint32(n)<<5, []any{d, n}
	if len(m) > 0 {
		bits |= uint32(m[0]) << 16
		regs = append(regs, m[0])
	}
	k.op("WORD $0x%08x // %s", bits, fmt.Sprintf(e.text, regs...))
}

// An element is one lane of a vector register.
type element struct{ v, lane int }

// floatElement is word for an instruction by a float32.
func (k *function) floatElement(e encoding, d, n int, m element) {
	bits := e.bits | uint32(d) | uint32(n)<<5 | uint32(m.v)<<16 | uint32(m.lane&1)<<21 | uint32(m.lane>>1)<<11
	k.op("WORD $0x%08x // %s", bits, fmt.Sprintf(e.text, d, n, m.v, m.lane))
}

// halfElement is word for an instruction by an int16.
func (k *function) halfElement(e encoding, d, n int, m element) {
	if m.v > 15 {
		panic(k.name + ": int16 elements of V0 to V15 only")
	}
	bits := e.bits | uint32(d) | uint32(n)<<5 | uint32(m.v)<<16 |
		uint32(m.lane&1)<<20 | uint32(m.lane>>1&1)<<21 | uint32(m.lane>>2)<<11
	k.op("WORD $0x%08x // %s", bits, fmt.Sprintf(e.text, d, n, m.v, m.lane))
}

// loadHalf reads two bytes at base+at, -256 <= at < 256, to a vector register.
func (k *function) loadHalf(base, at, v int) {
	k.op("WORD $0x%08x // LDUR H%d, [X%d, #%d]", 0x7c400000|uint32(at)&0x1ff<<12|uint32(base)<<5|uint32(v), v, base, at)
}
