package main

import "fmt"

const (
	// keyBlock is KeyBlock of package nn.
	keyBlock = 32
	// q8Group is the number of elements of a position that share a scale.
	q8Group = 32
	// factorBytes is a group of int16 factors and behind it their float32 scale.
	factorBytes = 2*q8Group + 4

	// lanes is how many sums of a row are computed together.
	lanes = 16

	// scoresAhead is how far ahead of their use, in bytes, keys are asked into the
	// second-level cache.
	scoresAhead = 8 << 10
)

// A sums is the registers of rows of integer sums: four vectors to a row.
type sums struct {
	*function
	rows    int
	factors []int // four of each row
	acc     [][]int
	bytes   []int // codes of one and the other element of a pair
	wide    []int // the same in 16 bits
	scale   int
	out     []int
}

// R7-R10 walk over the factors of the rows.
func (s *sums) walker(r int) string { return fmt.Sprintf("R%d", 7+r) }

func newSums(k *function, rows int) *sums {
	s := &sums{function: k, rows: rows}
	s.factors = k.take(rows)
	s.acc, s.bytes, s.wide, s.scale = k.grid(rows, 4), k.take(2), k.take(4), k.take(1)[0]
	s.out = k.take(4)
	return s
}

// four multiplies four codes of each lane, which lie in two pairs, with as many
// factors of each row. load reads the pairs of all lanes.
func (s *sums) four(load func(pair int)) {
	for r, f := range s.factors {
		s.op("FMOVD.P 8(%s), F%d", s.walker(r), f)
	}
	for pair := range 2 {
		load(pair)
		for i, b := range s.bytes {
			s.word(sxtl, s.wide[2*i], b)
			s.word(sxtl2, s.wide[2*i+1], b)
		}
		for i := range 2 {
			for r, f := range s.factors {
				for v, a := range s.acc[r] {
					e := smlalElement
					if v%2 == 1 {
						e = smlal2Element
					}
					s.halfElement(e, a, s.wide[2*i+v/2], element{f, 2*pair + i})
				}
			}
		}
	}
}

// pairs names the two registers that codes are loaded to, in Go's syntax.
func (s *sums) pairs() string { return fmt.Sprintf("[V%d.B16, V%d.B16]", s.bytes[0], s.bytes[1]) }

// addTo adds the sums of row r, times its scale and those of the lanes if there are
// any, to the 16 values at R16.
func (s *sums) addTo(lanes []int) {
	for r, acc := range s.acc {
		s.op("VLD1R.P 4(%s), [V%d.S4]", s.walker(r), s.scale)
		s.op("FLDPQ (R16), (F%d, F%d)", s.out[0], s.out[1])
		s.op("FLDPQ 32(R16), (F%d, F%d)", s.out[2], s.out[3])
		for i, a := range acc {
			s.word(scvtf, a, a)
			if lanes != nil {
				s.word(fmul, a, a, lanes[i])
			}
			s.word(fmul, a, a, s.scale)
			s.word(fadd, a, s.out[i], a)
		}
		s.op("FSTPQ (F%d, F%d), (R16)", acc[0], acc[1])
		s.op("FSTPQ (F%d, F%d), 32(R16)", acc[2], acc[3])
		if r < s.rows-1 {
			s.op("ADD R1, R16")
		}
	}
}

// scores multiplies rows of queries with blocks of keys, half a block at a time. The
// sum of a group is exact; times the scales of key and query it is added to the score
// in memory.
func scores(rows int) *function {
	k := newFunction(fmt.Sprintf("scoresQ8x%d", rows), "(dst *float32, ld int, q *byte, stride int, width int, keys *byte, blocks int)",
		fmt.Sprintf("scoresQ8 for %d rows of q; ld counts values, stride bytes; width is a positive multiple of 4, blocks is positive", rows))
	k.load("dst", "R0", "ld", "R1", "q", "R2", "stride", "R3", "width", "R4", "keys", "R5", "blocks", "R6")
	s := newSums(k, rows)
	k.op("LSL $2, R1")
	k.op("MOVD $%d, R19", 2*keyBlock)
	k.label("block")
	for half := range keyBlock / lanes {
		k.op("MOVD R2, %s", s.walker(0))
		for r := 1; r < rows; r++ {
			k.op("ADD R3, %s, %s", s.walker(r-1), s.walker(r))
		}
		k.op("ADD $%d, R5, R11", 2*lanes*half)
		k.op("ADD $%d, R0, R12", 4*lanes*half)
		k.zero(s.out[:1])
		k.op("MOVD R12, R16")
		for range rows {
			for at := 0; at < 4*lanes; at += 32 {
				k.op("FSTPQ (F%d, F%d), %d(R16)", s.out[0], s.out[0], at)
			}
			k.op("ADD R1, R16")
		}
		k.op("MOVD R4, R14")
		k.label(fmt.Sprintf("group%d", half))
		k.zero(s.acc...)
		k.op("CMP $%d, R14", q8Group)
		k.op("MOVD $%d, R15", q8Group)
		k.op("CSEL LT, R14, R15, R15")
		k.op("SUB R15, R14")
		k.op("MOVD $%d, R17", 2*q8Group) // factors that a short group does not use
		k.op("SUB R15<<1, R17")
		k.label(fmt.Sprintf("width%d", half))
		s.four(func(int) {
			if half == 0 {
				k.op("PRFM %d(R11), PLDL2KEEP", scoresAhead)
			}
			k.op("VLD2.P (R11)(R19), %s", s.pairs())
		})
		k.op("SUBS $4, R15")
		k.loopBack(fmt.Sprintf("width%d", half), 4*lanes*rows)
		for r := range rows {
			k.op("ADD R17, %s", s.walker(r))
		}
		k.op("FLDPQ (R11), (F%d, F%d)", s.bytes[0], s.bytes[1])
		k.op("ADD $%d, R11", 2*keyBlock)
		for i, b := range s.bytes {
			k.word(fcvtl, s.wide[2*i], b)
			k.word(fcvtl2, s.wide[2*i+1], b)
		}
		k.op("MOVD R12, R16")
		s.addTo(s.wide)
		k.op("CBNZ R14, group%d", half)
	}
	k.op("SUB $%d, R11, R5", 2*lanes)
	k.op("ADD $%d, R0", 4*keyBlock)
	k.op("SUBS $1, R6")
	k.op("BNE block")
	k.op("RET")
	return k
}

// values adds a weighted block of values to rows of results, some columns of each,
// of one group.
func values(rows int) *function {
	k := newFunction(fmt.Sprintf("valuesQ8x%d", rows), "(dst *float32, ld int, w *byte, v *byte, stride int, ahead int)",
		fmt.Sprintf("valuesQ8 for %d rows of w and %d columns; ld counts values, stride is the bytes of a pair of positions, ahead those to what is asked into the second-level cache", rows, lanes))
	k.load("dst", "R0", "ld", "R1", "w", "R7", "v", "R5", "stride", "R3", "ahead", "R4")
	s := newSums(k, rows)
	k.op("LSL $2, R1")
	k.op("ADD R5, R4")
	for r := 1; r < rows; r++ {
		k.op("ADD $%d, %s, %s", factorBytes, s.walker(r-1), s.walker(r))
	}
	k.zero(s.acc...)
	k.op("MOVD $%d, R15", keyBlock)
	k.label("positions")
	s.four(func(int) {
		k.op("PRFM (R4), PLDL2KEEP")
		k.op("ADD R3, R4")
		k.op("VLD2.P (R5)(R3), %s", s.pairs())
	})
	k.op("SUBS $4, R15")
	k.loopBack("positions", 4*lanes*rows)
	k.op("MOVD R0, R16")
	s.addTo(nil)
	k.op("RET")
	return k
}

// factors rounds products of a group of values with float16 scales to int16, with a
// scale for each row: 1/32767 of the largest magnitude, NaN if there is one.
func factors() *function {
	k := newFunction("factorsQ8", "(dst *byte, stride int, x *float32, ld int, rows int, scales *byte, ahead int)",
		"factors; stride counts bytes, ld values; rows is positive; scales that lie ahead are asked into the second-level cache")
	k.load("dst", "R0", "stride", "R1", "x", "R2", "ld", "R3", "rows", "R4", "scales", "R5", "ahead", "R6")
	s, t, m := k.take(8), k.take(8), k.take(8)
	steps, step, limit, least, inverse := k.take(1)[0], k.take(1)[0], k.take(1)[0], k.take(1)[0], k.take(1)[0]
	k.op("LSL $2, R3")
	k.op("ADD R5, R6")
	k.op("PRFM (R6), PLDL2KEEP")
	for i := 0; i < 4; i += 2 {
		k.op("FLDPQ %d(R5), (F%d, F%d)", 16*i, t[i], t[i+1])
	}
	for i := range 4 {
		k.word(fcvtl, s[2*i], t[i])
		k.word(fcvtl2, s[2*i+1], t[i])
	}
	k.op("FMOVS $32767.0, F%d", steps)
	k.op("FMOVS $%v, F%d", 1.0/32767, step)
	k.op("FMOVS $32767.5, F%d", limit)
	k.op("VDUP V%d.S[0], V%d.S4", limit, limit)
	k.op("MOVD $0x%08x, R7", 1<<31)
	k.op("VDUP R7, V%d.S4", least)
	k.label("row")
	for i := 0; i < 8; i += 2 {
		k.op("FLDPQ %d(R2), (F%d, F%d)", 16*i, t[i], t[i+1])
	}
	for i := range t {
		k.word(fmul, t[i], t[i], s[i])
	}
	for i := range t { // magnitudes order like their bits, NaN last
		k.word(fabs, m[i], t[i])
	}
	for n := 4; n > 0; n /= 2 {
		for i := range n {
			k.word(umax, m[i], m[i], m[i+n])
		}
	}
	k.word(umaxv, m[0], m[0])
	k.op("FMULS F%d, F%d, F%d", step, m[0], m[1])
	k.op("FMOVS F%d, %d(R0)", m[1], 2*q8Group)
	k.op("FDIVS F%d, F%d, F%d", m[0], steps, inverse)
	k.op("VDUP V%d.S[0], V%d.S4", inverse, inverse)
	for i := range t {
		k.word(fmul, t[i], t[i], inverse)
	}
	for i := range t { // what is no int16 becomes the least one
		k.word(facge, m[i], limit, t[i])
		k.word(fcvtns, t[i], t[i])
		k.op("VBIF V%d.B16, V%d.B16, V%d.B16", m[i], least, t[i])
	}
	for i := 0; i < 8; i += 2 {
		k.word(sqxtn, t[i], t[i])
		k.word(sqxtn2, t[i], t[i+1])
	}
	for i := 0; i < 8; i += 4 {
		k.op("FSTPQ (F%d, F%d), %d(R0)", t[i], t[i+2], 8*i)
	}
	k.op("ADD R3, R2")
	k.op("ADD R1, R0")
	k.op("SUBS $1, R4")
	k.loopBack("row", q8Group)
	k.op("RET")
	return k
}
