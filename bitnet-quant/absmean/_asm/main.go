// Command _asm writes ../kernels_amd64.s, the two passes of package absmean over weights.
// Run it with go generate in that package.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	add()
	addBF16()
	round()
	Generate()
}

// constant returns the address of 32 bytes of the pattern c.
func constant(name string, c U64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, c)
	}
	return m
}

// add has one chain of additions, as the definition: 4 weights in the latency of one.
func add() {
	TEXT("addAVX2", NOSPLIT, "func(s *[4]float64, w []float32)")
	Pragma("noescape")
	Doc("addAVX2 sets s[i%4] += |w[i]|, in the order of i. len(w) must be a positive multiple of 16.")
	s, w, n := Load(Param("s"), GP64()), Load(Param("w").Base(), GP64()), Load(Param("w").Len(), GP64())
	sum, mask := YMM(), YMM()
	VMOVUPD(Mem{Base: s}, sum)
	VMOVUPD(constant("magnitude64", 1<<63-1), mask)
	Label("add16")
	for i := range 4 {
		v := YMM()
		VCVTPS2PD(Mem{Base: w, Disp: 16 * i}, v)
		VANDPD(mask, v, v)
		VADDPD(v, sum, sum)
	}
	ADDQ(U8(64), w)
	SUBQ(U8(16), n)
	JNZ(LabelRef("add16"))
	VMOVUPD(sum, Mem{Base: s})
	VZEROUPPER()
	RET()
}

// addBF16 has the chains of four rows side by side, none of which waits for another.
func addBF16() {
	TEXT("addBF16AVX2", NOSPLIT, "func(s *[4][4]float64, data *byte, stride int, n int)")
	Pragma("noescape")
	Doc("addBF16AVX2 sets s[r][i%4] += |w|, in the order of i, for the first n bfloat16 values of four rows that are",
		"stride bytes apart. n must be a positive multiple of 8.")
	s, data := Load(Param("s"), GP64()), Load(Param("data"), GP64())
	stride, n := Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	rows := [4]reg.Register{data, GP64(), GP64(), GP64()}
	var sums [4]reg.VecVirtual
	for r := range sums {
		if r > 0 {
			LEAQ(Mem{Base: rows[r-1], Index: stride, Scale: 1}, rows[r])
		}
		sums[r] = YMM()
		VMOVUPD(Mem{Base: s, Disp: 32 * r}, sums[r])
	}
	magnitude := XMM()
	VMOVDQU(constant("magnitude16", 0x7fff7fff7fff7fff), magnitude)
	at := GP64()
	XORQ(at, at)
	Label("addbf8")
	for r := range sums {
		half, v, low, high := XMM(), YMM(), YMM(), YMM()
		VPAND(Mem{Base: rows[r], Index: at, Scale: 2}, magnitude, half)
		VPMOVZXWD(half, v)
		VPSLLD(U8(16), v, v)
		VCVTPS2PD(v.AsX(), low)
		VEXTRACTF128(U8(1), v, half)
		VCVTPS2PD(half, high)
		VADDPD(low, sums[r], sums[r])
		VADDPD(high, sums[r], sums[r])
	}
	ADDQ(U8(8), at)
	CMPQ(at, n)
	JNE(LabelRef("addbf8"))
	for r := range sums {
		VMOVUPD(sums[r], Mem{Base: s, Disp: 32 * r})
	}
	VZEROUPPER()
	RET()
}

// round clamps before it converts, as integers of other products would not fit. The packs
// work within 128-bit halves, so the dwords come out as 0 2 4 6 1 3 5 7 and are put in
// order by VPERMD.
func round() {
	TEXT("roundAVX2", NOSPLIT, "func(dst []int8, w []float32, inverse float32)")
	Pragma("noescape")
	Doc("roundAVX2 sets dst[i] to w[i]·inverse, rounded to -1, 0 or 1, ties to 0, NaN to 0.",
		"len(w) must be a positive multiple of 32.")
	dst := Load(Param("dst").Base(), GP64())
	w, n := Load(Param("w").Base(), GP64()), Load(Param("w").Len(), GP64())
	inverse, one, minus, order := YMM(), YMM(), YMM(), YMM()
	mem, err := Param("inverse").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(mem.Addr, inverse)
	VMOVUPS(constant("one", 0x3f8000003f800000), one)
	VMOVUPS(constant("minus", 0xbf800000bf800000), minus)
	table := GLOBL("order", RODATA|NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	VMOVDQU(table, order)
	Label("round32")
	var q [4]reg.VecVirtual
	number := YMM()
	for i := range q {
		q[i] = YMM()
		VMULPS(Mem{Base: w, Disp: 32 * i}, inverse, q[i])
		VCMPPS(U8(7), q[i], q[i], number) // no NaN
		VMINPS(one, q[i], q[i])
		VMAXPS(minus, q[i], q[i])
		VANDPS(number, q[i], q[i])
		VCVTPS2DQ(q[i], q[i])
	}
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKSSWB(q[2], q[0], q[0])
	VPERMD(q[0], order, q[0])
	VMOVDQU(q[0], Mem{Base: dst})
	SUBQ(I8(-128), w)
	ADDQ(U8(32), dst)
	SUBQ(U8(32), n)
	JNZ(LabelRef("round32"))
	VZEROUPPER()
	RET()
}
