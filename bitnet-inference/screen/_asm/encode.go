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
	Doc(name + " is decodeGeneric for its type; n is a positive multiple of 32.")
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

// encode keeps two vectors of each sum, so that additions do not wait for another.
func encode() {
	// Packing works within halves of a register: this puts groups of four in order.
	order := GLOBL("order", RODATA|NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	offset := GLOBL("offset", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(0x8080808080808080))
	}
	TEXT("encodeAVX2", NOSPLIT, "func(codes *byte, w *float32, n int, inverse float32, sums *[2][8]float32)")
	Pragma("noescape")
	Doc("encodeAVX2 sets codes[c] = 128 + q, q the integer next to v = w[c]*inverse, for c < n, a",
		"positive multiple of 32, and sums to Σ v² and Σ (v-q)², each in eight parts. |v| is below 127.5.")
	codes := Load(Param("codes"), GP64())
	w := Load(Param("w"), GP64())
	n := Load(Param("n"), GP64())
	by, err := Param("inverse").Resolve()
	if err != nil {
		panic(err)
	}
	inverse := YMM()
	VBROADCASTSS(by.Addr, inverse)
	sums := Load(Param("sums"), GP64())
	var squares, rests [2]reg.VecVirtual
	for i := range 2 {
		squares[i], rests[i] = YMM(), YMM()
		VXORPS(squares[i], squares[i], squares[i])
		VXORPS(rests[i], rests[i], rests[i])
	}
	Label("loop")
	var q [4]reg.VecVirtual
	for i := range q {
		v, f := YMM(), YMM()
		q[i] = YMM()
		VMULPS(Mem{Base: w, Disp: 32 * i}, inverse, v)
		VCVTPS2DQ(v, q[i])
		VCVTDQ2PS(q[i], f)
		VSUBPS(f, v, f)
		VFMADD231PS(v, v, squares[i%2])
		VFMADD231PS(f, f, rests[i%2])
	}
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKSSWB(q[2], q[0], q[0])
	index := YMM()
	VMOVDQU(order, index)
	VPERMD(q[0], index, q[0])
	VPXOR(offset, q[0], q[0])
	VMOVDQU(q[0], Mem{Base: codes})
	ADDQ(U32(4*step), w)
	ADDQ(U8(step), codes)
	SUBQ(U8(step), n)
	JNZ(LabelRef("loop"))
	VADDPS(squares[1], squares[0], squares[0])
	VADDPS(rests[1], rests[0], rests[0])
	VMOVUPS(squares[0], Mem{Base: sums})
	VMOVUPS(rests[0], Mem{Base: sums, Disp: 32})
	VZEROUPPER()
	RET()
}
