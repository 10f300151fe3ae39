package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// A kernelSet is the choice of row kernels for one CPU. A nil function means the
// generic code.
type kernelSet struct {
	name          string
	f32, f16, b16 dotKernel
	sum32, sum16  sumKernel
	narrow        narrowKernel
	exp           expKernel
}

type dotKernel struct {
	fn   func(out *[4]float32, w *byte, stride int, x *float32, n int)
	step int // n is a multiple of it
}

type sumKernel struct {
	fn   func(dst *float32, rows *byte, stride int, p *float32, n int)
	cols int // columns that one call sums
}

type narrowKernel struct {
	fn   func(dst *uint16, src *float32, n int)
	step int // n is a multiple of it
}

type expKernel struct {
	fn   func(x *float32, n int, top float32, sum *float32)
	step int // n is a multiple of it
}

func (s *kernelSet) sum(d dtype.DType) sumKernel {
	if d == dtype.F16 {
		return s.sum16
	}
	return s.sum32
}

func (s *kernelSet) dot(d dtype.DType) dotKernel {
	switch d {
	case dtype.F32:
		return s.f32
	case dtype.F16:
		return s.f16
	}
	return s.b16
}
