package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	gonum "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// measured is how long a measurement takes, about.
const measured = 50 * time.Millisecond

// pause lets the spinning threads of the library before go to sleep.
const pause = 5 * time.Millisecond

// A library multiplies some number of times, and returns how long that took and the
// sum of the result.
type library struct {
	name string
	run  func(c Case, count int) (time.Duration, float64, error)
}

// compare measures a case on all libraries in turns.
func compare(ctx context.Context, c Case, p *peer, rounds int) (Result, error) {
	ours, err := newOurs(c.Threads)
	if err != nil {
		return Result{}, err
	}
	defer ours.close()
	libraries := []library{{"bitnet", ours.run}, {"OpenBLAS", p.run}, {"gonum", runGonum}}
	counts, speeds := map[string]int{}, map[string][]float64{}
	var want float64
	for round := range rounds + 1 {
		for i, l := range libraries {
			if err := ctx.Err(); err != nil {
				return Result{}, err
			}
			time.Sleep(pause)
			if round == 0 { // warm up and see how many fit the time
				d, sum, err := l.run(c, 2)
				if err != nil {
					return Result{}, err
				}
				if i == 0 {
					want = sum
				}
				if sum != want {
					return Result{}, fmt.Errorf("%+v: the sum of the product is %g by %s and %g by %s", c, want, libraries[0].name, sum, l.name)
				}
				counts[l.name] = max(1, int(2*measured/max(d, 1)))
				continue
			}
			d, _, err := l.run(c, counts[l.name])
			if err != nil {
				return Result{}, err
			}
			speeds[l.name] = append(speeds[l.name], c.flops()*float64(counts[l.name])/float64(d))
		}
	}
	r := Result{Case: c, GFLOPS: map[string]float64{}, Times: map[string]paired.Spread{}}
	for i, l := range libraries {
		r.GFLOPS[l.name] = paired.Of(speeds[l.name]).Median
		if i > 0 {
			r.Times[l.name] = paired.Of(paired.Ratios(speeds[libraries[0].name], speeds[l.name]))
		}
	}
	return r, nil
}

// matrix is the C program's.
func matrix(n, seed int) []float32 {
	m := make([]float32, n)
	for i := range m {
		m[i] = float32((i*7+seed)%13-6) / 8
	}
	return m
}

func sum(c []float32) (s float64) {
	for _, v := range c {
		s += float64(v)
	}
	return s
}

// ours is bitnet-core/blas.
type ours struct {
	pool *parallel.Pool
	w    *blas.Workspace
}

func newOurs(threads int) (ours, error) {
	pool := parallel.New(threads)
	w, err := blas.New(pool, memory.Mapped())
	if err != nil {
		pool.Close()
	}
	return ours{pool, w}, err
}

func (o ours) close() {
	o.w.Close()
	o.pool.Close()
}

func (o ours) run(c Case, count int) (time.Duration, float64, error) {
	out := blas.Dense(matrix(c.M*c.N, 3), c.M, c.N)
	a, b := blas.Dense(matrix(c.M*c.K, 1), c.M, c.K), blas.Dense(matrix(c.K*c.N, 2), c.K, c.N)
	if c.Transposed {
		b = blas.Dense(b.Data, c.N, c.K).T()
	}
	start := time.Now()
	for range count {
		o.w.Gemm(out, 1, a, b, 0)
	}
	return time.Since(start), sum(out.Data), nil
}

// runGonum uses as many threads as Go does.
func runGonum(c Case, count int) (time.Duration, float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.Threads))
	out := matrix(c.M*c.N, 3)
	a, b := matrix(c.M*c.K, 1), matrix(c.K*c.N, 2)
	transpose, ldb := gonum.NoTrans, c.N
	if c.Transposed {
		transpose, ldb = gonum.Trans, c.K
	}
	start := time.Now()
	for range count {
		blas32.Implementation().Sgemm(gonum.NoTrans, transpose, c.M, c.N, c.K, 1, a, c.K, b, ldb, 0, out, c.N)
	}
	return time.Since(start), sum(out), nil
}
