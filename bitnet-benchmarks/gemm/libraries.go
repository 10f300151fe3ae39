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

// elapsed is the time that products took, and the processor time of all threads, 0 where
// the system does not tell.
type elapsed struct{ wall, cpu time.Duration }

// measure runs body count times.
func measure(count int, body func()) elapsed {
	start, cpu := time.Now(), cpuTime()
	for range count {
		body()
	}
	return elapsed{time.Since(start), cpuTime() - cpu}
}

// A library multiplies some number of times, and returns how long that took and the
// sum of the result.
type library struct {
	name string
	run  func(c Case, count int) (elapsed, float64, error)
}

// compare measures a case on all libraries in turns.
func compare(ctx context.Context, c Case, p *peer, rounds int) (Result, error) {
	ours, err := newOurs(c.Threads)
	if err != nil {
		return Result{}, err
	}
	defer ours.close()
	return turns(ctx, c, rounds, []library{{"bitnet", ours.run}, {"OpenBLAS", p.run}, {"gonum", runGonum}})
}

// compareInts measures a case in int8 and in float32 in turns.
func compareInts(ctx context.Context, c Case, rounds int) (Result, error) {
	ours, err := newOurs(c.Threads)
	if err != nil {
		return Result{}, err
	}
	defer ours.close()
	return turns(ctx, c, rounds, []library{{"int8", ours.runInts}, {"float32", ours.run}})
}

// turns measures a case on libraries, of which the first is compared with the others.
func turns(ctx context.Context, c Case, rounds int, libraries []library) (Result, error) {
	counts, speeds, paces := map[string]int{}, map[string][]float64{}, map[string][]float64{}
	var want float64
	for round := range rounds + 1 {
		for i, l := range libraries {
			if err := ctx.Err(); err != nil {
				return Result{}, err
			}
			time.Sleep(pause)
			if round == 0 { // warm up and see how many fit the time
				e, sum, err := l.run(c, 2)
				if err != nil {
					return Result{}, err
				}
				if i == 0 {
					want = sum
				}
				if sum != want {
					return Result{}, fmt.Errorf("%+v: the sum of the product is %g by %s and %g by %s", c, want, libraries[0].name, sum, l.name)
				}
				counts[l.name] = max(1, int(2*measured/max(e.wall, 1)))
				continue
			}
			e, _, err := l.run(c, counts[l.name])
			if err != nil {
				return Result{}, err
			}
			work := c.flops() * float64(counts[l.name])
			speeds[l.name] = append(speeds[l.name], work/float64(e.wall))
			if e.cpu > 0 {
				paces[l.name] = append(paces[l.name], work/float64(e.cpu))
			}
		}
	}
	r := Result{Case: c, GFLOPS: map[string]float64{}, Times: map[string]paired.Spread{}, CPU: map[string]paired.Spread{}}
	first := libraries[0].name
	for i, l := range libraries {
		r.GFLOPS[l.name] = paired.Of(speeds[l.name]).Median
		if i == 0 {
			continue
		}
		r.Times[l.name] = paired.Of(paired.Ratios(speeds[first], speeds[l.name]))
		if len(paces[first]) == rounds && len(paces[l.name]) == rounds {
			r.CPU[l.name] = paired.Of(paired.Ratios(paces[first], paces[l.name]))
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

func (o ours) run(c Case, count int) (elapsed, float64, error) {
	out := blas.Dense(matrix(c.M*c.N, 3), c.M, c.N)
	a, b := blas.Dense(matrix(c.M*c.K, 1), c.M, c.K), blas.Dense(matrix(c.K*c.N, 2), c.K, c.N)
	if c.Transposed {
		b = blas.Dense(b.Data, c.N, c.K).T()
	}
	e := measure(count, func() { o.w.Gemm(out, 1, a, b, 0) })
	return e, sum(out.Data), nil
}

// runInts multiplies int8, which are the values of matrix times eight.
func (o ours) runInts(c Case, count int) (elapsed, float64, error) {
	ints := func(n, seed int) []int8 {
		m := make([]int8, n)
		for i, v := range matrix(n, seed) {
			m[i] = int8(v * 8)
		}
		return m
	}
	out := blas.Dense(make([]int32, c.M*c.N), c.M, c.N)
	a, b := blas.Dense(ints(c.M*c.K, 1), c.M, c.K), blas.Dense(ints(c.K*c.N, 2), c.K, c.N)
	if c.Transposed {
		b = blas.Dense(b.Data, c.N, c.K).T()
	}
	e := measure(count, func() { o.w.GemmInt8(out, a, b) })
	var sum float64
	for _, v := range out.Data {
		sum += float64(v)
	}
	return e, sum / 64, nil
}

// runGonum uses as many threads as Go does.
func runGonum(c Case, count int) (elapsed, float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.Threads))
	out := matrix(c.M*c.N, 3)
	a, b := matrix(c.M*c.K, 1), matrix(c.K*c.N, 2)
	transpose, ldb := gonum.NoTrans, c.N
	if c.Transposed {
		transpose, ldb = gonum.Trans, c.K
	}
	e := measure(count, func() {
		blas32.Implementation().Sgemm(gonum.NoTrans, transpose, c.M, c.N, c.K, 1, a, c.K, b, ldb, 0, out, c.N)
	})
	return e, sum(out), nil
}
