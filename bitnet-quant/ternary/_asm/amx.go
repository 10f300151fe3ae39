package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// AMX multiplies A (activations, 16 tokens × 64 columns, signed bytes as they lie
// in memory) with B (weights, 64 columns × 16 rows). A row of tile B holds four
// consecutive weights of each of sixteen matrix rows, so packed rows have to be
// interleaved by words of four codes; that is done before they are unpacked, when
// they are a quarter of the size.

const tileBytes = 16 * 64

// amxUnpack writes, for each block of sixteen packed rows, the four tiles B of its
// 256 columns. Codes become weights here: c-1 once a weight is cheaper than Σ q
// taken off each result.
func amxUnpack() {
	TEXT("unpackAMX", NOSPLIT, "func(dst *int8, w *byte, stride, blocks int)")
	Pragma("noescape")
	Doc("unpackAMX makes tiles of 16 packed rows at w that begin stride bytes apart: weight",
		"256*n + 64*f + 4*k + i of row r goes to dst[4096*n + 1024*f + 64*k + 4*r + i].")
	dst, stride, blocks := Load(Param("dst"), GP64()), Load(Param("stride"), GP64()), Load(Param("blocks"), GP64())
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	w := [4]reg.Register{Load(Param("w"), GP64()), GP64(), GP64(), GP64()} // rows 0, 4, 8, 12
	for i := 1; i < 4; i++ {
		LEAQ(Mem{Base: w[i-1], Index: stride, Scale: 4}, w[i].(reg.GPVirtual))
	}
	ahead := GP64()
	MOVQ(stride, ahead)
	SHLQ(U8(4), ahead)
	mask, one := ZMM(), ZMM()
	broadcast(3, mask)
	broadcast(1, one)

	Label("block")
	// The same columns of the next sixteen rows are asked for next, after the
	// products with these.
	for _, p := range w {
		next := GP64()
		LEAQ(Mem{Base: p, Index: ahead, Scale: 1}, next)
		for r := range 4 {
			PREFETCHT1(nthRow(next, stride, stride3, r))
		}
	}
	rows := vectors(16, ZMM)
	for r, v := range rows {
		VMOVDQU32(nthRow(w[r/4], stride, stride3, r%4), v)
	}
	for k, words := range transpose(rows) {
		t := ZMM()
		for f := range 4 {
			if f == 0 {
				VPANDD(mask, words, t)
			} else {
				VPSRLW(U8(2*f), words, t)
				VPANDD(mask, t, t)
			}
			VPSUBB(one, t, t)
			VMOVDQU32(t, Mem{Base: dst, Disp: tileBytes*f + 64*k})
		}
	}
	for _, p := range w {
		ADDQ(U8(64), p)
	}
	ADDQ(U32(4*tileBytes), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// transpose returns the columns of a 16×16 matrix of 32-bit words, whose rows are
// overwritten.
func transpose(row []reg.VecVirtual) [16]reg.VecVirtual {
	// Within the 128-bit lanes of four rows: quad[q][j] holds word 4·lane+j of rows
	// 4q to 4q+3 in each lane.
	var quad [4][4]reg.VecVirtual
	for q := range quad {
		a, b, c, d := row[4*q], row[4*q+1], row[4*q+2], row[4*q+3]
		t, u := ZMM(), ZMM()
		VPUNPCKHDQ(b, a, t)
		VPUNPCKLDQ(b, a, a)
		VPUNPCKHDQ(d, c, u)
		VPUNPCKLDQ(d, c, c)
		VPUNPCKHQDQ(c, a, b)
		VPUNPCKLQDQ(c, a, a)
		VPUNPCKHQDQ(u, t, d)
		VPUNPCKLQDQ(u, t, t)
		quad[q] = [4]reg.VecVirtual{a, b, t, d}
	}
	// Across lanes: even and odd lanes of two quads, then of all four.
	const even, odd = U8(0x88), U8(0xdd)
	var column [16]reg.VecVirtual
	for j := range 4 {
		a, b, c, d := quad[0][j], quad[1][j], quad[2][j], quad[3][j]
		t, u := ZMM(), ZMM()
		VSHUFI32X4(odd, b, a, t)
		VSHUFI32X4(even, b, a, a)
		VSHUFI32X4(odd, d, c, u)
		VSHUFI32X4(even, d, c, c)
		VSHUFI32X4(odd, c, a, b)
		VSHUFI32X4(even, c, a, a)
		VSHUFI32X4(odd, u, t, d)
		VSHUFI32X4(even, u, t, t)
		column[j], column[8+j] = a, b
		column[4+j], column[12+j] = t, d
	}
	return column
}

// The tiles by number, as tileConfig in package ternary sets them up: sums of token tile a
// and row tile b, then activations, then weights.
func sumTile(a, b int) U8 { return U8(2*a + b) }
func actTile(a int) U8    { return U8(4 + a) }
func weightTile(b int) U8 { return U8(6 + b) }

func tileInstruction(name string, ops ...Op) {
	i := &ir.Instruction{Opcode: name, Operands: ops}
	for _, op := range ops {
		if m, ok := op.(Mem); ok {
			i.Inputs = append(i.Inputs, m)
		}
	}
	Instruction(i)
}

// amxGEMM multiplies tokens×rows tiles at a time. With 2×2, each tile that is
// loaded is used twice: a step loads 4 KiB and multiplies for 64 cycles.
func amxGEMM(tokens, rows int) {
	name := fmt.Sprintf("gemmAMX%dx%d", tokens, rows)
	TEXT(name, NOSPLIT, "func(cfg *[64]byte, dst *int32, ld int, x *int8, stride int, w0, w1 *int8, steps, groups int, add bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies groups of %d tiles of tokens with %d tiles of rows.", name, tokens, rows))
	config := Load(Param("cfg"), GP64())
	tileInstruction("LDTILECFG", Mem{Base: config})
	dst, ld := Load(Param("dst"), GP64()), Load(Param("ld"), GP64())
	SHLQ(U8(2), ld)
	x, stride := Load(Param("x"), GP64()), Load(Param("stride"), GP64())
	groups, w := Load(Param("groups"), GP64()), []reg.GPVirtual{GP64(), GP64()}[:rows]
	width := GP64() // of a row of weight tiles
	MOVQ(U32(64), width)

	// second is the address of the second tile of tokens.
	second := func(base, stride reg.Register) reg.GPVirtual {
		p := GP64()
		MOVQ(stride, p)
		SHLQ(U8(4), p)
		ADDQ(base, p)
		return p
	}
	eachSum := func(op string, toMemory bool) {
		at := []reg.Register{dst}
		if tokens == 2 {
			at = append(at, second(dst, ld))
		}
		for a, base := range at {
			for b := range rows {
				m := Mem{Base: base, Index: ld, Scale: 1, Disp: 64 * b}
				if toMemory {
					tileInstruction(op, sumTile(a, b), m)
				} else {
					tileInstruction(op, m, sumTile(a, b))
				}
			}
		}
	}

	Label("group")
	add := Load(Param("add"), GP8())
	TESTB(add, add)
	JZ(LabelRef("zero"))
	eachSum("TILELOADD", false)
	JMP(LabelRef("multiply"))
	Label("zero")
	for a := range tokens {
		for b := range rows {
			tileInstruction("TILEZERO", sumTile(a, b))
		}
	}
	Label("multiply")
	n, acts := Load(Param("steps"), GP64()), []reg.GPVirtual{GP64()}
	MOVQ(x, acts[0])
	if tokens == 2 {
		acts = append(acts, second(x, stride))
	}
	for b := range rows {
		Load(Param(fmt.Sprintf("w%d", b)), w[b])
	}
	Label("step")
	loadWeights := func(b int) {
		tileInstruction("TILELOADD", Mem{Base: w[b], Index: width, Scale: 1}, weightTile(b))
	}
	loadActs := func(a int) {
		tileInstruction("TILELOADD", Mem{Base: acts[a], Index: stride, Scale: 1}, actTile(a))
	}
	dot := func(a, b int) { tileInstruction("TDPBSSD", weightTile(b), actTile(a), sumTile(a, b)) }
	loadWeights(0)
	loadActs(0)
	dot(0, 0)
	if rows == 2 {
		loadWeights(1)
		dot(0, 1)
	}
	if tokens == 2 {
		loadActs(1)
		dot(1, 0)
		if rows == 2 {
			dot(1, 1)
		}
	}
	for _, p := range acts {
		ADDQ(U8(64), p)
	}
	for _, p := range w {
		ADDQ(U32(tileBytes), p)
	}
	DECQ(n)
	JNZ(LabelRef("step"))
	eachSum("TILESTORED", true)
	for _, advance := range [][2]reg.Register{{ld, dst}, {stride, x}} {
		d := GP64()
		MOVQ(advance[0], d)
		SHLQ(U8(map[int]int{1: 4, 2: 5}[tokens]), d)
		ADDQ(d, advance[1])
	}
	DECQ(groups)
	JNZ(LabelRef("group"))
	tileInstruction("TILERELEASE")
	RET()
}
