// Command _asm writes ../kernels_amd64.s, the vector forms of the kernels of package
// vec. Run it with go generate in that package.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is one vector width.
type isa struct {
	suffix string
	lanes  int
	vec    func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, func() reg.VecVirtual { return ZMM() }},
}

func main() {
	ConstraintExpr("!purego")
	for _, i := range isas {
		binary(i)
		scalar(i)
		unary(i)
		sums(i)
		extremes(i)
		accumulate(i)
	}
	fence()
	Generate()
}

func fence() {
	TEXT("fenceStores", NOSPLIT, "func()")
	Doc("fenceStores orders stores past the caches before later ones.")
	SFENCE()
	RET()
}

func (i isa) zero() reg.VecVirtual {
	v := i.vec()
	if i.lanes == 16 {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// bits returns a vector of float32 with the given bits.
func (i isa) bits(v uint32) reg.VecVirtual {
	r, out := GP32(), i.vec()
	MOVL(U32(v), r)
	VMOVD(r, out.AsX())
	VPBROADCASTD(out.AsX(), out)
	return out
}

// begin starts a function whose first argument chooses one of a list of loops.
func begin(name, suffix, signature, doc string) {
	TEXT(name+suffix, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + suffix + " " + doc)
}

// choose jumps to the loop of the number in the argument op; numbers from 0 on. The
// last follows.
func choose(n int) {
	op := Load(Param("op"), GP64())
	for k := range n - 1 {
		CMPQ(op, Imm(uint64(k)))
		JEQ(LabelRef(fmt.Sprintf("op%d", k)))
	}
}

func broadcastParam(i isa, name string) reg.VecVirtual {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := i.vec()
	VBROADCASTSS(a.Addr, v)
	return v
}

// ends lets pointers point behind their n values, and returns the offset of the first
// from there, in bytes: a loop has one counter for all.
func ends(n reg.GPVirtual, pointers ...reg.GPVirtual) (offset reg.GPVirtual) {
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: n, Scale: 4}, p)
	}
	SHLQ(Imm(2), n)
	NEGQ(n)
	return n
}

func load64(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// loops emits the loop of one operation twice: with plain stores and, if stream is
// set, with such that go past the caches. Each computes two vectors at a time, after one
// alone if their number is odd. body returns the result for what lies disp bytes behind
// the offset at.
func loops(i isa, k int, dst, at, stream reg.GPVirtual, body func(disp int) reg.VecVirtual) {
	name := fmt.Sprintf("op%d", k)
	size := 4 * i.lanes
	Label(name)
	TESTQ(stream, stream)
	JNE(LabelRef(name + "stream"))
	for _, past := range []bool{false, true} {
		store, loop := func(v reg.VecVirtual, to Mem) { VMOVUPS(v, to) }, name+"loop"
		if past {
			Label(name + "stream")
			store, loop = func(v reg.VecVirtual, to Mem) { VMOVNTPS(v, to) }, name+"streamloop"
		}
		TESTQ(U32(uint32(size)), at)
		JEQ(LabelRef(loop))
		store(body(0), Mem{Base: dst, Index: at, Scale: 1})
		ADDQ(U32(uint32(size)), at)
		JEQ(LabelRef(loop + "end"))
		Label(loop)
		outs := []reg.VecVirtual{body(0), body(size)}
		for n, out := range outs {
			store(out, Mem{Base: dst, Index: at, Scale: 1, Disp: n * size})
		}
		ADDQ(U32(uint32(2*size)), at)
		JNE(LabelRef(loop))
		Label(loop + "end")
		if past {
			CMPQ(stream, U8(2)) // PastUnfenced
			JEQ(LabelRef(name + "unfenced"))
			SFENCE()
			Label(name + "unfenced")
		}
		VZEROUPPER()
		RET()
	}
}

// A step computes out of the values of a and b; none fuses a multiplication with an
// addition, so that all give the bits of the generic code.
type step func(i isa, a, b reg.VecVirtual) (out reg.VecVirtual)

func plain(f func(ops ...Op)) step {
	return func(i isa, a, b reg.VecVirtual) reg.VecVirtual {
		out := i.vec()
		f(b, a, out) // in the order of Go's assembler
		return out
	}
}

var (
	add   = plain(VADDPS)
	sub   = plain(VSUBPS)
	mul   = plain(VMULPS)
	div   = plain(VDIVPS)
	least = extreme(false)
	most  = extreme(true)
)

// extreme is the smaller or larger of a and b: NaN if one is, and -0 before 0.
func extreme(larger bool) step {
	return func(i isa, a, b reg.VecVirtual) reg.VecVirtual {
		if i.lanes != 16 {
			return extremeVEX(i.vec, larger, a, b)
		}
		out, k := i.vec(), K()
		VRANGEPS(U8(rangeOf(larger)), b, a, out) // orders zeros, but passes over NaN
		VCMPPS(U8(unordered), b, a, k)
		VADDPS(b, a, k, out) // a + b is NaN there
		return out
	}
}

const unordered = 3

func rangeOf(larger bool) int {
	if larger {
		return 5
	}
	return 4
}

// extremeVEX goes without the instructions of AVX-512. VMINPS and VMAXPS give the
// second operand if one is NaN or both are zeros, so both orders differ there alone.
func extremeVEX(vec func() reg.VecVirtual, larger bool, a, b reg.Register) reg.VecVirtual {
	x, y := vec(), vec()
	if !larger {
		VMINPS(b, a, x)
		VMINPS(a, b, y)
		VORPS(y, x, x) // the sign of -0; a NaN stays one whatever is added to its bits
		return x
	}
	VMAXPS(b, a, x)
	VMAXPS(a, b, y)
	VANDPS(y, x, x)
	VCMPPS(U8(unordered), b, a, y)
	VORPS(y, x, x)
	return x
}

func binary(i isa) {
	begin("binary", i.suffix, "func(op int, dst, a, b *float32, n int, stream int)", fmt.Sprintf(
		"sets dst to a op b, in the order of Op; n is a positive multiple of %d. If stream is not 0, dst is aligned to vectors.", i.lanes))
	steps := []step{add, sub, mul, div, least, most}
	dst, a, b, n, stream := load64("dst"), load64("a"), load64("b"), load64("n"), load64("stream")
	at := ends(n, dst, a, b)
	choose(len(steps))
	for k := len(steps) - 1; k >= 0; k-- {
		loops(i, k, dst, at, stream, func(disp int) reg.VecVirtual {
			x, y := i.vec(), i.vec()
			VMOVUPS(Mem{Base: a, Index: at, Scale: 1, Disp: disp}, x)
			VMOVUPS(Mem{Base: b, Index: at, Scale: 1, Disp: disp}, y)
			return steps[k](i, x, y)
		})
	}
}

func scalar(i isa) {
	begin("scalar", i.suffix, "func(op int, dst, a *float32, n int, s float32, stream int)", fmt.Sprintf(
		"sets dst to a and s combined, in the order of scalarOp; n is a positive multiple of %d. If stream is not 0, dst is aligned to vectors.", i.lanes))
	turned := func(f step) step {
		return func(i isa, a, b reg.VecVirtual) reg.VecVirtual { return f(i, b, a) }
	}
	dst, a, n, stream := load64("dst"), load64("a"), load64("n"), load64("stream")
	s := broadcastParam(i, "s")
	at := ends(n, dst, a)
	steps := []step{add, turned(sub), mul, div, turned(div), least, most, mul}
	axpy := len(steps) - 1
	choose(len(steps))
	for k := len(steps) - 1; k >= 0; k-- {
		loops(i, k, dst, at, stream, func(disp int) reg.VecVirtual {
			x := i.vec()
			VMOVUPS(Mem{Base: a, Index: at, Scale: 1, Disp: disp}, x)
			out := steps[k](i, x, s)
			if k == axpy {
				VADDPS(Mem{Base: dst, Index: at, Scale: 1, Disp: disp}, out, out)
			}
			return out
		})
	}
}

func unary(i isa) {
	begin("unary", i.suffix, "func(op int, dst, a *float32, n int, stream int)", fmt.Sprintf(
		"sets dst to a function of a, in the order of Func; n is a positive multiple of %d. If stream is not 0, dst is aligned to vectors.", i.lanes))
	dst, a, n, stream := load64("dst"), load64("a"), load64("n"), load64("stream")
	at := ends(n, dst, a)
	zero, sign, others := i.zero(), i.bits(1<<31), i.bits(1<<31-1)
	steps := []func(x reg.VecVirtual){
		func(x reg.VecVirtual) { VANDPS(others, x, x) },
		func(x reg.VecVirtual) { VXORPS(sign, x, x) },
		func(x reg.VecVirtual) { VSQRTPS(x, x) },
		func(x reg.VecVirtual) {
			VMAXPS(x, zero, x) // a NaN or -0, the second operand, stays
			VADDPS(zero, x, x) // -0 becomes 0
		},
		func(x reg.VecVirtual) {
			VMAXPS(x, zero, x)
			VMULPS(x, x, x)
		},
	}
	choose(len(steps))
	for k := len(steps) - 1; k >= 0; k-- {
		loops(i, k, dst, at, stream, func(disp int) reg.VecVirtual {
			x := i.vec()
			VMOVUPS(Mem{Base: a, Index: at, Scale: 1, Disp: disp}, x)
			steps[k](x)
			return x
		})
	}
}
