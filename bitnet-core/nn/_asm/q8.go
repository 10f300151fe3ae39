package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	// q8Group is the number of elements of a position that share a scale.
	q8Group = 32
	// factorBytes is a group of int16 factors and behind it their float32 scale.
	factorBytes = 2*q8Group + 4
)

// vnni multiplies and adds in one instruction, in otherwise the same kernels.
var vnni = &isa{"VNNI", 16, isas[1].vec}

// pairs multiplies pairs of int8 from m, one to a lane, with pairs of int16 of each
// row, and adds the int32 sums of the two products to acc. Rows and vectors are
// those of acc.
func pairs(i *isa, m func(u int) Mem, rows grid, disp int, acc [][]reg.VecVirtual) {
	k := make([]reg.VecVirtual, len(acc[0]))
	for u := range k {
		k[u] = i.vec()
		VPMOVSXBW(m(u), k[u])
	}
	for r := range acc {
		f := i.vec()
		VPBROADCASTD(rows.at(r, disp), f)
		for u := range k {
			if i == vnni {
				VPDPWSSD(k[u], f, acc[r][u])
				continue
			}
			product := i.vec()
			VPMADDWD(k[u], f, product)
			VPADDD(product, acc[r][u], acc[r][u])
		}
	}
}

func accumulators(i *isa, rows, vectors int) [][]reg.VecVirtual {
	acc := make([][]reg.VecVirtual, rows)
	for r := range acc {
		for range vectors {
			acc[r] = append(acc[r], i.vec())
		}
	}
	return acc
}

func zeroAll(i *isa, acc [][]reg.VecVirtual) {
	for r := range acc {
		for u := range acc[r] {
			zero(*i, acc[r][u])
		}
	}
}

// scoresQ8 is scores for keys of Q8_0 and factors of queries. The sum of a group is
// exact; times the scales of key and query it is added to the score in memory, so
// that as many rows fit the registers as without scales.
func scoresQ8(i *isa, rows int) {
	name := fmt.Sprintf("scoresQ8%sx%d", i.suffix, rows)
	TEXT(name, NOSPLIT, "func(dst *float32, ld int, q *byte, stride int, width int, keys *byte, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is scoresQ8 for %d rows of q; ld counts values, stride bytes; width is a positive multiple of 4, blocks is positive.", name, rows))
	dst, ld, q, stride, width := load64("dst"), load64("ld"), load64("q"), load64("stride"), load64("width")
	keys, blocks := load64("keys"), load64("blocks")
	SHLQ(Imm(2), ld)
	g := newGrid(q, stride, rows)
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
		acc := accumulators(i, rows, vectors)
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
		zero(*i, acc[0][0])
		each(func(_, _ int, m Mem) { VMOVUPS(acc[0][0], m) })
		left := GP64()
		MOVQ(width, left)
		Label(label("group"))
		zeroAll(i, acc)
		n := GP64()
		MOVQ(U32(q8Group), n)
		CMPQ(left, n)
		CMOVQLT(left, n)
		SUBQ(n, left)
		skip := GP64() // factors that a short group does not use
		MOVQ(U32(2*q8Group), skip)
		SUBQ(n, skip)
		SUBQ(n, skip)
		Label(label("width"))
		for pair := range 2 {
			at := pair * 2 * keyBlock
			if pass == 0 && rows <= 4 { // few rows: memory is what they wait for
				PREFETCHT1(Mem{Base: keys, Disp: scoresAhead + at})
			}
			pairs(i, func(u int) Mem { return Mem{Base: keys, Disp: at + 2*(first+u*i.lanes)} }, g, 4*pair, acc)
		}
		ADDQ(I32(4*keyBlock), keys)
		g.advance(8)
		SUBQ(Imm(4), n)
		JNZ(LabelRef(label("width")))
		for _, b := range g.bases {
			ADDQ(skip, b)
		}
		var scale [vectors]reg.VecVirtual
		for u := range scale {
			scale[u] = i.vec()
			VCVTPH2PS(Mem{Base: keys, Disp: 2 * (first + u*i.lanes)}, scale[u])
		}
		if pass == 0 && rows <= 4 {
			PREFETCHT1(Mem{Base: keys, Disp: scoresAhead})
		}
		ADDQ(I32(2*keyBlock), keys)
		f := i.vec()
		each(func(r, u int, m Mem) {
			a := acc[r][u]
			if u == 0 {
				VBROADCASTSS(g.at(r, 0), f)
			}
			VCVTDQ2PS(a, a)
			VMULPS(scale[u], a, a)
			VMULPS(f, a, a)
			VADDPS(m, a, a)
			VMOVUPS(a, m)
		})
		g.advance(4)
		TESTQ(left, left)
		JNZ(LabelRef(label("group")))
		for _, b := range g.bases {
			SUBQ(stride, b)
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

// valuesQ8 adds a weighted block of values to rows of results, a few columns of
// each, of one group.
func valuesQ8(i *isa, rows, vectors int) {
	name := fmt.Sprintf("valuesQ8%sx%d", i.suffix, rows)
	TEXT(name, NOSPLIT, "func(dst *float32, ld int, w *byte, v *byte, stride int, ahead int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is valuesQ8 for %d rows of w and %d columns; ld counts values, stride is the bytes of a pair of positions, ahead those to what is asked into the second-level cache.", name, rows, vectors*i.lanes))
	dst, ld, w, v, stride := load64("dst"), load64("ld"), load64("w"), load64("v"), load64("stride")
	SHLQ(Imm(2), ld)
	acc := accumulators(i, rows, vectors)
	zeroAll(i, acc)
	distance := GP64()
	MOVQ(U32(factorBytes), distance)
	g := newGrid(w, distance, rows)
	ahead := GP64()
	if rows <= 4 {
		ahead = load64("ahead")
	}
	n := GP64()
	MOVQ(U32(keyBlock/2), n)
	Label("pair")
	if rows <= 4 {
		PREFETCHT1(Mem{Base: v, Index: ahead, Scale: 1})
	}
	pairs(i, func(u int) Mem { return Mem{Base: v, Disp: 2 * i.lanes * u} }, g, 0, acc)
	g.advance(4)
	ADDQ(stride, v)
	DECQ(n)
	JNZ(LabelRef("pair"))
	f := i.vec()
	for r := range acc {
		VBROADCASTSS(g.at(r, 0), f)
		for u, a := range acc[r] {
			m := Mem{Base: dst, Disp: 4 * i.lanes * u}
			VCVTDQ2PS(a, a)
			VMULPS(f, a, a)
			VADDPS(m, a, a)
			VMOVUPS(a, m)
		}
		if r < rows-1 {
			ADDQ(ld, dst)
		}
	}
	VZEROUPPER()
	RET()
}

// factors rounds products of a group of values with float16 scales to int16, with a
// scale for each row: 1/32767 of the largest magnitude, NaN if there is one.
func factors(i isa) {
	name := "factors" + i.suffix
	TEXT(name, NOSPLIT, "func(dst *byte, stride int, x *float32, ld int, rows int, scales *byte, ahead int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is factors; stride counts bytes, ld values; rows is positive; scales that lie ahead are asked into the second-level cache.", name))
	dst, stride, x := load64("dst"), load64("stride"), load64("x")
	ld, rows, scales := load64("ld"), load64("rows"), load64("scales")
	SHLQ(Imm(2), ld)
	PREFETCHT1(Mem{Base: scales, Index: load64("ahead"), Scale: 1})
	n := q8Group / i.lanes
	s, t := make([]reg.VecVirtual, n), make([]reg.VecVirtual, n)
	for u := range s {
		s[u], t[u] = i.vec(), i.vec()
		VCVTPH2PS(Mem{Base: scales, Disp: 2 * u * i.lanes}, s[u])
	}
	steps, step := constant(i, 32767), constant(i, 1.0/32767)
	low, magnitude := XMM(), i.vec()
	VPCMPEQD(low, low, low)
	VPSRLD(Imm(1), low, low)
	VPBROADCASTD(low, magnitude)
	top, m := i.vec(), i.vec()
	bits := func(dst reg.VecVirtual, src reg.VecVirtual) {
		if i.lanes == 16 {
			VPANDD(magnitude, src, dst)
		} else {
			VPAND(magnitude, src, dst)
		}
	}
	Label("row")
	for u := range s {
		VMULPS(Mem{Base: x, Disp: 4 * u * i.lanes}, s[u], t[u])
		if u == 0 {
			bits(top, t[u])
		} else {
			bits(m, t[u])
			VPMAXUD(m, top, top)
		}
	}
	if i.lanes == 16 {
		half := YMM()
		VEXTRACTI64X4(U8(1), top, half)
		VPMAXUD(half, top.AsY(), top.AsY())
	}
	half := XMM()
	VEXTRACTI128(Imm(1), top.AsY(), half)
	VPMAXUD(half, top.AsX(), top.AsX())
	for _, order := range []uint8{0x4e, 0xb1} {
		VPSHUFD(U8(order), top.AsX(), half)
		VPMAXUD(half, top.AsX(), top.AsX())
	}
	VMULSS(step.AsX(), top.AsX(), half)
	VMOVSS(half, Mem{Base: dst, Disp: 2 * q8Group})
	VDIVSS(top.AsX(), steps.AsX(), half)
	inverse := i.vec()
	VBROADCASTSS(half, inverse)
	for u := range t {
		VMULPS(inverse, t[u], t[u])
		VCVTPS2DQ(t[u], t[u])
		if i.lanes == 16 {
			VPMOVSDW(t[u], Mem{Base: dst, Disp: 2 * u * i.lanes})
		} else if u%2 == 1 {
			VPACKSSDW(t[u], t[u-1], t[u])
			VPERMQ(Imm(0xd8), t[u], t[u])
			VMOVDQU(t[u], Mem{Base: dst, Disp: 2 * (u - 1) * i.lanes})
		}
	}
	ADDQ(ld, x)
	ADDQ(stride, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
