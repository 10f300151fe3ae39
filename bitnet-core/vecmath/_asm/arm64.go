package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// neon is a program on its way to NEON. Its values are given registers here, in one
// pass: programs have no branches.
type neon struct {
	*program
	table *[]uint32 // constants, 16 bytes each
	text  strings.Builder
	last  []int
	reg   []int // of values; -1 for constants in memory
	free  []int
	sums  []int
}

// Instructions with the numbers of their registers zero.
var neonOps = map[op]struct {
	name string
	bits uint32
	swap bool // the operands, to be used in this order
}{
	opAdd: {"FADD", 0x4e20d400, false}, opSub: {"FSUB", 0x4ea0d400, false},
	opMul: {"FMUL", 0x6e20dc00, false}, opDiv: {"FDIV", 0x6e20fc00, false},
	opMax: {"FMAX", 0x4e20f400, false}, opMin: {"FMIN", 0x4ea0f400, false},
	opAnd: {"AND", 0x4e201c00, false}, opOr: {"ORR", 0x4ea01c00, false},
	opIntAdd: {"ADD", 0x4ea08400, false}, opIntSub: {"SUB", 0x6ea08400, false},
	opLess: {"FCMGT", 0x6ea0e400, true}, opEqual: {"FCMEQ", 0x4e20e400, false},
}

func (k *neon) line(format string, args ...any) { fmt.Fprintf(&k.text, format+"\n", args...) }

// word writes an instruction that Go's assembler does not know by this name.
func (k *neon) word(bits uint32, comment string, args ...any) {
	k.line("\tWORD $0x%08x // %s", bits, fmt.Sprintf(comment, args...))
}

func (k *neon) three(name string, bits uint32, d, n, m int) {
	k.word(bits|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s V%d, V%d, V%d", name, d, n, m)
}

func (k *neon) move(from, to int) {
	if from != to {
		k.three("ORR", 0x4ea01c00, to, from, from)
	}
}

func (k *neon) take() int {
	if len(k.free) == 0 {
		panic(k.name + ": more than 32 vector registers")
	}
	r := k.free[0]
	k.free = k.free[1:]
	return r
}

func (k *neon) give(r int) { k.free = append([]int{r}, k.free...) }

// constant returns where bits stand in the table.
func (k *neon) constant(bits uint32) int {
	i := slices.Index(*k.table, bits)
	if i < 0 {
		i = len(*k.table)
		*k.table = append(*k.table, bits)
	}
	return 16 * i
}

// run writes the function.
func (k *neon) run() (args int) {
	k.last, k.reg = k.lastUses(), make([]int, len(k.steps))
	for r := range 32 {
		k.free = append(k.free, r)
	}
	pointer := func(name, r string) {
		k.line("\tMOVD %s+%d(FP), %s", name, args, r)
		args += 8
	}
	if k.store {
		pointer("dst", "R0")
	}
	pointer("src", "R1")
	pointer("n", "R2")
	turns := 1
	if k.fold != foldNone {
		turns = 4
	}
	k.line("\tMOVD $constants<>(SB), R12")
	param := 0
	for v, s := range k.steps {
		k.reg[v] = -1
		if s.op == opParam {
			r := k.take()
			k.line("\tFMOVS %s+%d(FP), F%d", k.params[param], args, r)
			k.line("\tVDUP V%d.S[0], V%d.S4", r, r)
			k.reg[v] = r
			args += 4
			param++
		}
	}
	if k.fold != foldNone {
		args = (args + 7) / 8 * 8
		pointer("lanes", "R3")
		for i := range map[fold]int{foldSum: 8, foldMax: 4}[k.fold] {
			r := k.take()
			k.line("\tFMOVQ %d(R3), F%d", 16*i, r)
			k.sums = append(k.sums, r)
		}
	}
	room := len(k.free) - k.pressure() - 3 // registers for constants from memory
	for _, v := range k.byUse() {
		at := k.constant(k.steps[v].bits)
		if room > 0 {
			k.reg[v] = k.take()
			k.line("\tFMOVQ %d(R12), F%d", at, k.reg[v])
			room--
		}
	}
	k.line("\nloop:")
	for turn := range turns {
		for at := range k.steps {
			k.step(at)
		}
		y := k.reg[k.result]
		if k.store {
			k.line("\tFMOVQ.P F%d, 16(R0)", y)
		}
		k.add(turn, y)
		k.give(y)
	}
	k.line("\tSUBS $%d, R2", 4*turns)
	k.line("\tBNE loop")
	for i, s := range k.sums {
		k.line("\tFMOVQ F%d, %d(R3)", s, 16*i)
	}
	k.line("\tRET")
	return args
}

func (k *neon) add(turn, y int) {
	switch k.fold {
	case foldMax:
		k.three("FMAX", neonOps[opMax].bits, k.sums[turn], k.sums[turn], y)
	case foldSum:
		t := k.take()
		k.word(0x0e617800|uint32(y)<<5|uint32(t), "FCVTL V%d.2D, V%d.2S", t, y)
		k.three("FADD.2D", 0x4e60d400, k.sums[2*turn], k.sums[2*turn], t)
		k.word(0x4e617800|uint32(y)<<5|uint32(t), "FCVTL2 V%d.2D, V%d.4S", t, y)
		k.three("FADD.2D", 0x4e60d400, k.sums[2*turn+1], k.sums[2*turn+1], t)
		k.give(t)
	}
}

// step writes one step. Operands that nobody reads afterwards leave their registers to
// the result.
func (k *neon) step(at int) {
	s := k.steps[at]
	if k.held(value(at)) {
		return
	}
	var regs, lent []int
	for i, a := range s.args {
		r := k.reg[a]
		if r < 0 { // a constant in memory
			r = k.take()
			k.line("\tFMOVQ %d(R12), F%d", k.constant(k.steps[a].bits), r)
			lent = append(lent, r)
		} else if !k.held(a) && k.last[a] == at && !slices.Contains(s.args[:i], a) {
			lent = append(lent, r)
		}
		regs = append(regs, r)
	}
	d := -1
	// What an instruction overwrites: the last operand of the fused ones, the mask.
	overwritten := map[op]int{opFMA: 2, opFNMA: 2, opSelect: 0}
	if i, ok := overwritten[s.op]; ok {
		if slices.Contains(lent, regs[i]) {
			d = regs[i]
		} else {
			d = k.take()
			k.move(regs[i], d)
		}
	} else if len(lent) > 0 {
		d = lent[0]
	} else {
		d = k.take()
	}
	switch s.op {
	case opIn:
		k.line("\tFMOVQ.P 16(R1), F%d", d)
	case opFMA:
		k.three("FMLA", 0x4e20cc00, d, regs[0], regs[1])
	case opFNMA:
		k.three("FMLS", 0x4ea0cc00, d, regs[0], regs[1])
	case opSelect:
		k.three("BSL", 0x6e601c00, d, regs[1], regs[2])
	case opShiftLeft:
		k.word(0x4f005400|(32+s.bits)<<16|uint32(regs[0])<<5|uint32(d), "SHL V%d, V%d, #%d", d, regs[0], s.bits)
	case opShiftRight:
		k.word(0x4f000400|(64-s.bits)<<16|uint32(regs[0])<<5|uint32(d), "SSHR V%d, V%d, #%d", d, regs[0], s.bits)
	case opFloat:
		k.word(0x4e21d800|uint32(regs[0])<<5|uint32(d), "SCVTF V%d, V%d", d, regs[0])
	default:
		o := neonOps[s.op]
		if o.swap {
			slices.Reverse(regs)
		}
		k.three(o.name, o.bits, d, regs[0], regs[1])
	}
	for _, r := range lent {
		if r != d {
			k.give(r)
		}
	}
	k.reg[at] = d
}

// arm64 writes the files of the kernels for arm64 to dir.
func arm64(dir string) error {
	const header = "// Code generated by command: go run . DO NOT EDIT.\n\n//go:build !purego\n\n"
	var table []uint32
	var text, stubs bytes.Buffer
	stubs.WriteString(header + "package vecmath\n")
	for _, p := range programs(false) {
		k := &neon{program: p, table: &table}
		args := k.run()
		signature := p.signature()
		fmt.Fprintf(&text, "\n// func %sNEON%s\nTEXT ·%sNEON(SB), NOSPLIT, $0-%d\n%s", p.name, signature, p.name, args, k.text.String())
		fmt.Fprintf(&stubs, "\n// %sNEON is %s; n is a positive multiple of 16.\n//\n//go:noescape\nfunc %sNEON%s\n", p.name, p.doc, p.name, signature)
	}
	var data strings.Builder
	for i, bits := range table {
		for at := 0; at < 16; at += 8 {
			fmt.Fprintf(&data, "DATA constants<>+%d(SB)/8, $0x%08x%08x\n", 16*i+at, bits, bits)
		}
	}
	fmt.Fprintf(&data, "GLOBL constants<>(SB), RODATA|NOPTR, $%d\n", 16*len(table))
	source, err := format.Source(stubs.Bytes())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "kernels_stub_arm64.go"), source, 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "kernels_arm64.s"), []byte(header+"#include \"textflag.h\"\n\n"+data.String()+text.String()), 0o644)
	}
	return err
}
