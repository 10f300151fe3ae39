package main

import (
	"math"
	"slices"
	"strings"
)

// An op is one step on a vector of float32 or of its bits.
type op uint8

const (
	opIn    op = iota // the next values of src
	opParam           // a scalar argument, in all lanes
	opConst           // bits, in all lanes
	opAdd
	opSub
	opMul
	opDiv
	opFMA  // a·b + c, rounded once
	opFNMA // c - a·b, rounded once
	opMax  // b if it is NaN
	opMin  // b if it is NaN
	opAnd
	opOr
	opIntAdd
	opIntSub
	opShiftLeft  // of bits, by bits of the step
	opShiftRight // with the sign
	opFloat      // of int32
	opLess
	opEqual
	opSelect // b where a is true, else c
	opScale  // a·2^b for an integral b, rounded once
)

// A value names the step that computes it.
type value int

const none value = -1

type step struct {
	op   op
	args []value
	bits uint32 // of a constant; the distance of a shift
}

// A fold is what a program does with its results across the values of src.
type fold uint8

const (
	foldNone fold = iota
	foldSum       // adds them in float64, in 16 lanes
	foldMax       // keeps the largest, in 16 lanes
)

// A program computes each value of dst from the one of src: steps without branches,
// the same for every instruction set, so that all kernels made of it give the same bits.
type program struct {
	name, doc string
	params    []string // scalars
	steps     []step
	result    value
	store     bool // results go to dst
	fold      fold
	canScale  bool // the instruction set has opScale
}

func (p *program) emit(o op, args ...value) value {
	p.steps = append(p.steps, step{op: o, args: args})
	return value(len(p.steps) - 1)
}

// bitsConst returns the constant with the given bits, one value for each.
func (p *program) bitsConst(bits uint32) value {
	for i, s := range p.steps {
		if s.op == opConst && s.bits == bits {
			return value(i)
		}
	}
	v := p.emit(opConst)
	p.steps[v].bits = bits
	return v
}

func (p *program) c(v float64) value { return p.bitsConst(math.Float32bits(float32(v))) }

func (p *program) shift(o op, v value, by uint32) value {
	r := p.emit(o, v)
	p.steps[r].bits = by
	return r
}

func (p *program) add(a, b value) value             { return p.emit(opAdd, a, b) }
func (p *program) sub(a, b value) value             { return p.emit(opSub, a, b) }
func (p *program) mul(a, b value) value             { return p.emit(opMul, a, b) }
func (p *program) div(a, b value) value             { return p.emit(opDiv, a, b) }
func (p *program) fma(a, b, c value) value          { return p.emit(opFMA, a, b, c) }
func (p *program) fnma(a, b, c value) value         { return p.emit(opFNMA, a, b, c) }
func (p *program) atLeast(v value, c float64) value { return p.emit(opMax, p.c(c), v) }
func (p *program) atMost(v value, c float64) value  { return p.emit(opMin, p.c(c), v) }
func (p *program) pick(m, a, b value) value         { return p.emit(opSelect, m, a, b) }

// scale computes v·2^k for integral k from -252 to 254. Without an instruction for it,
// the power is two factors that are normal numbers; the first product is exact
// where v is near 1.
func (p *program) scale(v, k value) value {
	if p.canScale {
		return p.emit(opScale, v, k)
	}
	i := p.emit(opIntSub, p.add(k, p.c(magic)), p.c(magic))
	half := p.shift(opShiftRight, i, 1)
	first := p.power(half)
	second := p.power(p.emit(opIntSub, i, half))
	return p.mul(p.mul(v, first), second)
}

// power returns 2^i, for the exponents of normal numbers.
func (p *program) power(i value) value {
	return p.emit(opIntAdd, p.shift(opShiftLeft, i, 23), p.c(1))
}

// horner returns c[0] + c[1]·x + …
func (p *program) horner(x value, c []float64) value {
	v := p.c(c[len(c)-1])
	for _, k := range slices.Backward(c[:len(c)-1]) {
		v = p.fma(v, x, p.c(k))
	}
	return v
}

// lastUses returns for each value the last step that reads it.
func (p *program) lastUses() []int {
	last := make([]int, len(p.steps))
	for i, s := range p.steps {
		for _, a := range s.args {
			last[a] = i
		}
	}
	last[p.result] = len(p.steps)
	return last
}

// held reports whether a value stays the same for all elements.
func (p *program) held(v value) bool {
	return p.steps[v].op == opConst || p.steps[v].op == opParam
}

// pressure returns how many values that are not held live at a time, at most.
func (p *program) pressure() int {
	last, most := p.lastUses(), 0
	for i := range p.steps {
		live := 0
		for v := range i + 1 {
			if !p.held(value(v)) && last[v] >= i {
				live++
			}
		}
		most = max(most, live)
	}
	return most
}

// byUse returns the constants, those that are read most often first.
func (p *program) byUse() []value {
	uses := make([]int, len(p.steps))
	var constants []value
	for i, s := range p.steps {
		if s.op == opConst {
			constants = append(constants, value(i))
		}
		for at, a := range s.args {
			uses[a]++
			// Where x86 does not read memory.
			if at == 0 && s.op != opFMA && s.op != opFNMA {
				uses[a] += 2
			}
		}
	}
	slices.SortStableFunc(constants, func(a, b value) int { return uses[b] - uses[a] })
	return constants
}

// signature returns the parameters of the function that runs p.
func (p *program) signature() string {
	var args []string
	if p.store {
		args = append(args, "dst *float32")
	}
	args = append(args, "src *float32", "n int")
	for _, s := range p.params {
		args = append(args, s+" float32")
	}
	switch p.fold {
	case foldSum:
		args = append(args, "lanes *[16]float64")
	case foldMax:
		args = append(args, "lanes *[16]float32")
	}
	return "(" + strings.Join(args, ", ") + ")"
}
