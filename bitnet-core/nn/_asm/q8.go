package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// codes is int8 as the kernels read it. A scale turns what they sum into units.
var codes = element{"I8", 1, func(i isa, m Mem, dst reg.VecVirtual) {
	VPMOVSXBD(m, dst)
	VCVTDQ2PS(dst, dst)
}}

// q8Group is the number of elements of a position that share a scale.
const q8Group = 32

// scoresQ8 is scores for keys of Q8_0. The sum over a group of elements is one
// chain of fused multiply-adds with the codes; one more for each group, which
// multiplies with the scale, adds it to the score in memory. So as many rows fit
// the registers as without scales.
func scoresQ8(i isa, rows int) {
	name := fmt.Sprintf("scoresQ8%sx%d", i.suffix, rows)
	TEXT(name, NOSPLIT, "func(dst *float32, ld int, q *float32, width int, keys *byte, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is scores for %d rows of q and keys of Q8_0; width is a positive multiple of 4, blocks is positive.", name, rows))
	dst, ld, q, width := load64("dst"), load64("ld"), load64("q"), load64("width")
	keys, blocks := load64("keys"), load64("blocks")
	SHLQ(Imm(2), ld)
	SHLQ(Imm(2), width)
	g := newGrid(q, width, rows)
	const vectors = 2
	passes := keyBlock / (vectors * i.lanes)
	Label("block")
	for pass := range passes {
		label := func(s string) string { return fmt.Sprintf("%s%d", s, pass) }
		first := pass * vectors * i.lanes // position
		start := GP64()
		if pass < passes-1 {
			MOVQ(keys, start)
		}
		acc := make([][vectors]reg.VecVirtual, rows)
		for r := range acc {
			for u := range vectors {
				acc[r][u] = i.vec()
			}
		}
		out := GP64()
		each := func(body func(r, u int, m Mem)) {
			MOVQ(dst, out)
			for r := range rows {
				for u := range vectors {
					body(r, u, Mem{Base: out, Disp: 4 * (first + i.lanes*u)})
				}
				if r < rows-1 {
					ADDQ(ld, out)
				}
			}
		}
		zero(i, acc[0][0])
		each(func(_, _ int, m Mem) { VMOVUPS(acc[0][0], m) })
		left := GP64() // bytes of a query
		MOVQ(width, left)
		Label(label("group"))
		for r := range acc {
			for u := range vectors {
				zero(i, acc[r][u])
			}
		}
		n := GP64()
		MOVQ(left, n)
		CMPQ(n, U32(4*q8Group))
		JLE(LabelRef(label("short")))
		MOVQ(U32(4*q8Group), n)
		Label(label("short"))
		SUBQ(n, left)
		Label(label("width"))
		const unroll = 4
		for d := range unroll {
			var k [vectors]reg.VecVirtual
			for u := range k {
				k[u] = i.vec()
				codes.load(i, Mem{Base: keys, Disp: d*keyBlock + first + u*i.lanes}, k[u])
			}
			if at := d * keyBlock; pass == 0 && rows <= 4 && at%64 == 0 {
				PREFETCHT1(Mem{Base: keys, Disp: scoresAhead + at})
			}
			for r := range rows {
				v := i.vec()
				VBROADCASTSS(g.at(r, 4*d), v)
				for u := range k {
					VFMADD231PS(k[u], v, acc[r][u])
				}
			}
		}
		ADDQ(I32(unroll*keyBlock), keys)
		g.advance(4 * unroll)
		SUBQ(I32(4*unroll), n)
		JNZ(LabelRef(label("width")))
		var scale [vectors]reg.VecVirtual
		for u := range scale {
			scale[u] = i.vec()
			VCVTPH2PS(Mem{Base: keys, Disp: 2 * (first + u*i.lanes)}, scale[u])
		}
		ADDQ(I32(2*keyBlock), keys)
		each(func(r, u int, m Mem) {
			VFMADD213PS(m, scale[u], acc[r][u])
			VMOVUPS(acc[r][u], m)
		})
		TESTQ(left, left)
		JNZ(LabelRef(label("group")))
		for _, b := range g.bases {
			SUBQ(width, b)
		}
		if pass < passes-1 {
			MOVQ(start, keys)
		}
	}
	ADDQ(I32(4*keyBlock), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// scaledWeights multiplies weights of a block of positions with their scales.
func scaledWeights(i isa) {
	name := "scaledWeights" + i.suffix
	TEXT(name, NOSPLIT, "func(dst *float32, p *float32, ld int, rows int, scales *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is scaledWeights; rows is positive.", name))
	dst, p, ld, rows, scales := load64("dst"), load64("p"), load64("ld"), load64("rows"), load64("scales")
	SHLQ(Imm(2), ld)
	s := make([]reg.VecVirtual, keyBlock/i.lanes)
	for u := range s {
		s[u] = i.vec()
		VCVTPH2PS(Mem{Base: scales, Disp: 2 * u * i.lanes}, s[u])
	}
	Label("row")
	for u := range s {
		v := i.vec()
		VMULPS(Mem{Base: p, Disp: 4 * u * i.lanes}, s[u], v)
		VMOVUPS(v, Mem{Base: dst, Disp: 4 * u * i.lanes})
	}
	ADDQ(ld, p)
	ADDQ(I32(4*keyBlock), dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
