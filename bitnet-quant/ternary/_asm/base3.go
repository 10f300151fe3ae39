package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maxBase3Tokens is how many tokens the sums of one group of rows leave registers for.
const maxBase3Tokens = 8

// base3 multiplies groups of 48 rows with several tokens. A vector holds four columns of
// sixteen rows, once for each third of the group, and the four activations are broadcast
// to it: sums end up where the results go, without any horizontal addition.
//
// VPERMB turns sixty-four 5-bit codes a+3b+9c into bytes a+4b+16c; it looks at six bits of
// a code, so the table is there twice and the sixth bit may be anything. The product with
// such a byte as it is has what the thirds weigh in one sum: the other two are taken off
// at the end.
func base3(tokens int) {
	name := fmt.Sprintf("base3VBMI%d", tokens)
	TEXT(name, NOSPLIT, "func(dst *int32, ld int, w *byte, x *int8, stride, units, groups int, sum *int32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s multiplies groups of 48 rows in Base3, units*32 columns each, with %d tokens, whose", name, tokens),
		"activations lie stride bytes apart: results of token t go to dst[t*ld], 48 for each group.")
	f := newBase3Frame(tokens)
	table, mask := ZMM(), vectors(2, ZMM)
	VMOVDQU64(base3Table(), table)
	broadcast(3<<2, mask[0])
	broadcast(3<<4, mask[1])
	sets := 1
	if tokens == 1 {
		sets = 2 // additions to one register would wait for each other
	}
	Label("group")
	Load(Param("x"), f.x)
	acc := make([][]reg.VecVirtual, tokens*sets)
	for i := range acc {
		acc[i] = vectors(3, ZMM)
		for _, a := range acc[i] {
			VPXORD(a, a, a)
		}
	}
	n := GP64()
	Load(Param("units"), n)
	Label("unit")
	for i := range 5 {
		PREFETCHT1(Mem{Base: f.w, Disp: base3Ahead + 64*i})
	}
	for k := range 8 {
		all, b, c := ZMM(), ZMM(), ZMM()
		f.code(k, all)
		VPERMB(table, all, all)
		VPANDD(mask[0], all, b)
		VPANDD(mask[1], all, c)
		for t := range tokens {
			x := ZMM()
			VPBROADCASTD(f.acts(t, 4*k), x)
			a := acc[t*sets+k%sets]
			VPDPBUSD(x, all, a[0])
			VPDPBUSD(x, b, a[1])
			VPDPBUSD(x, c, a[2])
		}
	}
	ADDQ(U32(unitBytes), f.w)
	ADDQ(U8(32), f.x)
	DECQ(n)
	JNZ(LabelRef("unit"))
	for t := range tokens {
		a := acc[t*sets]
		if sets == 2 {
			for i, v := range acc[1] {
				VPADDD(v, a[i], a[i])
			}
		}
		VPSUBD(a[1], a[0], a[0])
		VPSUBD(a[2], a[0], a[0])
		VPSRAD(U8(2), a[1], a[1])
		VPSRAD(U8(4), a[2], a[2])
		total := ZMM()
		VPBROADCASTD(Mem{Base: f.sum, Disp: 4 * t}, total)
		out := f.out(t)
		for i, v := range a {
			VPSUBD(total, v, v)
			VMOVDQU32(v, out.Offset(64*i))
		}
	}
	ADDQ(U32(4*48), f.dst)
	DECQ(f.groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

const unitBytes = 5 * 64

// base3Ahead is the prefetch distance, as streamAhead is.
const base3Ahead = 12 << 10

// A base3Frame holds the arguments of a kernel in registers.
type base3Frame struct {
	dst, w, x, groups, sum reg.Register
	ld, stride             []reg.Register // 1, 3, 5 and 7 times
}

func newBase3Frame(tokens int) *base3Frame {
	f := &base3Frame{x: GP64()}
	f.dst = Load(Param("dst"), GP64())
	f.w = Load(Param("w"), GP64())
	f.groups = Load(Param("groups"), GP64())
	f.sum = Load(Param("sum"), GP64())
	if tokens > 1 {
		f.stride = multiples(Load(Param("stride"), GP64()), tokens)
	}
	return f
}

// multiples returns 1, 3, 5 and 7 times a distance, as far as rows up to n need them.
func multiples(one reg.Register, n int) []reg.Register {
	all := []reg.Register{one}
	for m := 3; m < n; m += 2 {
		r := GP64()
		if m == 7 {
			LEAQ(Mem{Base: all[1], Index: one, Scale: 4}, r)
		} else {
			LEAQ(Mem{Base: one, Index: one, Scale: uint8(m - 1)}, r)
		}
		all = append(all, r)
	}
	return all
}

// row addresses row n of 0 to 7.
func row(base reg.Register, multiple []reg.Register, n int) Mem {
	m := Mem{Base: base}
	if n > 0 {
		scale := 1
		for ; n%2 == 0; n /= 2 {
			scale *= 2
		}
		m.Index, m.Scale = multiple[n/2], uint8(scale)
	}
	return m
}

// acts addresses byte disp of the current unit of token t.
func (f *base3Frame) acts(t, disp int) Mem { return row(f.x, f.stride, t).Offset(disp) }

// out addresses the results of token t.
func (f *base3Frame) out(t int) Mem {
	m := Mem{Base: f.dst}
	if t > 0 {
		p := GP64()
		Load(Param("ld"), p)
		IMUL3Q(U8(4*t), p, p)
		ADDQ(f.dst, p)
		m.Base = p
	}
	return m
}

// code brings the codes of columns 4k to 4k+3 to bits 4:0 of v. Five of the eight are
// there; the other three are made of upper bits, three and two of different bytes.
func (f *base3Frame) code(k int, v reg.VecVirtual) {
	vector := func(i int) Mem { return Mem{Base: f.w, Disp: 64 * i} }
	// upper sets v to the low bits of itself, as many as mask has, and other bits from
	// vector i, shifted down.
	upper := func(i int, shift, mask uint8) {
		t := ZMM()
		VPSRLW(U8(shift), vector(i), t)
		const aIfC = 0xe4 // C ? A : B
		VPTERNLOGD_BCST(U8(aIfC), wordOf(mask), t, v)
	}
	switch k {
	case 5:
		VPSRLW(U8(5), vector(0), v)
		upper(1, 3, 7)
	case 6:
		VPSRLW(U8(5), vector(2), v)
		upper(3, 3, 7)
	case 7:
		VPSRLW(U8(5), vector(4), v)
		upper(1, 2, 7)
		upper(3, 1, 15)
	default:
		VMOVDQU64(vector(k), v)
	}
}

var base3Data = map[string]Mem{}

// base3Table is the bytes a+4b+16c by a+3b+9c, twice.
func base3Table() Mem {
	if m, ok := base3Data["base3Table"]; ok {
		return m
	}
	m := GLOBL("base3Table", RODATA|NOPTR)
	for i := range 64 {
		code := i % 32
		DATA(i, U8(code%3|code/3%3<<2|code/9%3<<4))
	}
	base3Data["base3Table"] = m
	return m
}

// wordOf is four times the byte c.
func wordOf(c uint8) Mem {
	name := fmt.Sprintf("base3Word%d", c)
	if m, ok := base3Data[name]; ok {
		return m
	}
	m := GLOBL(name, RODATA|NOPTR)
	DATA(0, U32(uint32(c)*0x01010101))
	base3Data[name] = m
	return m
}
