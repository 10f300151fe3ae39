package main

import "math"

const (
	// magic moves the integral part of what is added to it to the lowest bits.
	magic    = 1.5 * (1 << 23)
	signBit  = 1 << 31
	rootHalf = 0x3f3504f3 // the bits of √½
)

// These equal the constants of the definitions in package vecmath, which say where
// they are from.
var (
	ln2High = float64(float32(math.Ln2))
	ln2Low  = math.Ln2 - ln2High

	expQ  = []float64{0.5, 0.16666576266288757, 0.04166655242443085, 0.00836323294788599, 0.0013926250394433737}
	logP  = []float64{0.3333333134651184, -0.250008225440979, 0.20001260936260223, -0.16623349487781525, 0.1420089304447174, -0.13156118988990784, 0.127491757273674, -0.0761837586760521}
	tailP = []float64{0.09974499046802521, 0.09954633563756943, 0.09508968144655228, 0.07390228658914566, 0.08136866986751556, 0.022210778668522835, 0.017387505620718002, 0.0596911646425724, -0.06611849367618561, 0.01717708446085453}
)

// programs returns all programs for an instruction set.
func programs(canScale bool) []*program {
	var all []*program
	add := func(name, doc string, params []string, f fold, store bool, body func(p *program, x value, s []value) value) {
		p := &program{name: name, doc: doc, params: params, fold: f, store: store, canScale: canScale}
		x := p.emit(opIn)
		var s []value
		for range params {
			s = append(s, p.emit(opParam))
		}
		p.result = body(p, x, s)
		all = append(all, p)
	}
	plain := func(name, doc string, body func(p *program, x value) value) {
		add(name, doc, nil, foldNone, true, func(p *program, x value, _ []value) value { return body(p, x) })
	}
	plain("exp", "Exp", exp)
	plain("log", "Log", logarithm)
	plain("tanh", "Tanh", tanh)
	plain("sigmoid", "Sigmoid", sigmoid)
	plain("silu", "SiLU", silu)
	plain("gelu", "GELU", gelu)
	plain("geluTanh", "GELUTanh", geluTanh)
	shifted := func(p *program, x value, s []value) value { return expFrom(p, x, s[0]) }
	add("expSum", "expSum", []string{"top"}, foldSum, true, shifted)
	add("sumExp", "sumExp", []string{"top"}, foldSum, false, shifted)
	add("scale", "scale", []string{"a"}, foldNone, true, func(p *program, x value, s []value) value { return p.mul(x, s[0]) })
	add("shift", "shift", []string{"a", "b"}, foldNone, true, func(p *program, x value, s []value) value { return p.sub(p.sub(x, s[0]), s[1]) })
	add("top", "top", nil, foldMax, false, func(_ *program, x value, _ []value) value { return x })
	return all
}

// reduce returns k, the integer nearest to x/ln 2, and x - k·ln 2 - low, and k as the
// lowest bits of a number.
func reduce(p *program, x, low value) (k, r, bits value) {
	t := p.fma(x, p.c(math.Log2E), p.c(magic))
	k = p.sub(t, p.c(magic))
	r = p.fnma(k, p.c(ln2High), x)
	r = p.fnma(k, p.c(ln2Low), r)
	if low != none {
		r = p.sub(r, low)
	}
	return k, r, t
}

// power2 returns y and k with e^(x-low) = y·2^k.
func power2(p *program, x, low value) (y, k value) {
	k, r, _ := reduce(p, x, low)
	q := p.horner(r, expQ)
	return p.fma(p.fma(q, r, p.c(1)), r, p.c(1)), k
}

func exp(p *program, x value) value {
	y, k := power2(p, p.atMost(p.atLeast(x, -104), 89), none)
	return p.scale(y, k)
}

func expFrom(p *program, x, top value) value {
	s := p.sub(x, top)
	b := p.sub(s, x)
	low := p.sub(p.add(top, b), p.sub(x, p.sub(s, b)))
	low = p.pick(p.emit(opLess, s, p.c(-104)), p.c(0), low)
	y, k := power2(p, p.atLeast(s, -104), low)
	return p.scale(y, k)
}

func logarithm(p *program, x value) value {
	zero := p.c(0)
	denormal := p.emit(opLess, x, p.c(0x1p-126))
	y := p.pick(denormal, p.mul(x, p.c(0x1p23)), x)
	i := p.emit(opIntSub, y, p.bitsConst(rootHalf))
	e := p.add(p.emit(opFloat, p.shift(opShiftRight, i, 23)), p.pick(denormal, p.c(-23), zero))
	m := p.emit(opIntAdd, p.emit(opAnd, i, p.bitsConst(1<<23-1)), p.bitsConst(rootHalf))
	f := p.sub(m, p.c(1))
	s := p.mul(f, f)
	r := p.fma(p.mul(s, f), p.horner(f, logP), p.mul(e, p.c(ln2Low)))
	r = p.add(p.fnma(p.c(0.5), s, r), f)
	r = p.fma(e, p.c(ln2High), r)
	inf := p.c(math.Inf(1))
	r = p.pick(p.emit(opLess, x, inf), r, x) // Inf and NaN stay
	r = p.pick(p.emit(opEqual, x, zero), p.c(math.Inf(-1)), r)
	return p.pick(p.emit(opLess, x, zero), p.c(math.NaN()), r)
}

func tanh(p *program, x value) value {
	a := p.atMost(p.emit(opAnd, x, p.bitsConst(signBit-1)), 9.1)
	_, r, bits := reduce(p, p.add(a, a), none)
	q := p.fma(p.mul(r, r), p.horner(r, expQ), r)
	power := p.power(bits)
	e := p.fma(power, q, p.sub(power, p.c(1)))
	y := p.div(e, p.add(e, p.c(2)))
	return p.emit(opOr, y, p.emit(opAnd, x, p.bitsConst(signBit)))
}

func sigmoid(p *program, x value) value {
	y, k := power2(p, p.atLeast(p.emit(opOr, x, p.bitsConst(signBit)), -104), none)
	e := p.scale(y, k)
	return p.div(p.pick(p.emit(opLess, x, p.c(0)), e, p.c(1)), p.add(e, p.c(1)))
}

// gate returns x/(1 + e^-z), where e^-|z| = y·2^k; negative x are at least low.
func gate(p *program, x, y, k value, low float64) value {
	e := p.scale(y, k)
	negative := p.emit(opLess, x, p.c(0))
	v := p.mul(p.atLeast(x, low), p.pick(negative, y, p.c(1)))
	return p.scale(p.div(v, p.add(e, p.c(1))), p.pick(negative, k, p.c(0)))
}

func silu(p *program, x value) value {
	const low = -126
	y, k := power2(p, p.atLeast(p.emit(opOr, x, p.bitsConst(signBit)), low), none)
	return gate(p, x, y, k, low)
}

func geluTanh(p *program, x value) value {
	const low = -11
	c1 := -2 * math.Sqrt2 / math.SqrtPi
	c2 := 0.044715 * c1
	c1High, c2High := float64(float32(c1)), float64(float32(c2))
	a := p.atMost(p.emit(opAnd, x, p.bitsConst(signBit-1)), -low)
	// z = a·(c1 + c2·a²); Low is what is missing from a value, with the sign turned.
	a2 := p.mul(a, a)
	a2Low := p.fnma(a, a, a2)
	h := p.mul(a2, p.c(c2High))
	hLow := p.fnma(a2, p.c(c2High), h)
	w := p.add(h, p.c(c1High))
	b := p.sub(w, p.c(c1High))
	rest := p.add(p.sub(p.c(c1High), p.sub(w, b)), p.sub(h, b))
	rest = p.fnma(p.c(c2High), a2Low, p.sub(rest, hLow))
	rest = p.add(p.fma(a2, p.c(c2-c2High), rest), p.c(c1-c1High))
	z := p.mul(a, w)
	zLow := p.fnma(a, rest, p.fnma(a, w, z))
	y, k := power2(p, z, zLow)
	return gate(p, x, y, k, low)
}

func gelu(p *program, x value) value {
	const low = -15
	a := p.atMost(p.emit(opAnd, x, p.bitsConst(signBit-1)), -low)
	half := p.mul(a, p.c(-0.5))
	z := p.mul(half, a)
	y, k := power2(p, z, p.fnma(half, a, z))
	d := p.fma(a, p.c(0.25), p.c(1))
	u := p.div(p.c(1), d)
	missing := p.fnma(u, p.fma(a, p.c(0.25), p.sub(p.c(1), d)), p.fnma(u, d, p.c(1)))
	tail := p.mul(u, p.horner(u, tailP))
	y = p.mul(y, p.fma(tail, p.mul(missing, p.fma(u, p.c(2.2), p.c(1))), tail))
	negative := p.emit(opLess, x, p.c(0))
	above := p.sub(p.c(1), p.scale(y, k))
	v := p.mul(p.atLeast(x, low), p.pick(negative, y, above))
	return p.scale(v, p.pick(negative, k, p.c(0)))
}
