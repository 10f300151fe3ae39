package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columns is how many sums a block has side by side, of whatever vectors.
const columns = 32

// half is the vector of half as many values.
func (i isa) half() reg.VecVirtual {
	if i.lanes == 16 {
		return YMM()
	}
	return XMM()
}

// sums emits the sums of functions of float32 in float64, in an order that does not
// depend on the vectors.
func sums(i isa) {
	begin("sums", i.suffix, "func(op int, x *float32, n int, center float64) float64", fmt.Sprintf(
		"is sumColumns, in the order of sumOp; n is a positive multiple of %d.", columns))
	x, n := load64("x"), load64("n")
	center, mask := i.vec(), i.vec()
	from, err := Param("center").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(from.Addr, center)
	r := GP64()
	MOVQ(U64(1<<63-1), r)
	VMOVQ(r, mask.AsX())
	VPBROADCASTQ(mask.AsX(), mask)
	wide := i.lanes / 2
	acc := make([]reg.VecVirtual, columns/wide)
	for k := range acc {
		acc[k] = i.zero()
	}
	steps := []func(v reg.VecVirtual){
		func(reg.VecVirtual) {},
		func(v reg.VecVirtual) { VMULPD(v, v, v) },
		func(v reg.VecVirtual) { VANDPD(mask, v, v) },
		func(v reg.VecVirtual) {
			VSUBPD(center, v, v)
			VMULPD(v, v, v)
		},
	}
	choose(len(steps))
	for op := len(steps) - 1; op >= 0; op-- {
		label := fmt.Sprintf("op%d", op)
		Label(label)
		for k := range acc {
			v := i.vec()
			VCVTPS2PD(Mem{Base: x, Disp: 4 * wide * k}, v)
			steps[op](v)
			VADDPD(v, acc[k], acc[k])
		}
		ADDQ(Imm(4*columns), x)
		SUBQ(Imm(columns), n)
		JNE(LabelRef(label))
		if op > 0 {
			JMP(LabelRef("fold"))
		}
	}
	Label("fold")
	for many := len(acc) / 2; many > 0; many /= 2 {
		for k := range many {
			VADDPD(acc[k+many], acc[k], acc[k])
		}
	}
	four := acc[0].AsY()
	if i.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(U8(1), acc[0], upper)
		VADDPD(upper, four, upper)
		four = upper.AsY()
	}
	two := XMM()
	VEXTRACTF128(Imm(1), four, two)
	VADDPD(two, four.(reg.VecVirtual).AsX(), two)
	one := XMM()
	VPERMILPD(Imm(1), two, one)
	VADDSD(one, two, two)
	to, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSD(two, to.Addr)
	VZEROUPPER()
	RET()
}

// extremes emits the smallest and the largest value. NaN is looked for in two vectors at
// a time, and put into the result at the end.
func extremes(i isa) {
	begin("extremes", i.suffix, "func(op int, x *float32, n int) float32", fmt.Sprintf(
		"is the smallest x for op 0 and the largest for 1, NaN if one is; n is a positive multiple of %d.", 2*i.lanes))
	x, n := load64("x"), load64("n")
	acc := []reg.VecVirtual{i.vec(), i.vec()}
	VMOVUPS(Mem{Base: x}, acc[0]) // any value of x does to begin with
	VMOVUPS(acc[0], acc[1])
	var nan reg.VecVirtual
	var nans reg.OpmaskVirtual
	if i.lanes == 16 {
		nans = K()
		KXORW(nans, nans, nans)
	} else {
		nan = i.zero()
	}
	choose(2)
	for op := 1; op >= 0; op-- {
		label := fmt.Sprintf("op%d", op)
		Label(label)
		v := []reg.VecVirtual{i.vec(), i.vec()}
		for k := range v {
			VMOVUPS(Mem{Base: x, Disp: 4 * i.lanes * k}, v[k])
		}
		for k := range v {
			if i.lanes == 16 {
				VRANGEPS(U8(rangeOf(op == 1)), v[k], acc[k], acc[k])
				continue
			}
			p, q := i.vec(), i.vec()
			if op == 1 {
				VMAXPS(v[k], acc[k], p)
				VMAXPS(acc[k], v[k], q)
				VANDPS(q, p, acc[k])
			} else {
				VMINPS(v[k], acc[k], p)
				VMINPS(acc[k], v[k], q)
				VORPS(q, p, acc[k])
			}
		}
		if i.lanes == 16 {
			k := K()
			VCMPPS(U8(unordered), v[0], v[1], k)
			KORW(k, nans, nans)
		} else {
			VCMPPS(U8(unordered), v[0], v[1], v[0])
			VORPS(v[0], nan, nan)
		}
		ADDQ(Imm(uint64(8*i.lanes)), x)
		SUBQ(Imm(uint64(2*i.lanes)), n)
		JNE(LabelRef(label))
		all := extreme(op == 1)(i, acc[0], acc[1])
		if i.lanes == 16 {
			VPTERNLOGD(U8(0xff), all, all, nans, all)
		} else {
			VORPS(nan, all, all)
		}
		fold(i, op == 1, all)
	}
}

// fold returns the extreme of v's values.
func fold(i isa, larger bool, v reg.VecVirtual) {
	four := v
	x, y := func() reg.VecVirtual { return XMM() }, func() reg.VecVirtual { return YMM() }
	if i.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(U8(1), v, upper)
		four = extremeVEX(y, larger, upper, v.AsY())
	}
	upper := XMM()
	VEXTRACTF128(Imm(1), four.AsY(), upper)
	out := extremeVEX(x, larger, upper, four.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		t := XMM()
		VPERMILPS(Imm(order), out, t)
		out = extremeVEX(x, larger, t, out)
	}
	to, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(out.AsX(), to.Addr)
	VZEROUPPER()
	RET()
}

// accumulate adds values to sums in float64.
func accumulate(i isa) {
	begin("accumulate", i.suffix, "func(sums *float64, x *float32, n int)", fmt.Sprintf(
		"is Accumulate; n is a positive multiple of %d.", i.lanes))
	to, x, n := load64("sums"), load64("x"), load64("n")
	Label("loop")
	for k := range 2 {
		v := i.vec()
		VCVTPS2PD(Mem{Base: x, Disp: 2 * i.lanes * k}, v)
		at := Mem{Base: to, Disp: 4 * i.lanes * k}
		VADDPD(at, v, v)
		VMOVUPD(v, at)
	}
	ADDQ(I32(int32(8*i.lanes)), to)
	ADDQ(I32(int32(4*i.lanes)), x)
	SUBQ(I32(int32(i.lanes)), n)
	JNE(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
