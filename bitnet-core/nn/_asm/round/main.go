// Command round writes ../../round_amd64.s, the search for the scales of Q6_K and the
// rounding to its codes in package nn. Run it with go generate in that package.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	lanes  = 8
	groups = 16 // of a block, and weights of a group
	shift  = 3 << 22
)

func main() {
	ConstraintExpr("!purego")
	fitScales()
	codes6()
	Generate()
}

var constants = map[string]Mem{}

// constant returns the address of eight times c.
func constant(name string, c float32) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, RODATA|NOPTR)
	constants[name] = m
	for i := range lanes {
		DATA(4*i, F32(c))
	}
	return m
}

// limits are what codes are rounded and clamped with.
type limits struct{ shift, top, bottom reg.VecVirtual }

func loadLimits() limits {
	l := limits{YMM(), YMM(), YMM()}
	VMOVUPS(constant("shift6", shift), l.shift)
	VMOVUPS(constant("top6", 31), l.top)
	VMOVUPS(constant("bottom6", -32), l.bottom)
	return l
}

// code rounds v to a code.
func (l limits) code(v reg.VecVirtual) {
	VADDPS(l.shift, v, v)
	VSUBPS(l.shift, v, v)
	VMINPS(l.top, v, v)
	VMAXPS(l.bottom, v, v)
}

func fitScales() {
	TEXT("fitScalesAVX2", NOSPLIT, "func(scales *[16]float32, x *[256]float32, powers *[256]float32, factors *float32, n int)")
	Pragma("noescape")
	Doc("fitScalesAVX2 sets scales[g] as fitScale does for the weights x[16i+g], i < 16. It tries",
		"the n factors, at least one. powers is room for squares and cubes of half of the weights.")
	scales, x := Load(Param("scales"), GP64()), Load(Param("x"), GP64())
	factors, n := Load(Param("factors"), GP64()), Load(Param("n"), GP64())
	powers := Load(Param("powers"), GP64())
	square := func(i int) Mem { return Mem{Base: powers, Disp: 4 * lanes * i} }
	cube := func(i int) Mem { return Mem{Base: powers, Disp: 4 * lanes * (groups + i)} }
	value := func(i int) Mem { return Mem{Base: x, Disp: 4 * groups * i} }
	l := loadLimits()
	halves := GP64()
	MOVQ(U32(groups/lanes), halves)

	Label("half")
	most, magnitude := YMM(), YMM()
	VXORPS(most, most, most)
	VXORPS(magnitude, magnitude, magnitude)
	tiny := constant("tiny6", 1e-15)
	unsigned := GLOBL("unsigned6", RODATA|NOPTR)
	for i := range lanes {
		DATA(4*i, U32(0x7fffffff))
	}
	for i := range groups {
		v, s, larger := YMM(), YMM(), YMM()
		VMOVUPS(value(i), v)
		VMULPS(v, v, s)
		VMOVUPS(s, square(i))
		VMULPS(v, s, s)
		VMOVUPS(s, cube(i))
		VANDPS(unsigned, v, s)
		VCMPPS(U8(0x1e), magnitude, s, larger) // s > magnitude
		VBLENDVPS(larger, s, magnitude, magnitude)
		VBLENDVPS(larger, v, most, most)
	}
	best, scale, first := YMM(), YMM(), YMM()
	VXORPS(best, best, best)
	VXORPS(scale, scale, scale)
	VPCMPEQD(first, first, first)
	at, left := GP64(), GP64()
	MOVQ(factors, at)
	MOVQ(n, left)

	Label("factor")
	inverse, xl, ll := YMM(), YMM(), YMM()
	VBROADCASTSS(Mem{Base: at}, inverse)
	VDIVPS(most, inverse, inverse)
	VXORPS(xl, xl, xl)
	VXORPS(ll, ll, ll)
	for i := range groups {
		code, t := YMM(), YMM()
		VMULPS(value(i), inverse, code)
		l.code(code)
		VMULPS(cube(i), code, t)
		VADDPS(t, xl, xl)
		VMULPS(square(i), code, t)
		VMULPS(code, t, t)
		VADDPS(t, ll, ll)
	}
	a, b, better := YMM(), YMM(), YMM()
	VMULPS(xl, xl, a)
	VMULPS(ll, best, b)
	VCMPPS(U8(0x1e), b, a, better) // a > b, false for NaN
	VORPS(first, better, better)
	VXORPS(first, first, first)
	VCMPPS(U8(0x1e), first, ll, a) // ll > 0
	VANDPS(a, better, better)
	VDIVPS(ll, xl, a)
	VMULPS(xl, a, b)
	VBLENDVPS(better, a, scale, scale)
	VBLENDVPS(better, b, best, best)
	ADDQ(U8(4), at)
	DECQ(left)
	JNZ(LabelRef("factor"))

	VCMPPS(U8(0x1d), tiny, magnitude, a) // magnitude >= tiny
	VANDPS(a, scale, scale)
	VMOVUPS(scale, Mem{Base: scales})
	ADDQ(U8(4*lanes), scales)
	ADDQ(U8(4*lanes), x)
	DECQ(halves)
	JNZ(LabelRef("half"))
	VZEROUPPER()
	RET()
}

func codes6() {
	TEXT("codes6AVX2", NOSPLIT, "func(codes *[256]byte, x *[256]float32, steps *[16]float32)")
	Pragma("noescape")
	Doc("codes6AVX2 sets codes[i] = 32 + code6(x[i]/steps[i/16]), 32 where the step is 0.")
	codes, x, steps := Load(Param("codes"), GP64()), Load(Param("x"), GP64()), Load(Param("steps"), GP64())
	l := loadLimits()
	bias := XMM()
	table := GLOBL("bias6", RODATA|NOPTR)
	for i := range 16 {
		DATA(i, U8(32))
	}
	VMOVDQU(table, bias)
	n := GP64()
	MOVQ(U32(groups), n)
	zero := YMM()
	VXORPS(zero, zero, zero)
	Label("group")
	step, some := YMM(), YMM()
	VBROADCASTSS(Mem{Base: steps}, step)
	VCMPPS(U8(4), zero, step, some) // step is not 0, or NaN
	var v [2]reg.VecVirtual
	for i := range v {
		v[i] = YMM()
		VMOVUPS(Mem{Base: x, Disp: 4 * lanes * i}, v[i])
		VDIVPS(step, v[i], v[i])
		l.code(v[i])
		VANDPS(some, v[i], v[i])
		VCVTTPS2DQ(v[i], v[i])
	}
	VPACKSSDW(v[1], v[0], v[0]) // within halves
	VPERMQ(U8(0xd8), v[0], v[0])
	high := XMM()
	VEXTRACTI128(U8(1), v[0], high)
	VPACKSSWB(high, v[0].AsX(), high)
	VPADDB(bias, high, high)
	VMOVDQU(high, Mem{Base: codes})
	ADDQ(U8(16), codes)
	ADDQ(U8(4*groups), x)
	ADDQ(U8(4), steps)
	DECQ(n)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
