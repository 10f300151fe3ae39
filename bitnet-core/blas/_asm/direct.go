package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A strip is the registers of the function of that name.
type strip struct {
	isa
	rows                    int
	a                       []reg.Register
	aDown, aRight, b, bDown reg.Register
	c, cols, walk, k, to    reg.Register
	mask                    reg.Register
}

// strips writes a function that computes some rows of c, all columns of each, from
// operands where they lie: two vectors of columns at a time and then one, of which the
// last may be a part. It has a loop for each number of rows.
func strips(i isa) {
	name := "strip" + i.suffix
	if i.lanes == 8 {
		// Loaded from lane 8-n on, it selects n lanes.
		GLOBL("laneMasks", 8|16) // RODATA, NOPTR
		for at := range 16 {
			DATA(4*at, U32(uint32(0xffffffff*(1-at/8))))
		}
	}
	TEXT(name, NOSPLIT, "func(rows, cols, k int, a *float32, aDown, aRight int, b *float32, bDown int, c *float32, cDown int, alpha, beta float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets c (rows, cols) to alpha·a·b + beta·c, for a (rows, k) and b (k, cols), and does not read c if beta is 0. Distances are in bytes, all numbers are positive, rows at most %d.", name, i.rows))
	s := &strip{isa: i}
	s.cols = Load(Param("cols"), GP64())
	s.aDown, s.aRight = Load(Param("aDown"), GP64()), Load(Param("aRight"), GP64())
	s.b, s.bDown = Load(Param("b"), GP64()), Load(Param("bDown"), GP64())
	s.c = Load(Param("c"), GP64())
	s.walk, s.k, s.to = GP64(), GP64(), GP64()
	s.mask = YMM()
	if i.lanes == 16 {
		s.mask = K()
	}
	for range i.rows / 3 {
		s.a = append(s.a, GP64())
	}
	Load(Param("rows"), s.k)
	for r := i.rows; r > 1; r-- {
		CMPQ(s.k, U8(uint8(r)))
		JEQ(LabelRef(fmt.Sprintf("rows%d", r)))
	}
	for s.rows = 1; s.rows <= i.rows; s.rows++ {
		s.all()
	}
}

// all computes all columns of s.rows rows.
func (s *strip) all() {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, s.rows) }
	Label(label("rows"))
	CMPQ(s.cols, U8(uint8(2*s.lanes)))
	JLT(LabelRef(label("narrow")))
	s.tile(2, label("wide"))
	ADDQ(U32(uint32(8*s.lanes)), s.b)
	ADDQ(U32(uint32(8*s.lanes)), s.c)
	SUBQ(U8(uint8(2*s.lanes)), s.cols)
	JNZ(LabelRef(label("rows")))
	VZEROUPPER()
	RET()
	Label(label("narrow"))
	s.lanesLeft(label("part"))
	s.tile(1, label("one"))
	ADDQ(U8(uint8(4*s.lanes)), s.b)
	ADDQ(U8(uint8(4*s.lanes)), s.c)
	SUBQ(U8(uint8(s.lanes)), s.cols)
	JG(LabelRef(label("narrow")))
	VZEROUPPER()
	RET()
}

// lanesLeft sets the mask to the lanes of the columns that are left.
func (s *strip) lanesLeft(label string) {
	n, all := s.k, s.walk
	MOVQ(U32(uint32(s.lanes)), n)
	CMPQ(s.cols, n)
	CMOVQLT(s.cols, n)
	if s.lanes == 8 {
		LEAQ(NewDataAddr(NewStaticSymbol("laneMasks"), 32), all)
		SHLQ(U8(2), n)
		SUBQ(n, all)
		VMOVUPS(Mem{Base: all}, s.mask)
		return
	}
	bits := all.(reg.GP).As32()
	MOVL(U32(0xffff), bits)
	BZHIL(n.(reg.GP).As32(), bits, bits)
	KMOVW(bits, s.mask)
}

// tile computes so many vectors of columns; one vector is masked.
func (s *strip) tile(vectors int, label string) {
	// Pointers to every third row: the addressing mode reaches those between.
	Load(Param("a"), s.a[0])
	for p := 1; 3*p < s.rows; p++ {
		LEAQ(Mem{Base: s.a[p-1], Index: s.aDown, Scale: 2}, s.a[p])
		ADDQ(s.aDown, s.a[p])
	}
	MOVQ(s.b, s.walk)
	Load(Param("k"), s.k)
	IMUL3Q(U32(bAhead), s.bDown, s.to)
	ADDQ(s.b, s.to)
	acc := make([][]reg.VecVirtual, s.rows)
	for r := range acc {
		for range vectors {
			acc[r] = append(acc[r], zero(s.isa))
		}
	}
	Label(label)
	for at := 0; at < 4*s.lanes*vectors; at += 64 {
		PREFETCHT0(Mem{Base: s.to, Disp: at})
	}
	ADDQ(s.bDown, s.to)
	row := make([]reg.VecVirtual, vectors)
	for v := range row {
		row[v] = s.vec()
		s.load(Mem{Base: s.walk, Disp: 4 * s.lanes * v}, row[v], vectors == 1)
	}
	ADDQ(s.bDown, s.walk)
	for r := range acc {
		m := Mem{Base: s.a[r/3]}
		if r%3 > 0 {
			m.Index, m.Scale = s.aDown, uint8(r%3)
		}
		one := s.vec()
		VBROADCASTSS(m, one)
		for v := range row {
			VFMADD231PS(row[v], one, acc[r][v])
		}
		if r%3 == 2 || r == s.rows-1 {
			ADDQ(s.aRight, s.a[r/3])
		}
	}
	DECQ(s.k)
	JNZ(LabelRef(label))

	alpha, beta, old := s.vec(), s.vec(), s.vec()
	VBROADCASTSS(NewParamAddr("alpha", 80), alpha)
	VBROADCASTSS(NewParamAddr("beta", 84), beta)
	MOVQ(s.c, s.to)
	MOVL(NewParamAddr("beta", 84), s.k.(reg.GP).As32())
	ADDL(s.k.(reg.GP).As32(), s.k.(reg.GP).As32()) // the sign of zero does not matter
	JZ(LabelRef(label + "store"))
	for r := range acc {
		for v := range acc[r] {
			m := Mem{Base: s.to, Disp: 4 * s.lanes * v}
			s.load(m, old, vectors == 1)
			VMULPS(alpha, acc[r][v], acc[r][v])
			VFMADD231PS(old, beta, acc[r][v])
			s.store(acc[r][v], m, vectors == 1)
		}
		ADDQ(NewParamAddr("cDown", 72), s.to)
	}
	JMP(LabelRef(label + "end"))
	Label(label + "store")
	for r := range acc {
		for v := range acc[r] {
			VMULPS(alpha, acc[r][v], acc[r][v])
			s.store(acc[r][v], Mem{Base: s.to, Disp: 4 * s.lanes * v}, vectors == 1)
		}
		ADDQ(NewParamAddr("cDown", 72), s.to)
	}
	Label(label + "end")
}

func (s *strip) load(m Mem, v reg.VecVirtual, masked bool) {
	switch {
	case !masked:
		VMOVUPS(m, v)
	case s.lanes == 16:
		VMOVUPS_Z(m, s.mask, v)
	default:
		VMASKMOVPS(m, s.mask, v)
	}
}

func (s *strip) store(v reg.VecVirtual, m Mem, masked bool) {
	switch {
	case !masked:
		VMOVUPS(v, m)
	case s.lanes == 16:
		VMOVUPS(v, s.mask, m)
	default:
		VMASKMOVPS(v, s.mask, m)
	}
}
