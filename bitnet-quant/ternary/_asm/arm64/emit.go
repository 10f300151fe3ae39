package main

import (
	"fmt"
	"strings"
)

// An asm is the text of an assembly file under construction.
type asm struct {
	text  strings.Builder
	count int // instructions since the last label
}

func (a *asm) line(format string, args ...any) { fmt.Fprintf(&a.text, format+"\n", args...) }

// op writes an instruction in Go's syntax: sources first, the destination last.
func (a *asm) op(format string, args ...any) {
	a.count++
	a.line("\t"+format, args...)
}

func (a *asm) label(name string) {
	a.count = 0
	a.line("%s:", name)
}

// An encoding is an instruction that Go's assembler does not know, with its
// registers zero, and its text in ARM's syntax with their numbers left out.
type encoding struct {
	bits uint32
	text string
}

var (
	smull  = encoding{0x0e20c000, "SMULL V%d.8H, V%d.8B, V%d.8B"}
	smlal  = encoding{0x0e208000, "SMLAL V%d.8H, V%d.8B, V%d.8B"}
	smlal2 = encoding{0x4e208000, "SMLAL2 V%d.8H, V%d.16B, V%d.16B"}
	sdot   = encoding{0x4e809400, "SDOT V%d.4S, V%d.16B, V%d.16B"}
	smmla  = encoding{0x4e80a400, "SMMLA V%d.4S, V%d.16B, V%d.16B"}
	sadalp = encoding{0x4e606800, "SADALP V%d.4S, V%d.8H"}
	sshr2  = encoding{0x4f3e0400, "SSHR V%d.4S, V%d.4S, $2"}
	sshr4  = encoding{0x4f3c0400, "SSHR V%d.4S, V%d.4S, $4"}
)

// word writes e with destination d, first source n and, if the instruction has
// one, second source m.
func (a *asm) word(e encoding, d, n int, m ...int) {
	bits, regs := e.bits|uint32(d)|uint32(n)<<5, []any{d, n}
	if len(m) > 0 {
		bits |= uint32(m[0]) << 16
		regs = append(regs, m[0])
	}
	a.op("WORD $0x%08x // %s", bits, fmt.Sprintf(e.text, regs...))
}

// A pool hands out the vector registers of one kernel.
type pool struct{ used int }

func (p *pool) take(n int) []int {
	regs := make([]int, n)
	for i := range regs {
		regs[i] = p.used
		p.used++
	}
	if p.used > 32 {
		panic("more than 32 vector registers")
	}
	return regs
}

// grid is take for rows of n registers.
func (p *pool) grid(rows, n int) [][]int {
	g := make([][]int, rows)
	for i := range g {
		g[i] = p.take(n)
	}
	return g
}
