package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// step is how many columns an iteration of the kernels below takes.
const step = 32

// decode emits the kernel for weights of size bytes; load brings eight of them into
// dst as float32.
func decode(name string, size int, load func(m Mem, dst reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst *float32, src *byte, n int) uint32")
	Pragma("noescape")
	Doc(name + " is a decodeKernel for its type; n is a positive multiple of 32.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	mask, most, v := YMM(), YMM(), YMM()
	VPCMPEQD(mask, mask, mask)
	VPSRLD(U8(1), mask, mask)
	VPXOR(most, most, most)
	Label("loop")
	for i := range step / 8 {
		load(Mem{Base: src, Disp: 8 * size * i}, v)
		VMOVUPS(v, Mem{Base: dst, Disp: 32 * i})
		VPAND(mask, v, v)
		VPMAXUD(v, most, most)
	}
	ADDQ(U32(uint32(step*size)), src)
	ADDQ(U32(4*step), dst)
	SUBQ(U8(step), n)
	JNZ(LabelRef("loop"))
	x, t, g := XMM(), XMM(), GP32()
	VEXTRACTI128(U8(1), most, x)
	VPMAXUD(most.AsX(), x, x)
	VPSHUFD(U8(0x4e), x, t)
	VPMAXUD(t, x, x)
	VPSHUFD(U8(0xb1), x, t)
	VPMAXUD(t, x, x)
	VMOVD(x, g)
	Store(g, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// encode takes 32 columns of each lane of a block at a time, the last lane first, whose
// bits go to the others' bytes. It keeps two vectors of each sum, so that additions
// do not wait for another.
func encode() {
	// Packing works within halves of a register: this puts groups of four in order.
	order := GLOBL("order", RODATA|NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	// How far a code is from the middle of the four with its coarse code.
	fromMiddle := GLOBL("fromMiddle", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, F32(float32(i%4)-1.5))
	}
	offset, two, six, upper := everywhere("offset", 128), everywhere("lowerTwo", 0x03), everywhere("lowerSix", 0x3f), everywhere("upperTwo", 0xc0)
	TEXT("encodeAVX2", NOSPLIT, "func(coarse, fine *byte, w *float32, blocks int, inverse float32, sums *[3][8]float32, next *byte)")
	Pragma("noescape")
	Doc("encodeAVX2 writes both planes of codes 128 + q, q the integer next to v = w[c]*inverse, for",
		"blocks ≥ 1 of 256 columns, and sets sums to Σ v², Σ (v-q)² and Σ (v-m)², m the middle of the four",
		"q with the same coarse code, each in eight parts. |v| is below 127.5. It prefetches two bytes",
		"for each column from next.")
	to := Load(Param("coarse"), GP64())
	rest := Load(Param("fine"), GP64())
	w := Load(Param("w"), GP64())
	blocks := Load(Param("blocks"), GP64())
	by, err := Param("inverse").Resolve()
	if err != nil {
		panic(err)
	}
	inverse := YMM()
	VBROADCASTSS(by.Addr, inverse)
	sums := Load(Param("sums"), GP64())
	next := Load(Param("next"), GP64())
	var squares, rests, middles [2]reg.VecVirtual
	for i := range 2 {
		for _, s := range []*[2]reg.VecVirtual{&squares, &rests, &middles} {
			s[i] = YMM()
			VXORPS(s[i], s[i], s[i])
		}
	}
	table := YMM()
	VMOVUPS(fromMiddle, table)
	// codes returns the codes of 32 columns.
	codes := func(at int) reg.VecVirtual {
		var q [4]reg.VecVirtual
		for i := range q {
			v, f := YMM(), YMM()
			q[i] = YMM()
			VMULPS(Mem{Base: w, Disp: 4*at + 32*i}, inverse, v)
			VCVTPS2DQ(v, q[i])
			VCVTDQ2PS(q[i], f)
			VFMADD231PS(v, v, squares[i%2])
			VSUBPS(f, v, f)
			VPERMILPS(q[i], table, v) // chosen by the lowest two bits of q
			VADDPS(f, v, v)
			VFMADD231PS(f, f, rests[i%2])
			VFMADD231PS(v, v, middles[i%2])
			if i%2 == 1 {
				VPACKSSDW(q[i], q[i-1], q[i-1])
			}
		}
		VPACKSSWB(q[2], q[0], q[0])
		index := YMM()
		VMOVDQU(order, index)
		VPERMD(q[0], index, q[0])
		VPXOR(offset, q[0], q[0])
		return q[0]
	}
	Label("block")
	for at := 0; at < lane; at += 32 {
		for i := range 4 {
			PREFETCHT0(Mem{Base: next, Disp: 8*at + 64*i})
		}
		last, f, part := codes(3*lane+at), YMM(), YMM()
		VPSLLW(U8(6), last, f)
		VPAND(upper, f, f)
		for i := range 3 {
			c := codes(lane*i + at)
			VPAND(two, c, part)
			if i > 0 {
				VPSLLW(U8(uint8(2*i)), part, part)
			}
			VPOR(part, f, f)
			VPSRLW(U8(2), c, c)
			VPAND(six, c, c)
			if i == 0 {
				VPAND(upper, last, part)
			} else {
				VPSLLW(U8(uint8(2*i)), last, part)
				VPAND(upper, part, part)
			}
			VPOR(part, c, c)
			VMOVDQU(c, Mem{Base: to, Disp: lane*i + at})
		}
		VMOVDQU(f, Mem{Base: rest, Disp: at})
	}
	ADDQ(U32(4*block), w)
	ADDQ(U32(2*block), next)
	ADDQ(U32(coarse), to)
	ADDQ(U8(fine), rest)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	for i, s := range [][2]reg.VecVirtual{squares, rests, middles} {
		VADDPS(s[1], s[0], s[0])
		VMOVUPS(s[0], Mem{Base: sums, Disp: 32 * i})
	}
	VZEROUPPER()
	RET()
}
