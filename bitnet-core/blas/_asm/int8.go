package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// multiplyInts adds to acc the products of lanes of 32 bits: of two int16 each with
// AVX2, of four uint8 of b with as many int8 of a with VNNI.
func multiplyInts(i isa, a, b Op, acc reg.VecVirtual) {
	if i.lanes == 16 {
		VPDPBUSD(a, b, acc)
		return
	}
	t := i.vec()
	VPMADDWD(a, b, t)
	VPADDD(t, acc, acc)
}

func intSuffix(i isa) string {
	if i.lanes == 16 {
		return "AVX512VNNI"
	}
	return i.suffix
}

// tileInts keeps a tile of c in registers. Steps of a hold a lane for each row, those of
// b one for each column.
func tileInts(i isa) {
	name := "tileInts" + intSuffix(i)
	TEXT(name, NOSPLIT, "func(steps int, a, b *byte, c *int32, cDown, add int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets the tile c (%d, %d) to the first values of a, one for each row, plus the products of the steps that follow them with those of b, plus c if add is not 0. cDown is in bytes, steps is positive.",
		name, i.rows, 2*i.lanes))
	steps := Load(Param("steps"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	c := Load(Param("c"), GP64())
	cDown := Load(Param("cDown"), GP64())
	line := GP64()
	MOVQ(c, line)
	for r := range i.rows {
		for at := 0; at < 8*i.lanes; at += 64 {
			PREFETCHT0(Mem{Base: line, Disp: at})
		}
		if r+1 < i.rows {
			ADDQ(cDown, line)
		}
	}
	acc := make([][2]reg.VecVirtual, i.rows)
	for r := range acc {
		acc[r] = [2]reg.VecVirtual{i.vec(), i.vec()}
		for v := range acc[r] {
			VPBROADCASTD(Mem{Base: a, Disp: 4 * r}, acc[r][v])
		}
	}
	ADDQ(U8(uint8(4*i.rows)), a)
	Label("loop")
	row := [2]reg.VecVirtual{i.vec(), i.vec()}
	for v := range row {
		VMOVUPS(Mem{Base: b, Disp: 4 * i.lanes * v}, row[v])
	}
	one := i.vec()
	for r := range acc {
		VPBROADCASTD(Mem{Base: a, Disp: 4 * r}, one)
		if i.lanes == 16 {
			for v := range row {
				multiplyInts(i, one, row[v], acc[r][v])
			}
			continue
		}
		// Sixteen registers: the second product takes the place of the broadcast.
		t := i.vec()
		VPMADDWD(row[0], one, t)
		VPADDD(t, acc[r][0], acc[r][0])
		VPMADDWD(row[1], one, one)
		VPADDD(one, acc[r][1], acc[r][1])
	}
	ADDQ(U8(uint8(4*i.rows)), a)
	ADDQ(U32(uint32(8*i.lanes)), b)
	DECQ(steps)
	JNZ(LabelRef("loop"))
	CMPQ(NewParamAddr("add", 40), U8(0))
	JEQ(LabelRef("store"))
	MOVQ(c, line)
	for r := range acc {
		for v := range acc[r] {
			m := Mem{Base: line, Disp: 4 * i.lanes * v}
			VPADDD(m, acc[r][v], acc[r][v])
		}
		ADDQ(cDown, line)
	}
	Label("store")
	for r := range acc {
		for v := range acc[r] {
			VMOVUPS(acc[r][v], Mem{Base: c, Disp: 4 * i.lanes * v})
		}
		ADDQ(cDown, c)
	}
	VZEROUPPER()
	RET()
}

// dotInts multiplies two rows. With VNNI the first has its signs flipped, which adds 128
// to its values.
func dotInts(i isa) {
	name, step := "dotInts"+intSuffix(i), 32
	offset := ""
	if i.lanes == 16 {
		step, offset = 64, " + 128"
	}
	TEXT(name, NOSPLIT, "func(a, x *int8, n int) int32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s returns the sum of (a[i]%s)·x[i]; n is a positive multiple of %d.", name, offset, step))
	a := Load(Param("a"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	acc := make([]reg.VecVirtual, 4)
	for u := range acc {
		acc[u] = zero(i)
	}
	var flip reg.VecVirtual
	if i.lanes == 16 {
		flip = i.vec()
		bits := GP32()
		MOVL(U32(0x80808080), bits)
		VPBROADCASTD(bits, flip)
	}
	one := func(u int) {
		at := u * 2 * i.lanes
		if i.lanes == 16 {
			at *= 2
			v := i.vec()
			VPXORD(Mem{Base: a, Disp: at}, flip, v)
			VPDPBUSD(Mem{Base: x, Disp: at}, v, acc[u])
			return
		}
		v, w := i.vec(), i.vec()
		VPMOVSXBW(Mem{Base: a, Disp: at}, v)
		VPMOVSXBW(Mem{Base: x, Disp: at}, w)
		multiplyInts(i, v, w, acc[u])
	}
	// Four vectors at a time, then the step.
	four, last := 4*2*i.lanes, 2
	if i.lanes == 16 {
		four, last = 4*64, 1
	}
	SUBQ(U32(uint32(four)), n)
	JLT(LabelRef("rest"))
	Label("loop")
	for at := 0; at < four; at += 64 {
		PREFETCHT1(Mem{Base: a, Disp: ahead + at})
	}
	for u := range acc {
		one(u)
	}
	ADDQ(U32(uint32(four)), a)
	ADDQ(U32(uint32(four)), x)
	SUBQ(U32(uint32(four)), n)
	JGE(LabelRef("loop"))
	Label("rest")
	ADDQ(U32(uint32(four)), n)
	JZ(LabelRef("sum"))
	Label("short")
	for u := range last {
		one(u)
	}
	ADDQ(U8(uint8(step)), a)
	ADDQ(U8(uint8(step)), x)
	SUBQ(U8(uint8(step)), n)
	JNZ(LabelRef("short"))
	Label("sum")
	VPADDD(acc[1], acc[0], acc[0])
	VPADDD(acc[3], acc[2], acc[2])
	VPADDD(acc[2], acc[0], acc[0])
	sum := acc[0].AsY()
	if i.lanes == 16 {
		VEXTRACTI64X4(U8(1), acc[0], acc[1].AsY())
		VPADDD(acc[1].AsY(), sum, sum)
	}
	high, low := XMM(), acc[0].AsX()
	VEXTRACTI128(U8(1), sum, high)
	VPADDD(high, low, low)
	VPSHUFD(U8(0x4e), low, high)
	VPADDD(high, low, low)
	VPSHUFD(U8(0xb1), low, high)
	VPADDD(high, low, low)
	result := GP32()
	VMOVD(low, result)
	Store(result, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
