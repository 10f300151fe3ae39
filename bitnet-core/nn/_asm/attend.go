package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// keyBlock is KeyBlock of package nn.
const keyBlock = 32

// scoresAhead is how far ahead of their use, in bytes, keys are asked into the
// second-level cache where so few rows share them that memory is what they wait
// for. Values are asked for 64 positions ahead: the next ones of their columns,
// after the other columns of these 64.
const scoresAhead = 8 << 10

// A grid addresses up to twelve rows that lie at equal distances: three bases,
// four rows apart, and one index register.
type grid struct {
	bases          []reg.GPVirtual
	stride, triple reg.GPVirtual
}

// newGrid takes over base; stride is in bytes.
func newGrid(base, stride reg.GPVirtual, rows int) grid {
	g := grid{bases: []reg.GPVirtual{base}, stride: stride}
	if rows > 3 {
		g.triple = GP64()
		LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, g.triple)
	}
	for r := 4; r < rows; r += 4 {
		next := GP64()
		LEAQ(Mem{Base: g.bases[len(g.bases)-1], Index: stride, Scale: 4}, next)
		g.bases = append(g.bases, next)
	}
	return g
}

func (g grid) at(row, disp int) Mem {
	m := Mem{Base: g.bases[row/4], Disp: disp}
	switch row % 4 {
	case 1, 2:
		m.Index, m.Scale = g.stride, uint8(row%4)
	case 3:
		m.Index, m.Scale = g.triple, 1
	}
	return m
}

func (g grid) advance(bytes int) {
	for _, b := range g.bases {
		ADDQ(I32(int32(bytes)), b)
	}
}

func load64(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// scores multiplies rows of queries with blocks of keys. A score is one chain of
// fused multiply-adds over the width, whatever the number of rows.
func scores(i isa, e element, rows int) {
	name := fmt.Sprintf("scores%s%sx%d", e.name, i.suffix, rows)
	TEXT(name, NOSPLIT, "func(dst *float32, ld int, q *float32, width int, keys *byte, blocks int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is scores for %d rows of q and keys of %s; width is a positive multiple of 4, blocks is positive.", name, rows, e.name))
	dst, ld, q, width := load64("dst"), load64("ld"), load64("q"), load64("width")
	keys, blocks := load64("keys"), load64("blocks")
	SHLQ(Imm(2), ld)
	SHLQ(Imm(2), width)
	g := newGrid(q, width, rows)
	const vectors = 2
	passes := keyBlock / (vectors * i.lanes)
	rowBytes := keyBlock * e.size
	Label("block")
	for pass := range passes {
		acc := make([][vectors]reg.VecVirtual, rows)
		for r := range acc {
			for u := range vectors {
				acc[r][u] = i.vec()
				zero(i, acc[r][u])
			}
		}
		left := GP64()
		MOVQ(width, left)
		loop := fmt.Sprintf("width%d", pass)
		Label(loop)
		const unroll = 4
		for d := range unroll {
			var k [vectors]reg.VecVirtual
			for u := range k {
				k[u] = i.vec()
				e.load(i, Mem{Base: keys, Disp: d*rowBytes + (pass*vectors+u)*i.lanes*e.size}, k[u])
			}
			if pass == 0 && rows <= 4 { // few rows: memory is what they wait for
				for at := 0; at < rowBytes; at += 64 {
					PREFETCHT1(Mem{Base: keys, Disp: scoresAhead + d*rowBytes + at})
				}
			}
			for r := range rows {
				v := i.vec()
				VBROADCASTSS(g.at(r, 4*d), v)
				for u := range k {
					VFMADD231PS(k[u], v, acc[r][u])
				}
			}
		}
		ADDQ(I32(int32(unroll*rowBytes)), keys)
		g.advance(4 * unroll)
		SUBQ(I32(4*unroll), left)
		JNZ(LabelRef(loop))
		for _, b := range g.bases {
			SUBQ(width, b)
		}
		if pass < passes-1 { // back to the block's first row
			back := GP64()
			IMUL3Q(I32(int32(rowBytes/4)), width, back)
			SUBQ(back, keys)
		}
		out := GP64()
		MOVQ(dst, out)
		for r := range rows {
			for u := range vectors {
				VMOVUPS(acc[r][u], Mem{Base: out, Disp: 4 * i.lanes * (pass*vectors + u)})
			}
			if r < rows-1 {
				ADDQ(ld, out)
			}
		}
	}
	ADDQ(I32(4*keyBlock), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// values adds weighted rows of values to rows of results, a few columns of each:
// one chain of fused multiply-adds over the positions for each result.
func values(i isa, e element, rows, vectors int) {
	name := fmt.Sprintf("values%s%sx%d", e.name, i.suffix, rows)
	TEXT(name, NOSPLIT, "func(dst *float32, ld int, p *float32, ldp int, v *byte, stride int, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is values for %d rows of p and %d columns of %s; stride is in bytes, n is positive.", name, rows, vectors*i.lanes, e.name))
	dst, ld, p, ldp := load64("dst"), load64("ld"), load64("p"), load64("ldp")
	v, stride, n := load64("v"), load64("stride"), load64("n")
	SHLQ(Imm(2), ld)
	SHLQ(Imm(2), ldp)
	acc := make([][]reg.VecVirtual, rows)
	each := func(body func(r, u int, m Mem)) {
		at := GP64()
		MOVQ(dst, at)
		for r := range rows {
			for u := range vectors {
				body(r, u, Mem{Base: at, Disp: 4 * i.lanes * u})
			}
			if r < rows-1 {
				ADDQ(ld, at)
			}
		}
	}
	for r := range acc {
		acc[r] = make([]reg.VecVirtual, vectors)
	}
	each(func(r, u int, m Mem) {
		acc[r][u] = i.vec()
		VMOVUPS(m, acc[r][u])
	})
	g := newGrid(p, ldp, rows)
	ahead := GP64()
	if rows <= 4 {
		MOVQ(stride, ahead)
		SHLQ(U8(3), ahead)
	}
	Label("position")
	row := make([]reg.VecVirtual, vectors)
	for u := range row {
		row[u] = i.vec()
		e.load(i, Mem{Base: v, Disp: e.size * i.lanes * u}, row[u])
	}
	if rows <= 4 {
		for at := 0; at < e.size*i.lanes*vectors; at += 64 {
			PREFETCHT1(Mem{Base: v, Index: ahead, Scale: 8, Disp: at})
		}
	}
	for r := range rows {
		w := i.vec()
		VBROADCASTSS(g.at(r, 0), w)
		for u := range row {
			VFMADD231PS(row[u], w, acc[r][u])
		}
	}
	g.advance(4)
	ADDQ(stride, v)
	DECQ(n)
	JNZ(LabelRef("position"))
	each(func(r, u int, m Mem) { VMOVUPS(acc[r][u], m) })
	VZEROUPPER()
	RET()
}
