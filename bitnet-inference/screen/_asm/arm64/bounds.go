package main

// bounds emits the intervals of eight rows at a time, in two steps. The operations and
// their order are those of boundsGeneric, none of them fused, so that both give the same
// bits.
func bounds() *function {
	k := &function{
		name:      "boundsNEON",
		signature: "(iv *uint64, b *uint64, groups int)",
		doc:       "boundsGeneric for groups*8 rows, groups ≥ 1; iv points to intervals, b to a bound",
	}
	k.load("iv", "R0", "b", "R1", "groups", "R2")
	// Fields of intervals, in order.
	p := []string{"R3", "R4", "R5", "R6", "R7", "R8"}
	for i, p := range p {
		k.op("MOVD %d(R0), %s", 8*i, p)
	}
	sums, scale, residual, norm, low, high := p[0], p[1], p[2], p[3], p[4], p[5]
	c := k.take(6) // fields of bound, in order
	for _, c := range c {
		k.op("VLD1R.P 8(R1), [V%d.D2]", c)
	}
	shift, unit, ofResidual, ofNorm, always, slack := c[0], c[1], c[2], c[3], c[4], c[5]
	most := k.take(2) // of sums, of high ends
	for i, v := range most {
		k.op("FMOVS %d(R0), F%d", 48+4*i, v)
		k.op("VDUP V%d.S[0], V%d.S4", v, v)
	}
	middle, half, t := k.take(2), k.take(2), k.take(2)
	lows, highs, raw := k.one(), k.one(), k.one()
	// widen makes float64 of the next four numbers at p.
	widen := func(p string, v []int) {
		k.op("FMOVQ.P 16(%s), F%d", p, raw)
		k.word(fcvtlDouble, v[0], raw)
		k.word(fcvtl2Double, v[1], raw)
	}
	each := func(e encoding, d, n []int, m func(i int) int) {
		for i := range d {
			k.word(e, d[i], n[i], m(i))
		}
	}
	by := func(v int) func(int) int { return func(int) int { return v } }
	of := func(v []int) func(int) int { return func(i int) int { return v[i] } }
	k.op("LSL $1, R2")
	k.label("four")
	k.op("FLDPQ.P 32(%s), (F%d, F%d)", sums, middle[0], middle[1])
	for _, m := range middle {
		k.op("VSHL $3, V%d.D2, V%d.D2", m, m)
		k.op("VSUB V%d.D2, V%d.D2, V%d.D2", shift, m, m)
		k.word(scvtfDouble, m, m)
	}
	widen(scale, t)
	each(fmulDouble, t, t, by(unit))
	each(fmulDouble, middle, t, of(middle))
	widen(residual, half)
	each(fmulDouble, half, half, by(ofResidual))
	widen(norm, t)
	each(fmulDouble, t, t, by(ofNorm))
	each(faddDouble, half, half, of(t))
	each(faddDouble, half, half, by(always))
	for i, m := range middle {
		k.word(fabsDouble, t[i], m)
	}
	each(faddDouble, t, t, of(half))
	each(fmulDouble, t, t, by(slack))
	each(faddDouble, half, half, of(t))
	ends := func(e encoding, to int, p string) {
		each(e, t, middle, of(half))
		k.word(fcvtnDouble, to, t[0])
		k.word(fcvtn2Double, to, t[1])
		k.op("FMOVQ.P F%d, 16(%s)", to, p)
	}
	ends(fsubDouble, lows, low)
	ends(faddDouble, highs, high)
	k.word(fadd, lows, lows, highs)
	k.word(fmax, most[0], most[0], lows)
	k.word(fmax, most[1], most[1], highs)
	k.op("SUBS $1, R2")
	k.loopBack("four", 4, "rows")
	for i, v := range most {
		k.word(fmaxv, v, v)
		k.op("FMOVS F%d, %d(R0)", v, 48+4*i)
	}
	k.op("RET")
	return k
}
