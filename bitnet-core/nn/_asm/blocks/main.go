// Command blocks writes ../../blocks_amd64.s, the products of package nn with the
// block types of GGUF. Run it with go generate in that package.
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

// A format is one block type.
type format struct {
	name    string
	weights int // of a block
	bytes   int
	scale   int // where its f16 scale stands
	decode  func(k *kernel, block Mem, scale reg.VecVirtual, use func(group int, codes Op, scale reg.VecVirtual))
}

var formats = []format{
	{"Q8_0", 32, 34, 0, decodeQ8},
	{"Q4_0", 32, 18, 0, decodeQ4},
	{"Q6_K", 256, 210, 208, decodeQ6},
}

// codesQ4 holds the codes of Q4_0 as f32.
func codesQ4() Mem {
	table := GLOBL("codesQ4", RODATA|NOPTR)
	for c := range 16 {
		DATA(4*c, F32(c-8))
	}
	return table
}

func main() {
	ConstraintExpr("!purego")
	table := codesQ4()
	for _, i := range isas {
		for _, f := range formats {
			rows(i, f, table)
			tokens(i, f, table)
		}
	}
	Generate()
}

// A kernel is what its loop keeps in registers.
type kernel struct {
	isa
	format
	scales Mem // of blocks, as f32: one of each row, if several are multiplied at once
	inner  Mem // 16 of one Q6_K block
	consts map[int]reg.VecVirtual
	table  reg.VecVirtual         // codesQ4
	acc    [][4][2]reg.VecVirtual // of four tokens; two sums each hide the latency of additions
	label  string
}

func begin(i isa, f format, name, signature, doc string) *kernel {
	name += f.name + i.suffix
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is %s, of %s; n is a positive multiple of %d.", name, doc, f.name, f.weights))
	k := &kernel{isa: i, format: f, consts: map[int]reg.VecVirtual{}, label: "loop" + name}
	if f.name == "Q6_K" {
		k.inner = AllocLocal(64)
	}
	return k
}

// The names of bitwise instructions and moves depend on the encoding, and that of VEX
// has half of the registers.
func (k *kernel) and(a, b, dst Op) {
	if k.lanes == 16 {
		VPANDD(a, b, dst)
	} else {
		VPAND(a, b, dst)
	}
}

func (k *kernel) or(a, b, dst Op) {
	if k.lanes == 16 {
		VPORD(a, b, dst)
	} else {
		VPOR(a, b, dst)
	}
}

func (k *kernel) zero(v Op) {
	if k.lanes == 16 {
		VPXORD(v, v, v)
	} else {
		VPXOR(v, v, v)
	}
}

func (k *kernel) load(m Mem, dst Op) {
	if k.lanes == 16 {
		VMOVDQU32(m, dst)
	} else {
		VMOVDQU(m, dst)
	}
}

func (k *kernel) upper(v, dst Op) {
	if k.lanes == 16 {
		VEXTRACTI32X4(Imm(1), v, dst)
	} else {
		VEXTRACTI128(Imm(1), v, dst)
	}
}

// constants puts bytes into registers, 32 times each.
func (k *kernel) constants(values ...int) {
	for _, v := range values {
		r, x := GP32(), XMM()
		MOVL(U32(uint32(v)*0x01010101), r)
		VMOVD(r, x)
		k.consts[v] = YMM()
		VPBROADCASTD(x, k.consts[v])
	}
}

// start loads constants, of which table is the codes of Q4_0, and clears n groups of four
// sums.
func (k *kernel) start(n int, table Mem) {
	switch {
	case k.name == "Q4_0" && k.lanes == 16:
		k.table = ZMM()
		VMOVUPS(table, k.table)
	case k.name == "Q4_0":
		k.constants(0x0f, 8)
	case k.name == "Q6_K":
		k.constants(0x0f, 0x30, 32)
	}
	k.acc = make([][4][2]reg.VecVirtual, n)
	for g := range k.acc {
		for r := range k.acc[g] {
			for u := range k.acc[g][r] {
				k.acc[g][r][u] = k.vec()
				k.zero(k.acc[g][r][u])
			}
		}
	}
}

// scaleOf returns the f16 scale of a block as f32 in all lanes.
func (k *kernel) scaleOf(block Mem) reg.VecVirtual {
	s, h := k.vec(), reg.VecVirtual(nil)
	if k.lanes == 16 {
		h = YMM()
	} else {
		h = XMM()
	}
	VPBROADCASTW(block.Offset(k.scale), h)
	VCVTPH2PS(h, s)
	return s
}

// widen converts the f16 scales of blocks to f32 in k.scales. From there they are
// broadcast by loads, which take no execution unit.
func (k *kernel) widen(blocks ...Mem) {
	h := XMM()
	k.zero(h)
	for r, b := range blocks {
		VPINSRW(Imm(uint64(r)), b.Offset(k.scale), h, h)
	}
	VCVTPH2PS(h, h)
	VMOVUPS(h, k.scales)
}

// values widens groups of 16 signed codes to f32 and multiplies them with their
// scale, which is exact. use receives each vector and its first column in the block.
func (k *kernel) values(block Mem, scale reg.VecVirtual, use func(column int, v reg.VecVirtual)) {
	if k.table != nil {
		// All 16 products of a code with the scale are made at once, and looked up.
		codes, products := ZMM(), ZMM()
		VPMOVZXBD(block.Offset(2), codes)
		VMULPS(scale, k.table, products)
		for part := 0; part < k.weights; part += 16 {
			if part > 0 {
				VPSRLD(Imm(4), codes, codes)
			}
			v := ZMM()
			VPERMPS(products, codes, v)
			use(part, v)
		}
		return
	}
	k.decode(k, block, scale, func(group int, codes Op, scale reg.VecVirtual) {
		for part := 0; part < 16; part += k.lanes {
			if part > 0 {
				switch c := codes.(type) {
				case Mem:
					codes = c.Offset(part)
				case reg.VecVirtual:
					VPSRLDQ(Imm(8), c, c)
				}
			}
			v := k.vec()
			VPMOVSXBD(codes, v)
			VCVTDQ2PS(v, v)
			VMULPS(scale, v, v)
			use(16*group+part, v)
		}
	})
}

func (k *kernel) broadcast(m Mem) reg.VecVirtual {
	s := k.vec()
	VBROADCASTSS(m, s)
	return s
}

// decodeQ8: the scale and 32 codes in order.
func decodeQ8(k *kernel, block Mem, s reg.VecVirtual, use func(int, Op, reg.VecVirtual)) {
	use(0, block.Offset(2), s)
	use(1, block.Offset(18), s)
}

// decodeQ4: the scale and 16 bytes, whose low halves are the first codes.
func decodeQ4(k *kernel, block Mem, s reg.VecVirtual, use func(int, Op, reg.VecVirtual)) {
	mask, eight := k.consts[0x0f].AsX(), k.consts[8].AsX()
	for group := range 2 {
		c := XMM()
		k.load(block.Offset(2), c)
		if group == 1 {
			VPSRLW(Imm(4), c, c)
		}
		k.and(mask, c, c)
		VPSUBB(eight, c, c)
		use(group, c, s)
	}
}

// decodeQ6: of each half of the block, 64 bytes of low halves and 32 of high pairs;
// 16 int8 scales; the scale of those.
func decodeQ6(k *kernel, block Mem, d reg.VecVirtual, use func(int, Op, reg.VecVirtual)) {
	for part := 0; part < 16; part += k.lanes {
		s := k.vec()
		VPMOVSXBD(block.Offset(192+part), s)
		VCVTDQ2PS(s, s)
		VMULPS(d, s, s)
		VMOVUPS(s, k.inner.Offset(4*part))
	}
	low, high, bias := k.consts[0x0f], k.consts[0x30], k.consts[32]
	for half := range 2 {
		for quarter := range 4 {
			c, h := YMM(), YMM()
			k.load(block.Offset(64*half+32*(quarter%2)), c)
			k.load(block.Offset(128+32*half), h)
			if quarter >= 2 {
				VPSRLW(Imm(4), c, c)
			}
			switch quarter {
			case 0:
				VPSLLW(Imm(4), h, h)
			case 1:
				VPSLLW(Imm(2), h, h)
			case 3:
				VPSRLW(Imm(2), h, h)
			}
			k.and(low, c, c)
			k.and(high, h, h)
			k.or(h, c, c)
			VPSUBB(bias, c, c)
			upper := XMM()
			k.upper(c, upper)
			for n, codes := range []reg.VecVirtual{c.AsX().(reg.VecVirtual), upper} {
				group := 8*half + 2*quarter + n
				use(group, codes, k.broadcast(k.inner.Offset(4*group)))
			}
		}
	}
}

// prefetch fetches blocks of the rows that follow in memory into the second-level cache.
func (k *kernel) prefetch(blocks ...Mem) {
	for _, b := range blocks {
		for at := 0; at < k.bytes; at += 64 {
			PREFETCHT1(b.Offset(at))
		}
	}
}

// rowsAhead is how many bytes ahead of their use blocks are asked into the second-level
// cache where rows are multiplied one after the other.
const rowsAhead = 12 << 10

// rows multiplies rows, one after the other as they lie in memory, with one token.
func rows(i isa, f format, table Mem) {
	k := begin(i, f, "blockRows", "func(out *float32, w *byte, x *float32, n, rows int)", "the products of rows, which follow one another, with one token")
	out := Load(Param("out"), GP64())
	w := Load(Param("w"), GP64())
	x := GP64()
	first := Load(Param("n"), GP64())
	count := Load(Param("rows"), GP64())
	n := GP64()
	k.start(0, table)
	Label("row")
	acc := [2]reg.VecVirtual{k.vec(), k.vec()}
	for _, a := range acc {
		k.zero(a)
	}
	Load(Param("x"), x)
	MOVQ(first, n)
	Label("loop")
	k.prefetch(Mem{Base: w, Disp: rowsAhead})
	block := Mem{Base: w}
	k.values(block, k.scaleOf(block), func(column int, v reg.VecVirtual) {
		VFMADD231PS(Mem{Base: x, Disp: 4 * column}, v, acc[column/k.lanes%2])
	})
	ADDQ(U32(uint32(4*f.weights)), x)
	ADDQ(U32(uint32(f.bytes)), w)
	SUBQ(U32(uint32(f.weights)), n)
	JNZ(LabelRef("loop"))
	sum, next, high := k.fold(acc), YMM(), XMM()
	VMOVSHDUP(sum, next)
	VADDPS(next, sum, sum)
	VSHUFPD(U8(5), sum, sum, next)
	VADDPS(next, sum, sum)
	VEXTRACTF128(Imm(1), sum, high)
	VADDSS(high, sum.AsX(), high)
	VMOVSS(high, Mem{Base: out})
	ADDQ(Imm(4), out)
	DECQ(count)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// tokens multiplies one row, or two where there are registers for them, with four
// tokens.
func tokens(i isa, f format, table Mem) {
	rows := i.lanes / 8
	name, what, doc := "tokens4x2", "*[2][4]float32", "the products of two rows, which stand stride bytes apart, with four tokens"
	if rows == 1 {
		name, what, doc = "tokens4", "*[4]float32", "the products of one row with four tokens; the next row stands stride bytes on"
	}
	k := begin(i, f, name, "func(out "+what+", w *byte, stride int, x0, x1, x2, x3 *float32, n int)", doc)
	out := Load(Param("out"), GP64())
	w := Load(Param("w"), GP64())
	var x [4]reg.Register
	for t := range x {
		x[t] = Load(Param(fmt.Sprintf("x%d", t)), GP64())
	}
	n := Load(Param("n"), GP64())
	k.scales = AllocLocal(16)
	k.start(rows, table)
	stride := Load(Param("stride"), GP64())
	ahead := GP64()
	LEAQ(Mem{Base: w, Index: stride, Scale: uint8(rows)}, ahead)
	blocks, next := []Mem{{Base: w}}, []Mem{{Base: ahead}}
	if rows == 2 {
		blocks = append(blocks, Mem{Base: w, Index: stride, Scale: 1})
		next = append(next, Mem{Base: ahead, Index: stride, Scale: 1})
	}
	Label(k.label)
	k.prefetch(next...)
	k.widen(blocks...)
	for r := range blocks {
		k.values(blocks[r], k.broadcast(k.scales.Offset(4*r)), func(column int, v reg.VecVirtual) {
			for t := range x {
				VFMADD231PS(Mem{Base: x[t], Disp: 4 * column}, v, k.acc[r][t][column/k.lanes%2])
			}
		})
	}
	for t := range x {
		ADDQ(U32(uint32(4*f.weights)), x[t])
	}
	ADDQ(U32(uint32(f.bytes)), ahead)
	ADDQ(U32(uint32(f.bytes)), w)
	k.end(n, out)
}

// end closes the loop and adds up the lanes of each sum, in the order
// of the kernels for floats.
func (k *kernel) end(n, out reg.Register) {
	SUBQ(U32(uint32(k.weights)), n)
	JNZ(LabelRef(k.label))
	for g, four := range k.acc {
		k.reduce(four, Mem{Base: out, Disp: 16 * g})
	}
	VZEROUPPER()
	RET()
}

func (k *kernel) reduce(four [4][2]reg.VecVirtual, out Mem) {
	var sum [4]reg.VecVirtual
	for r, acc := range four {
		sum[r] = k.fold(acc)
	}
	VHADDPS(sum[1], sum[0], sum[0])
	VHADDPS(sum[3], sum[2], sum[2])
	VHADDPS(sum[2], sum[0], sum[0])
	high := XMM()
	VEXTRACTF128(Imm(1), sum[0], high)
	VADDPS(sum[0].AsX(), high, high)
	VMOVUPS(high, out)
}

// fold adds up the accumulators of a row to a vector of 32 bytes.
func (k *kernel) fold(acc [2]reg.VecVirtual) reg.VecVirtual {
	VADDPS(acc[0], acc[1], acc[0])
	if k.lanes == 16 {
		VEXTRACTF64X4(U8(1), acc[0], acc[1].AsY())
		VADDPS(acc[0].AsY(), acc[1].AsY(), acc[0].AsY())
	}
	return acc[0].AsY().(reg.VecVirtual)
}
