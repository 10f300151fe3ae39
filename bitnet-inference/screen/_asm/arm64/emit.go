package main

import (
	"fmt"
	"strings"
)

// A function is the text of one function under construction.
type function struct {
	name, signature, doc string

	text  strings.Builder
	used  int // vector registers
	args  int // bytes
	count int // instructions since the last label
	inner int // of the inner loop
	made  int // what one pass of the inner loop makes
	what  string
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

// loopBack ends the inner loop, which makes so many of something.
func (k *function) loopBack(label string, made int, what string) {
	k.op("BNE %s", label)
	k.inner, k.made, k.what = k.count, made, what
}

// load reads the next arguments, of eight bytes each, to general registers.
func (k *function) load(args ...string) {
	for i := 0; i < len(args); i += 2 {
		k.op("MOVD %s+%d(FP), %s", args[i], k.args, args[i+1])
		k.args += 8
	}
}

// result writes the result, of so many bytes, by a move from a register. It follows the
// arguments.
func (k *function) result(move string, bytes int) {
	k.op("%s, ret+%d(FP)", move, k.args)
	k.args += bytes
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

func (k *function) one() int { return k.take(1)[0] }

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

// constant fills the lanes of v with a float32.
func (k *function) constant(value float64, v int) {
	k.op("FMOVS $%v, F%d", value, v)
	k.op("VDUP V%d.S[0], V%d.S4", v, v)
}

// loadPair reads the 32 bytes at base+at into two registers.
func (k *function) loadPair(base string, at int, v []int) {
	k.op("FLDPQ %d(%s), (F%d, F%d)", at, base, v[0], v[1])
}

// storePair writes two registers to the 32 bytes at base+at.
func (k *function) storePair(v []int, base string, at int) {
	k.op("FSTPQ (F%d, F%d), %d(%s)", v[0], v[1], at, base)
}

// bytes writes an instruction on bytes with sources m and n and destination d.
func (k *function) bytes(name string, m, n, d int) {
	k.op("%s V%d.B16, V%d.B16, V%d.B16", name, m, n, d)
}

// shift writes a shift of the bytes of n by so many bits to d.
func (k *function) shift(name string, bits, n, d int) {
	k.op("%s $%d, V%d.B16, V%d.B16", name, bits, n, d)
}

// sum adds the 32-bit lanes of registers to those of the first, which it returns.
func (k *function) sum(parts []int) int {
	for n := len(parts) / 2; n > 0; n /= 2 {
		for i := range n {
			k.op("VADD V%d.S4, V%d.S4, V%d.S4", parts[i+n], parts[i], parts[i])
		}
	}
	return parts[0]
}

// An encoding is an instruction that Go's assembler does not know, with its
// registers zero, and its text in ARM's syntax with their numbers left out.
type encoding struct {
	bits uint32
	text string
}

var (
	smull  = encoding{0x0e20c000, "SMULL V%d.8H, V%d.8B, V%d.8B"}
	smull2 = encoding{0x4e20c000, "SMULL2 V%d.8H, V%d.16B, V%d.16B"}
	smlal  = encoding{0x0e208000, "SMLAL V%d.8H, V%d.8B, V%d.8B"}
	smlal2 = encoding{0x4e208000, "SMLAL2 V%d.8H, V%d.16B, V%d.16B"}
	sadalp = encoding{0x4e606800, "SADALP V%d.4S, V%d.8H"}
	sdot   = encoding{0x4e809400, "SDOT V%d.4S, V%d.16B, V%d.16B"}
	sshr2  = encoding{0x4f3e0400, "SSHR V%d.4S, V%d.4S, #2"}
	sshr4  = encoding{0x4f3c0400, "SSHR V%d.4S, V%d.4S, #4"}

	fcvtl   = encoding{0x0e217800, "FCVTL V%d.4S, V%d.4H"}
	fcvtl2  = encoding{0x4e217800, "FCVTL2 V%d.4S, V%d.8H"}
	shll    = encoding{0x2e613800, "SHLL V%d.4S, V%d.4H, #16"}
	shll2   = encoding{0x6e613800, "SHLL2 V%d.4S, V%d.8H, #16"}
	fcvtns  = encoding{0x4e21a800, "FCVTNS V%d.4S, V%d.4S"}
	scvtf   = encoding{0x4e21d800, "SCVTF V%d.4S, V%d.4S"}
	ucvtf30 = encoding{0x6f22e400, "UCVTF V%d.4S, V%d.4S, #30"}
	fabs    = encoding{0x4ea0f800, "FABS V%d.4S, V%d.4S"}
	fadd    = encoding{0x4e20d400, "FADD V%d.4S, V%d.4S, V%d.4S"}
	fsub    = encoding{0x4ea0d400, "FSUB V%d.4S, V%d.4S, V%d.4S"}
	fmul    = encoding{0x6e20dc00, "FMUL V%d.4S, V%d.4S, V%d.4S"}
	fmax    = encoding{0x4e20f400, "FMAX V%d.4S, V%d.4S, V%d.4S"}
	fmaxv   = encoding{0x6e30f800, "FMAXV S%d, V%d.4S"}
	umaxv   = encoding{0x6eb0a800, "UMAXV S%d, V%d.4S"}

	fcvtlDouble  = encoding{0x0e617800, "FCVTL V%d.2D, V%d.2S"}
	fcvtl2Double = encoding{0x4e617800, "FCVTL2 V%d.2D, V%d.4S"}
	fcvtnDouble  = encoding{0x0e616800, "FCVTN V%d.2S, V%d.2D"}
	fcvtn2Double = encoding{0x4e616800, "FCVTN2 V%d.4S, V%d.2D"}
	scvtfDouble  = encoding{0x4e61d800, "SCVTF V%d.2D, V%d.2D"}
	fabsDouble   = encoding{0x4ee0f800, "FABS V%d.2D, V%d.2D"}
	faddDouble   = encoding{0x4e60d400, "FADD V%d.2D, V%d.2D, V%d.2D"}
	fsubDouble   = encoding{0x4ee0d400, "FSUB V%d.2D, V%d.2D, V%d.2D"}
	fmulDouble   = encoding{0x6e60dc00, "FMUL V%d.2D, V%d.2D, V%d.2D"}
)

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
