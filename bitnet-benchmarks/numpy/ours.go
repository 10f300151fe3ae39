package main

import (
	"fmt"
	"math"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// operations are what is compared, with the matrices that each reads and writes.
var operations = []struct {
	name     string
	matrices int
	run      func(dst, x, y, row *tensor.Tensor)
}{
	{"add", 3, func(dst, x, y, _ *tensor.Tensor) { tensor.Add(dst, x, y) }},
	{"mul", 3, func(dst, x, y, _ *tensor.Tensor) { tensor.Mul(dst, x, y) }},
	{"exp", 2, func(dst, x, _, _ *tensor.Tensor) { tensor.Exp(dst, x) }},
	{"sum", 1, func(dst, x, _, _ *tensor.Tensor) { tensor.Sum(dst, x) }},
	{"softmax", 2, func(dst, x, _, _ *tensor.Tensor) { tensor.Softmax(dst, x, 1) }},
	{"transposed copy", 2, func(dst, x, _, _ *tensor.Tensor) { tensor.Copy(dst, x.Transpose(0, 1)) }},
	{"broadcast add", 2, func(dst, x, _, row *tensor.Tensor) { tensor.Add(dst, x, row) }},
}

// ours has the operands of one side, in memory of a pool, where new results come from too.
type ours struct {
	pool           *pool.Pool
	x, y, row, dst *tensor.Tensor
}

func newOurs(side int) (*ours, error) {
	p, err := pool.New(pool.Options{})
	if err != nil {
		return nil, err
	}
	o := &ours{pool: p}
	for _, t := range []struct {
		to    **tensor.Tensor
		shape []int
		seed  int
	}{{&o.x, []int{side, side}, 1}, {&o.y, []int{side, side}, 2}, {&o.row, []int{side}, 3}, {&o.dst, []int{side, side}, 0}} {
		if *t.to, err = tensor.New(p, dtype.F32, t.shape...); err != nil {
			return nil, err
		}
		v := (*t.to).Float32s()
		for i := range v {
			v[i] = float32((i*7+t.seed)%13-6) / 8
		}
	}
	return o, nil
}

func (o *ours) close() error {
	for _, t := range []*tensor.Tensor{o.x, o.y, o.row, o.dst} {
		t.Release()
	}
	return o.pool.Close()
}

// empty returns a tensor with room of the pool that is not cleared, as numpy.empty does.
func empty(a memory.Allocator, shape []int) (*tensor.Tensor, error) {
	size, _ := dtype.F32.TensorSize(shape)
	buf, err := a.Alloc(int(size), 0)
	if err != nil {
		return nil, err
	}
	return tensor.Of(buf, dtype.F32, shape...)
}

func (o *ours) run(c Case, count int) (time.Duration, float64, error) {
	i := c.operation()
	shape := o.dst.Shape()
	dst := o.dst
	if operations[i].name == "sum" {
		shape = nil
		dst = tensor.Scalar(dtype.F32, 0)
	}
	var result *tensor.Tensor
	start := time.Now()
	for range count {
		if c.New {
			if result != nil {
				result.Release()
			}
			var err error
			if dst, err = empty(o.pool, shape); err != nil {
				return 0, 0, fmt.Errorf("%+v: %w", c, err)
			}
			result = dst
		}
		operations[i].run(dst, o.x, o.y, o.row)
	}
	took := time.Since(start)
	var sum float64
	for _, v := range dst.Float32s() {
		sum += math.Abs(float64(v))
	}
	if result != nil {
		result.Release()
	}
	return took, sum, nil
}

// bandwidth returns the bytes a nanosecond that a copy reads and writes, of memory that no
// cache holds, the best of several.
func bandwidth() (float64, error) {
	const size = 128 << 20
	b, err := memory.Mapped().Alloc(2*size, 0)
	if err != nil {
		return 0, err
	}
	defer b.Release()
	dst, src := b.Bytes()[:size], b.Bytes()[size:]
	for i := range src {
		src[i] = byte(i)
	}
	best := 0.0
	for range 8 {
		start := time.Now()
		copy(dst, src)
		best = max(best, 2*size/float64(time.Since(start)))
	}
	return best, nil
}
