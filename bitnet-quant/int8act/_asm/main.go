// Command _asm writes ../round_amd64.s, the two passes of int8act.QuantizeRow
// over a row of activations. Run it with go generate in package int8act.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	absmaxAVX2()
	roundAVX2()
	absmaxAVX512()
	roundAVX512()
	Generate()
}

// broadcast fills v with the 32-bit pattern c. VMOVD, not MOVD: a legacy-SSE
// move among AVX instructions costs a state transition.
func broadcast(c uint32, v reg.VecVirtual) {
	g := GP32()
	MOVL(U32(c), g)
	VMOVD(g, v.AsX())
	VPBROADCASTD(v.AsX(), v)
}

// reduce folds the eight int32 of y with op and returns them in one register.
func reduce(y reg.VecVirtual, op func(a, b, dst Op)) reg.GPVirtual {
	x, t := y.AsX(), XMM()
	VEXTRACTI128(U8(1), y, t)
	op(t, x, x)
	VPSHUFD(U8(0x4e), x, t)
	op(t, x, x)
	VPSHUFD(U8(0xb1), x, t)
	op(t, x, x)
	g := GP32()
	VMOVD(x, g)
	VZEROUPPER()
	return g
}

func maxU32(a, b, dst Op) { VPMAXUD(a, b, dst) }
func addI32(a, b, dst Op) { VPADDD(a, b, dst) }

// absmaxAVX2 compares magnitudes as integers: their order is that of the
// floats, and it does not lose NaNs as VMAXPS would.
func absmaxAVX2() {
	TEXT("absmaxGroupsAVX2", NOSPLIT, "func(x []float32) uint32")
	Pragma("noescape")
	Doc("absmaxGroupsAVX2 returns the largest bits(x[i])&0x7fffffff.",
		"len(x) must be a positive multiple of 32.")
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	mask := YMM()
	broadcast(0x7fffffff, mask)
	var acc [4]reg.VecVirtual
	for i := range acc {
		acc[i] = YMM()
		VPXOR(acc[i], acc[i], acc[i])
	}
	t := YMM()
	Label("maxgroup2")
	for i := range acc {
		VPAND(Mem{Base: x, Disp: 32 * i}, mask, t)
		VPMAXUD(t, acc[i], acc[i])
	}
	SUBQ(I8(-128), x)
	SUBQ(U8(32), n)
	JNZ(LabelRef("maxgroup2"))
	VPMAXUD(acc[1], acc[0], acc[0])
	VPMAXUD(acc[3], acc[2], acc[2])
	VPMAXUD(acc[2], acc[0], acc[0])
	Store(reduce(acc[0], maxU32), ReturnIndex(0))
	RET()
}

// roundAVX2 converts 32 values at a time. VCVTPS2DQ rounds ties to even (Go
// leaves MXCSR at its default). The packs work within 128-bit halves, so the
// dwords come out as 0 2 4 6 1 3 5 7 and are put in order by VPERMD.
func roundAVX2() {
	TEXT("roundGroupsAVX2", NOSPLIT, "func(dst []int8, x []float32, scale float32) int32")
	Pragma("noescape")
	Doc("roundGroupsAVX2 sets dst[i] = round(x[i]·scale) and returns Σ dst[i].",
		"len(x) must be a positive multiple of 32.")
	dst := Load(Param("dst").Base(), GP64())
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	scale, order, acc := YMM(), YMM(), YMM()
	scaleMem, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(scaleMem.Addr, scale)
	table := GLOBL("order", RODATA|NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	VMOVDQU(table, order)
	VPXOR(acc, acc, acc)
	Label("roundgroup2")
	var q [4]reg.VecVirtual
	for i := range q {
		q[i] = YMM()
		VMULPS(Mem{Base: x, Disp: 32 * i}, scale, q[i])
		VCVTPS2DQ(q[i], q[i])
		VPADDD(q[i], acc, acc)
	}
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKSSWB(q[2], q[0], q[0])
	VPERMD(q[0], order, q[0])
	VMOVDQU(q[0], Mem{Base: dst})
	SUBQ(I8(-128), x)
	ADDQ(U8(32), dst)
	SUBQ(U8(32), n)
	JNZ(LabelRef("roundgroup2"))
	Store(reduce(acc, addI32), ReturnIndex(0))
	RET()
}

// tailMask sets k to the low n bits, for 0 < n < 16. n is consumed.
func tailMask(n reg.Register) reg.OpmaskVirtual {
	ones, k := GP64(), K()
	MOVQ(I32(-1), ones)
	BZHIQ(n, ones, ones)
	KMOVW(ones.(reg.GPVirtual).As32(), k)
	return k
}

func absmaxAVX512() {
	TEXT("absmaxAVX512", NOSPLIT, "func(x []float32) uint32")
	Pragma("noescape")
	Doc("absmaxAVX512 returns the largest bits(x[i])&0x7fffffff, 0 if x is empty.")
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	mask, t := ZMM(), ZMM()
	broadcast(0x7fffffff, mask)
	var acc [4]reg.VecVirtual
	for i := range acc {
		acc[i] = ZMM()
		VPXORD(acc[i], acc[i], acc[i])
	}
	Label("max64")
	CMPQ(n, U8(64))
	JLT(LabelRef("max16"))
	for i := range acc {
		VPANDD(Mem{Base: x, Disp: 64 * i}, mask, t)
		VPMAXUD(t, acc[i], acc[i])
	}
	ADDQ(U32(256), x)
	SUBQ(U8(64), n)
	JMP(LabelRef("max64"))
	Label("max16")
	CMPQ(n, U8(16))
	JLT(LabelRef("maxtail"))
	VPANDD(Mem{Base: x}, mask, t)
	VPMAXUD(t, acc[0], acc[0])
	ADDQ(U8(64), x)
	SUBQ(U8(16), n)
	JMP(LabelRef("max16"))
	Label("maxtail")
	TESTQ(n, n)
	JZ(LabelRef("maxdone"))
	k := tailMask(n)
	VMOVDQU32_Z(Mem{Base: x}, k, t) // masked loads do not touch what they leave out
	VPANDD(t, mask, t)
	VPMAXUD(t, acc[0], acc[0])
	Label("maxdone")
	VPMAXUD(acc[1], acc[0], acc[0])
	VPMAXUD(acc[3], acc[2], acc[2])
	VPMAXUD(acc[2], acc[0], acc[0])
	y := YMM()
	VEXTRACTI64X4(U8(1), acc[0], y)
	VPMAXUD(acc[0].AsY(), y, y)
	Store(reduce(y, maxU32), ReturnIndex(0))
	RET()
}

func roundAVX512() {
	TEXT("roundAVX512", NOSPLIT, "func(dst []int8, x []float32, scale float32) int32")
	Pragma("noescape")
	Doc("roundAVX512 sets dst[i] = round(x[i]·scale) and returns Σ dst[i].")
	dst := Load(Param("dst").Base(), GP64())
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	scale, acc := ZMM(), ZMM()
	scaleMem, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(scaleMem.Addr, scale)
	VPXORD(acc, acc, acc)
	Label("round64")
	CMPQ(n, U8(64))
	JLT(LabelRef("round16"))
	for i := range 4 {
		q := ZMM()
		VMULPS(Mem{Base: x, Disp: 64 * i}, scale, q)
		VCVTPS2DQ(q, q)
		VPADDD(q, acc, acc)
		VPMOVSDB(q, Mem{Base: dst, Disp: 16 * i})
	}
	ADDQ(U32(256), x)
	ADDQ(U8(64), dst)
	SUBQ(U8(64), n)
	JMP(LabelRef("round64"))
	Label("round16")
	CMPQ(n, U8(16))
	JLT(LabelRef("roundtail"))
	q := ZMM()
	VMULPS(Mem{Base: x}, scale, q)
	VCVTPS2DQ(q, q)
	VPADDD(q, acc, acc)
	VPMOVSDB(q, Mem{Base: dst})
	ADDQ(U8(64), x)
	ADDQ(U8(16), dst)
	SUBQ(U8(16), n)
	JMP(LabelRef("round16"))
	Label("roundtail")
	TESTQ(n, n)
	JZ(LabelRef("rounddone"))
	k := tailMask(n)
	VMOVDQU32_Z(Mem{Base: x}, k, q)
	VMULPS(q, scale, q)
	VCVTPS2DQ(q, q)
	VPADDD(q, acc, acc) // lanes that were left out are 0
	VPMOVSDB(q, k, Mem{Base: dst})
	Label("rounddone")
	y := YMM()
	VEXTRACTI64X4(U8(1), acc, y)
	VPADDD(acc.AsY(), y, y)
	Store(reduce(y, addI32), ReturnIndex(0))
	RET()
}
