package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// All kernels of dot products sum up a row in one order, so that its product does not
// depend on the kernel: two accumulators take the vectors of the row in turn, and are
// added; then the halves of 64 bytes, if it is so wide, neighbours, neighbours of
// those, and the halves of 32 bytes.

// pairAhead is how many bytes ahead of their use rows are asked into the second-level
// cache where they are multiplied with two tokens.
const pairAhead = 8 << 10

// How far ahead of their use and how far apart, in bytes, lines of rows are asked into the
// second-level cache where they are multiplied with one token. That is for their pages, of
// which the core then knows the addresses in time: the lines between come by
// themselves.
const (
	pageAhead = 12 << 10
	pageStep  = 2 << 10
)

// A dot is the state of a kernel of dot products. Rows and tokens are addressed from
// where their vectors end, with a column that counts up to zero.
type dot struct {
	isa
	element
	column reg.Register
}

func beginDot(i isa, e element, name, signature, doc string) *dot {
	name += e.name + i.suffix
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s %s. Rows are of %s; n is a positive multiple of %d, the counts are positive.", name, doc, e.name, 2*i.lanes))
	return &dot{isa: i, element: e}
}

// row is the address of vector u of a row at the column.
func (d *dot) row(base reg.Register, u int) Mem {
	return Mem{Base: base, Index: d.column, Scale: uint8(d.size), Disp: d.size * d.lanes * u}
}

// token is likewise that of a token.
func (d *dot) token(base reg.Register, u int) Mem {
	return Mem{Base: base, Index: d.column, Scale: 4, Disp: 4 * d.lanes * u}
}

// step is how many bytes of a row one turn of the loop takes.
func (d *dot) step() int { return 2 * d.size * d.lanes }

// ends returns pointers to the ends of the n columns of count arrays that begin
// stride·scale bytes apart.
func (d *dot) ends(param, stride string, scale uint8, count int, end func(base reg.Register, u int) Mem) []reg.Register {
	Load(Param("n"), d.column)
	p := []reg.Register{GP64()}
	Load(Param(param), p[0])
	LEAQ(end(p[0], 0), p[0])
	if count == 1 {
		return p
	}
	apart := Load(Param(stride), GP64())
	for len(p) < count {
		q := GP64()
		LEAQ(Mem{Base: p[len(p)-1], Index: apart, Scale: scale}, q)
		p = append(p, q)
	}
	return p
}

func (d *dot) accumulators() (acc [2]reg.VecVirtual) {
	for u := range acc {
		acc[u] = d.vec()
		zero(d.isa, acc[u])
	}
	return acc
}

// fold adds up the accumulators of a row to a vector of 32 bytes.
func (d *dot) fold(acc [2]reg.VecVirtual) reg.VecVirtual {
	VADDPS(acc[0], acc[1], acc[0])
	if d.lanes == 16 {
		VEXTRACTF64X4(U8(1), acc[0], acc[1].AsY())
		VADDPS(acc[0].AsY(), acc[1].AsY(), acc[0].AsY())
	}
	return acc[0].AsY().(reg.VecVirtual)
}

// neighbours adds up neighbours of a and of b, in each half: VHADDPS for all registers.
func neighbours(a, b reg.VecVirtual) reg.VecVirtual {
	odd := YMM()
	VSHUFPS(U8(0xdd), b, a, odd)
	VSHUFPS(U8(0x88), b, a, a)
	VADDPS(odd, a, a)
	return a
}

// dotRows multiplies rows, one after the other as they lie in memory, with one token or
// two. Prefetchers follow one long stream of addresses better than several short ones,
// and the core runs ahead into the next rows, so that it waits for no sum.
func dotRows(i isa, e element, tokens int) {
	var d *dot
	if tokens == 1 {
		d = beginDot(i, e, "dotRows", "func(out *float32, w *byte, stride int, x *float32, n, rows int)", "sets out[r] to the product of row r with x")
	} else {
		d = beginDot(i, e, "dotPair", "func(out *float32, ld int, w *byte, stride int, x *float32, cols, n, rows int)", "sets out[t*ld+r] to the product of row r with row t < 2 of x (2, cols)")
	}
	d.column = GP64()
	w := d.ends("w", "", 1, 1, d.row)[0]
	ahead := GP64()
	if tokens == 1 {
		Load(Param("w"), ahead)
		ADDQ(U32(pageAhead), ahead)
	}
	x := d.ends("x", "cols", 4, tokens, d.token)
	out := []reg.Register{Load(Param("out"), GP64())}
	if tokens == 2 {
		ld, second := Load(Param("ld"), GP64()), GP64()
		LEAQ(Mem{Base: out[0], Index: ld, Scale: 4}, second)
		out = append(out, second)
	}
	stride := Load(Param("stride"), GP64())
	rows := Load(Param("rows"), GP64())
	first := Load(Param("n"), GP64())
	NEGQ(first)
	Label("row")
	MOVQ(first, d.column)
	acc := make([][2]reg.VecVirtual, tokens)
	for t := range acc {
		acc[t] = d.accumulators()
	}
	if tokens == 1 {
		line := GP64()
		MOVQ(ahead, line)
		ADDQ(stride, ahead)
		Label("page")
		PREFETCHT1(Mem{Base: line})
		ADDQ(U32(pageStep), line)
		CMPQ(line, ahead)
		JLT(LabelRef("page"))
	}
	Label("loop")
	if tokens > 1 {
		for at := 0; at < d.step(); at += 64 {
			PREFETCHT1(d.row(w, 0).Offset(pairAhead + at))
		}
	}
	for u := range 2 {
		v := i.vec()
		e.load(i, d.row(w, u), v)
		for t := range x {
			VFMADD231PS(d.token(x[t], u), v, acc[t][u])
		}
	}
	ADDQ(U8(uint8(2*i.lanes)), d.column)
	JNZ(LabelRef("loop"))
	for t := range acc {
		sum, next, high := d.fold(acc[t]), YMM(), XMM()
		VMOVSHDUP(sum, next)
		VADDPS(next, sum, sum)
		VSHUFPD(U8(5), sum, sum, next)
		VADDPS(next, sum, sum)
		VEXTRACTF128(Imm(1), sum, high)
		VADDSS(high, sum.AsX(), high)
		VMOVSS(high, Mem{Base: out[t]})
		ADDQ(Imm(4), out[t])
	}
	ADDQ(stride, w)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// dotTile multiplies as many rows as there are registers for with three tokens. Each
// vector is converted once for all tokens, and each of a token loaded once for all rows.
func dotTile(i isa, e element) {
	const tokens = 3
	rows := i.lanes / 4
	d := beginDot(i, e, "dotTile", "func(out *float32, ld int, w *byte, stride int, x *float32, cols, n, groups int)",
		fmt.Sprintf("sets out[t*ld+r] to the product of row r < %d*groups with row t < %d of x (%d, cols)", rows, tokens, tokens))
	d.column = GP64()
	w := d.ends("w", "stride", 1, rows, d.row)
	x := d.ends("x", "cols", 4, tokens, d.token)
	// The next rows follow these in memory: they are asked into the second-level
	// cache meanwhile.
	ahead := make([]reg.Register, rows)
	stride := Load(Param("stride"), GP64())
	for r := range ahead {
		ahead[r] = GP64()
		LEAQ(Mem{Base: w[r], Index: stride, Scale: uint8(rows)}, ahead[r])
	}
	Label("group")
	Load(Param("n"), d.column)
	NEGQ(d.column)
	acc := make([][tokens][2]reg.VecVirtual, rows)
	for r := range acc {
		for t := range acc[r] {
			acc[r][t] = d.accumulators()
		}
	}
	Label("loop")
	for r := range ahead {
		for at := 0; at < d.step(); at += 64 {
			PREFETCHT1(d.row(ahead[r], 0).Offset(at))
		}
	}
	for u := range 2 {
		v := make([]reg.VecVirtual, rows)
		for r := range v {
			v[r] = i.vec()
			e.load(i, d.row(w[r], u), v[r])
		}
		for t := range x {
			xs := i.vec()
			VMOVUPS(d.token(x[t], u), xs)
			for r := range v {
				VFMADD231PS(xs, v[r], acc[r][t][u])
			}
		}
	}
	ADDQ(U8(uint8(2*i.lanes)), d.column)
	JNZ(LabelRef("loop"))
	out, ld := Load(Param("out"), GP64()), Load(Param("ld"), GP64())
	for t := range tokens {
		var sum [4]reg.VecVirtual
		for r := range rows {
			sum[r] = d.fold(acc[r][t])
		}
		pairs := []reg.VecVirtual{neighbours(sum[0], sum[1])}
		if rows == 4 {
			pairs = append(pairs, neighbours(sum[2], sum[3]))
		}
		all := neighbours(pairs[0], pairs[len(pairs)-1])
		high := XMM()
		if i.lanes == 16 {
			VEXTRACTF32X4(U8(1), all, high)
		} else {
			VEXTRACTF128(Imm(1), all, high)
		}
		VADDPS(all.AsX(), high, high)
		if rows == 4 {
			VMOVUPS(high, Mem{Base: out})
		} else {
			VMOVSD(high, Mem{Base: out})
		}
		LEAQ(Mem{Base: out, Index: ld, Scale: 4}, out)
	}
	// On to the next group, for which the pointers of this one are those ahead of it.
	Load(Param("out"), out)
	ADDQ(U8(uint8(4*rows)), out)
	Store(out, Param("out"))
	next := Load(Param("stride"), GP64())
	for r := range w {
		MOVQ(ahead[r], w[r])
		LEAQ(Mem{Base: ahead[r], Index: next, Scale: uint8(rows)}, ahead[r])
	}
	groups := Load(Param("groups"), GP64())
	DECQ(groups)
	Store(groups, Param("groups"))
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
