package ternary

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// TestMulConcurrent multiplies on several goroutines while the garbage collector
// stops them: what a kernel leaves in registers must not matter to others.
func TestMulConcurrent(t *testing.T) {
	p := newProduct(rand.New(rand.NewPCG(15, 16)), 64, 600, 33)
	for _, v := range matrixVariants() {
		if v.name == "generic" {
			continue
		}
		var wg sync.WaitGroup
		for lo := range 6 {
			wg.Go(func() {
				n := p.m.Rows - lo
				want := make([]int32, 0, p.x.T*n)
				for tok := range p.x.T {
					want = append(want, p.want[tok*p.m.Rows+lo:(tok+1)*p.m.Rows]...)
				}
				for i := range 20 {
					if i%5 == lo%5 {
						runtime.GC()
					}
					dst := make([]int32, p.x.T*n)
					v.mul(dst, n, &p.m, &p.x, lo, p.m.Rows)
					if !slices.Equal(want, dst) {
						t.Errorf("%s: rows from %d on differ", v.name, lo)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
