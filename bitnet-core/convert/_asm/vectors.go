package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Kernels in tables of vectorLoops have one signature. Not all use the limits.
const vectorSignature = "func(dst *byte, src *byte, n int, lo int64, hi int64)"

// An integer is a source type of kernels: signed, or of fewer than 32 bits.
type integer struct {
	name  string
	bytes int
	load  func(src Mem, v reg.VecVirtual) // to lanes of 32 bits
}

var integers = []integer{
	{"I8", 1, func(m Mem, v reg.VecVirtual) { VPMOVSXBD(m, v) }},
	{"U8", 1, func(m Mem, v reg.VecVirtual) { VPMOVZXBD(m, v) }},
	{"I16", 2, func(m Mem, v reg.VecVirtual) { VPMOVSXWD(m, v) }},
	{"U16", 2, func(m Mem, v reg.VecVirtual) { VPMOVZXWD(m, v) }},
	{"I32", 4, func(m Mem, v reg.VecVirtual) { VMOVUPS(m, v) }},
}

// vectors emits the kernels of one width.
func vectors(i isa) {
	for _, from := range integers {
		for _, bytes := range []int{1, 2, 4} {
			limit(i, from, bytes)
		}
		if from.name != "I8" { // which has a kernel with a scale
			floats(i, from)
		}
	}
	roundI16(i)
	roundI32(i)
	widenF32(i)
	narrowF64(i)
	oddF64(i)
	oddI32(i)
	roundF64(i)
	widenI32(i)
	pack(i, "packI4", true)
	pack(i, "packU4", false)
	unpack(i, "unpackI4", true)
	unpack(i, "unpackU4", false)
	trits(i)
}

// vector opens a kernel.
func vector(i isa, name, doc string, to, from int) loop {
	TEXT(name+i.suffix, NOSPLIT, vectorSignature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s for i < n, a positive multiple of %d.", name, i.suffix, doc, unroll*i.lanes))
	return loop{dst: Load(Param("dst"), GP64()), src: Load(Param("src"), GP64()), n: Load(Param("n"), GP64()), to: to, from: from}
}

// at addresses vector u, of `lanes` elements, of a turn.
func (l loop) at(u, lanes int) (dst, src Mem) {
	return Mem{Base: l.dst, Disp: u * lanes * l.to}, Mem{Base: l.src, Disp: u * lanes * l.from}
}

// spread broadcasts the lower half of an argument.
func spread(i isa, name string) reg.VecVirtual {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := i.vec()
	VPBROADCASTD(a.Addr, v)
	return v
}

// and, or and xor are bitwise, on vectors of any width.
func and(i isa, m, v, to Op) {
	if i.lanes == 16 {
		VPANDD(m, v, to)
	} else {
		VPAND(m, v, to)
	}
}

func or(i isa, m, v, to Op) {
	if i.lanes == 16 {
		VPORD(m, v, to)
	} else {
		VPOR(m, v, to)
	}
}

func xor(i isa, m, v, to Op) {
	if i.lanes == 16 {
		VPXORD(m, v, to)
	} else {
		VPXOR(m, v, to)
	}
}

// storeWords stores the vectors of a turn, lanes of 32 bits, as elements of l.to bytes:
// their lowest ones.
func (l loop) storeWords(i isa, v [unroll]reg.VecVirtual, low, order reg.VecVirtual) {
	if i.lanes == 16 || l.to == 4 {
		for u := range v {
			dst, _ := l.at(u, i.lanes)
			switch l.to {
			case 1:
				VPMOVDB(v[u], dst)
			case 2:
				VPMOVDW(v[u], dst)
			case 4:
				VMOVUPS(v[u], dst)
			}
		}
		return
	}
	for u := range v {
		VPAND(low, v[u], v[u])
	}
	VPACKUSDW(v[1], v[0], v[0])
	VPACKUSDW(v[3], v[2], v[2])
	if l.to == 1 {
		VPACKUSWB(v[2], v[0], v[0])
		VPERMD(v[0], order, v[0])
		VMOVDQU(v[0], Mem{Base: l.dst})
		return
	}
	VPERMQ(Imm(0xd8), v[0], v[0])
	VPERMQ(Imm(0xd8), v[2], v[2])
	VMOVDQU(v[0], Mem{Base: l.dst})
	VMOVDQU(v[2], Mem{Base: l.dst, Disp: 32})
}

// packing returns what storeWords needs: the mask of what is kept of a lane, and the
// order of lanes after packing.
func (l loop) packing(i isa) (low, order reg.VecVirtual) {
	if i.lanes == 16 || l.to == 4 {
		return nil, nil
	}
	low = words(i, 1<<(8*l.to)-1)
	if l.to == 1 {
		order = i.vec()
		VMOVDQU(permutation(), order)
	}
	return low, order
}

// limit emits an integer conversion by saturation.
func limit(i isa, from integer, bytes int) {
	l := vector(i, fmt.Sprintf("limit%sTo%d", from.name, 8*bytes),
		fmt.Sprintf("dst[i] = min(max(src[i], lo), hi), from %s to %d bits,", from.name, 8*bytes), bytes, from.bytes)
	lo, hi := spread(i, "lo"), spread(i, "hi")
	low, order := l.packing(i)
	Label("loop")
	var v [unroll]reg.VecVirtual
	for u := range v {
		v[u] = i.vec()
		_, src := l.at(u, i.lanes)
		from.load(src, v[u])
		VPMAXSD(lo, v[u], v[u])
		VPMINSD(hi, v[u], v[u])
	}
	l.storeWords(i, v, low, order)
	l.end(unroll * i.lanes)
}

// floats emits an integer conversion to F32.
func floats(i isa, from integer) {
	l := vector(i, "float"+from.name, "dst[i] = float32(src[i]), from "+from.name+",", 4, from.bytes)
	Label("loop")
	for u := range unroll {
		v := i.vec()
		dst, src := l.at(u, i.lanes)
		from.load(src, v)
		VCVTDQ2PS(v, v)
		VMOVUPS(v, dst)
	}
	l.end(unroll * i.lanes)
}

// pack emits the packing of bytes to halves of bytes. A turn is one vector.
func pack(i isa, name string, signed bool) {
	l, _ := begin(i, name, "byte", "byte", "half i%2 of dst[i/2] = src[i], limited to 4 bits,", nil)
	nibble, word := bytes(i, 0x0f), words(i, 0x00ff00ff)
	lo, hi := nibble, nibble
	if signed {
		lo, hi = bytes(i, 0xf8), bytes(i, 7)
	}
	Label("loop")
	v, t := i.vec(), i.vec()
	VMOVUPS(Mem{Base: l.src}, v)
	if signed {
		VPMAXSB(lo, v, v)
		VPMINSB(hi, v, v)
		and(i, nibble, v, v)
	} else {
		VPMINUB(hi, v, v)
	}
	VPSRLW(Imm(4), v, t)
	or(i, t, v, v)
	and(i, word, v, v)
	if i.lanes == 16 {
		VPMOVWB(v, Mem{Base: l.dst})
	} else {
		x := XMM()
		VEXTRACTI128(Imm(1), v, x)
		VPACKUSWB(x, v.AsX(), x)
		VMOVDQU(x, Mem{Base: l.dst})
	}
	l.turn(unroll*i.lanes, unroll*i.lanes/2, unroll*i.lanes)
}

// unpack emits the inverse.
func unpack(i isa, name string, signed bool) {
	l, _ := begin(i, name, "byte", "byte", "dst[i] = half i%2 of src[i/2]", nil)
	nibble := bytes(i, 0x0f)
	sign := nibble
	if signed {
		sign = bytes(i, 8)
	}
	Label("loop")
	v, t := i.vec(), i.vec()
	VPMOVZXBW(Mem{Base: l.src}, v)
	VPSLLW(Imm(4), v, t)
	or(i, t, v, v)
	and(i, nibble, v, v)
	if signed {
		xor(i, sign, v, v)
		VPSUBB(sign, v, v)
	}
	VMOVUPS(v, Mem{Base: l.dst})
	l.turn(unroll*i.lanes, unroll*i.lanes, unroll*i.lanes/2)
}

// bytes broadcasts a byte.
func bytes(i isa, value uint32) reg.VecVirtual { return words(i, value*0x01010101) }

// trits emits the rounding of ternary blocks: ties away from zero, one added.
func trits(i isa) {
	l, s := begin(i, "trits", "float32", "byte",
		"dst[i] = 1 + (1 if src[i]·inverse >= 1/2) - (1 if src[i]·inverse <= -1/2)", []string{"inverse"})
	one, above, below := words(i, 1), words(i, 0x3f000000), words(i, 0xbf000000)
	low, order := l.packing(i)
	Label("loop")
	var v [unroll]reg.VecVirtual
	for u := range v {
		v[u] = i.vec()
		_, src := l.at(u, i.lanes)
		VMULPS(src, s[0], v[u])
		a, b := i.vec(), i.vec()
		if i.lanes == 16 {
			k := K()
			VCMPPS(Imm(13), above, v[u], k) // at least
			VPMOVM2D(k, a)
			k = K()
			VCMPPS(Imm(2), below, v[u], k) // at most
			VPMOVM2D(k, b)
		} else {
			VCMPPS(Imm(13), above, v[u], a)
			VCMPPS(Imm(2), below, v[u], b)
		}
		// What is true is -1.
		VPSUBD(a, one, v[u])
		VPADDD(b, v[u], v[u])
	}
	l.storeWords(i, v, low, order)
	l.end(unroll * i.lanes)
}
