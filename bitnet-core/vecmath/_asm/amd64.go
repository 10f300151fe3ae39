package main

import (
	"fmt"
	"maps"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is one vector width of amd64.
type isa struct {
	suffix    string
	lanes     int
	registers int
	vec       func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, 16, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, 32, func() reg.VecVirtual { return ZMM() }},
}

// constants are in memory once, 64 times a byte each.
type constants struct {
	table Mem
	at    map[uint32]int
}

func (c *constants) mem(bits uint32) Mem {
	at, ok := c.at[bits]
	if !ok {
		at = 64 * len(c.at)
		c.at[bits] = at
	}
	return c.table.Offset(at)
}

// write emits the table, when all functions have said what they need.
func (c *constants) write() {
	for _, bits := range slices.SortedFunc(maps.Keys(c.at), func(a, b uint32) int { return c.at[a] - c.at[b] }) {
		at := c.at[bits]
		for i := 0; i < 64; i += 4 {
			DATA(at+i, U32(bits))
		}
	}
}

// A kernel is a program on its way to an instruction set of amd64.
type kernel struct {
	isa
	*program
	constants *constants
	last      []int
	where     []Op             // of values: registers, or memory of constants
	sums      []reg.VecVirtual // the fold's, in the order of the lanes
}

// amd64 emits the function of a program.
func amd64(i isa, p *program, c *constants) {
	TEXT(p.name+i.suffix, NOSPLIT, "func"+p.signature())
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s; n is a positive multiple of 16.", p.name, i.suffix, p.doc))
	k := &kernel{isa: i, program: p, constants: c, last: p.lastUses(), where: make([]Op, len(p.steps))}
	k.run()
}

func (k *kernel) run() {
	var dst reg.Register
	if k.store {
		dst = Load(Param("dst"), GP64())
	}
	src, n := Load(Param("src"), GP64()), Load(Param("n"), GP64())
	turns := 1 // vectors of a turn of the loop
	if k.fold != foldNone {
		turns = 16 / k.lanes
	}
	k.loadSums()
	k.hold()
	Label("loop")
	for turn := range turns {
		disp := 4 * k.lanes * turn
		for at := range k.steps {
			k.step(at, Mem{Base: src, Disp: disp})
		}
		y := k.where[k.result].(reg.VecVirtual)
		if k.store {
			VMOVUPS(y, Mem{Base: dst, Disp: disp})
		}
		k.add(turn, y)
	}
	if k.store {
		ADDQ(I32(int32(4*k.lanes*turns)), dst)
	}
	ADDQ(I32(int32(4*k.lanes*turns)), src)
	SUBQ(I32(int32(k.lanes*turns)), n)
	JNZ(LabelRef("loop"))
	if k.fold != foldNone {
		lanes := Load(Param("lanes"), GP64())
		for i, s := range k.sums {
			VMOVUPS(s, Mem{Base: lanes, Disp: 4 * k.lanes * i})
		}
	}
	VZEROUPPER()
	RET()
}

// loadSums reads what the fold begins with.
func (k *kernel) loadSums() {
	count := map[fold]int{foldNone: 0, foldSum: 32, foldMax: 16}[k.fold] / k.lanes
	if count == 0 {
		return
	}
	lanes := Load(Param("lanes"), GP64())
	for i := range count {
		s := k.vec()
		VMOVUPS(Mem{Base: lanes, Disp: 4 * k.lanes * i}, s)
		k.sums = append(k.sums, s)
	}
}

// add takes results into the fold.
func (k *kernel) add(turn int, y reg.VecVirtual) {
	switch k.fold {
	case foldMax:
		VMAXPS(y, k.sums[turn], k.sums[turn])
	case foldSum:
		low, high := k.vec(), k.vec()
		if k.lanes == 16 {
			VCVTPS2PD(y.AsY(), low)
			VEXTRACTF64X4(U8(1), y, high.AsY())
			VCVTPS2PD(high.AsY(), high)
		} else {
			VCVTPS2PD(y.AsX(), low)
			VEXTRACTF128(U8(1), y, high.AsX())
			VCVTPS2PD(high.AsX(), high)
		}
		VADDPD(low, k.sums[2*turn], k.sums[2*turn])
		VADDPD(high, k.sums[2*turn+1], k.sums[2*turn+1])
	}
}

// hold brings parameters and as many constants as there is room for to registers.
func (k *kernel) hold() {
	room := k.registers - k.pressure() - len(k.sums) - len(k.params) - 4
	param := 0
	for v, s := range k.steps {
		if s.op == opParam {
			a, err := Param(k.params[param]).Resolve()
			if err != nil {
				panic(err)
			}
			r := k.vec()
			VBROADCASTSS(a.Addr, r)
			k.where[v] = r
			param++
		}
	}
	for _, v := range k.byUse() {
		m := k.constants.mem(k.steps[v].bits)
		k.where[v] = m
		if room > 0 {
			r := k.vec()
			VMOVUPS(m, r)
			k.where[v] = r
			room--
		}
	}
}

// reg returns a register with v, for reading.
func (k *kernel) reg(v value) reg.VecVirtual {
	if m, ok := k.where[v].(Mem); ok {
		r := k.vec()
		VMOVUPS(m, r)
		return r
	}
	return k.where[v].(reg.VecVirtual)
}

func (k *kernel) isMem(v value) bool {
	_, ok := k.where[v].(Mem)
	return ok
}

// dies reports whether the register of v may be overwritten by step at.
func (k *kernel) dies(v value, at int) bool { return !k.held(v) && k.last[v] == at }

func (k *kernel) step(at int, src Mem) {
	s := k.steps[at]
	switch s.op {
	case opParam, opConst:
		return
	case opFMA, opFNMA:
		k.where[at] = k.fused(at)
		return
	case opLess, opEqual:
		predicate := map[op]uint8{opLess: 0x11, opEqual: 0}[s.op]
		if k.lanes == 16 {
			m := K()
			VCMPPS(U8(predicate), k.where[s.args[1]], k.reg(s.args[0]), m)
			k.where[at] = m
			return
		}
		r := k.vec()
		VCMPPS(U8(predicate), k.where[s.args[1]], k.reg(s.args[0]), r)
		k.where[at] = r
		return
	}
	r := k.vec()
	k.where[at] = r
	arg := func(i int) Op { return k.where[s.args[i]] }
	switch s.op {
	case opIn:
		VMOVUPS(src, r)
	case opSelect:
		if k.lanes == 16 {
			VBLENDMPS(arg(1), k.reg(s.args[2]), arg(0), r)
		} else {
			VBLENDVPS(arg(0), arg(1), k.reg(s.args[2]), r)
		}
	case opShiftLeft:
		VPSLLD(U8(uint8(s.bits)), k.reg(s.args[0]), r)
	case opShiftRight:
		VPSRAD(U8(uint8(s.bits)), k.reg(s.args[0]), r)
	case opFloat:
		VCVTDQ2PS(arg(0), r)
	case opScale:
		VSCALEFPS(arg(1), k.reg(s.args[0]), r)
	default:
		map[op]func(...Op){
			opAdd: VADDPS, opSub: VSUBPS, opMul: VMULPS, opDiv: VDIVPS, opMax: VMAXPS, opMin: VMINPS,
			opAnd: VANDPS, opOr: VORPS, opIntAdd: VPADDD, opIntSub: VPSUBD,
		}[s.op](arg(1), k.reg(s.args[0]), r)
	}
}

// fused emits a fused multiplication and addition, in the form that overwrites an
// operand that nobody reads afterwards.
func (k *kernel) fused(at int) reg.VecVirtual {
	s := k.steps[at]
	a, b, c := s.args[0], s.args[1], s.args[2]
	f231, f213, f132 := VFMADD231PS, VFMADD213PS, VFMADD132PS
	if s.op == opFNMA {
		f231, f213, f132 = VFNMADD231PS, VFNMADD213PS, VFNMADD132PS
	}
	if !k.dies(a, at) && k.dies(b, at) || k.isMem(a) {
		a, b = b, a
	}
	switch {
	case k.dies(c, at):
		r := k.reg(c)
		f231(k.where[b], k.reg(a), r)
		return r
	case k.dies(a, at) && a != b && k.isMem(b):
		r := k.reg(a)
		f132(k.where[b], k.reg(c), r)
		return r
	case k.dies(a, at) && a != b:
		r := k.reg(a)
		f213(k.where[c], k.reg(b), r)
		return r
	}
	r := k.vec()
	VMOVUPS(k.where[c], r)
	f231(k.where[b], k.reg(a), r)
	return r
}
