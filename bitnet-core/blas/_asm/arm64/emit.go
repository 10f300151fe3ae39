package main

import (
	"fmt"
	"strings"
)

// A function is the text of one function under construction.
type function struct {
	name, signature, doc string

	text strings.Builder
	args int // bytes
}

func (k *function) line(format string, args ...any) { fmt.Fprintf(&k.text, format+"\n", args...) }

// op writes an instruction in Go's syntax: sources first, the destination last.
func (k *function) op(format string, args ...any) { k.line("\t"+format, args...) }

func (k *function) label(format string, args ...any) { k.line(format+":", args...) }

// load reads the next arguments, of eight bytes each, to general registers.
func (k *function) load(args ...string) {
	for i := 0; i < len(args); i += 2 {
		k.op("MOVD %s+%d(FP), %s", args[i], k.args, args[i+1])
		k.args += 8
	}
}

func (k *function) zero(regs ...int) {
	for _, v := range regs {
		k.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
}

// An encoding is an instruction that Go's assembler does not know, with its
// registers zero, and its text in ARM's syntax with their numbers left out.
type encoding struct {
	bits uint32
	text string
}

var (
	fadd   = encoding{0x4e20d400, "FADD V%d.4S, V%d.4S, V%d.4S"}
	faddp  = encoding{0x6e20d400, "FADDP V%d.4S, V%d.4S, V%d.4S"}
	fmul   = encoding{0x6e20dc00, "FMUL V%d.4S, V%d.4S, V%d.4S"}
	addp   = encoding{0x4ea0bc00, "ADDP V%d.4S, V%d.4S, V%d.4S"}
	smull  = encoding{0x0e20c000, "SMULL V%d.8H, V%d.8B, V%d.8B"}
	smull2 = encoding{0x4e20c000, "SMULL2 V%d.8H, V%d.16B, V%d.16B"}
	sadalp = encoding{0x4e606800, "SADALP V%d.4S, V%d.8H"}
	sdot   = encoding{0x4e809400, "SDOT V%d.4S, V%d.16B, V%d.16B"}

	// By an element of the last operand.
	fmlaElement = encoding{0x4f801000, "FMLA V%d.4S, V%d.4S, V%d.S[%d]"}
	sdotElement = encoding{0x4f80e000, "SDOT V%d.4S, V%d.16B, V%d.4B[%d]"}
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

// element is word for an instruction by lane of m, of 32 bits.
func (k *function) element(e encoding, d, n, m, lane int) {
	bits := e.bits | uint32(d) | uint32(n)<<5 | uint32(m)<<16 | uint32(lane&1)<<21 | uint32(lane>>1)<<11
	k.op("WORD $0x%08x // %s", bits, fmt.Sprintf(e.text, d, n, m, lane))
}
