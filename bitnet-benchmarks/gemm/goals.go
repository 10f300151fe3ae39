package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

const (
	// goalSize is that of the square product that is compared with what the project
	// wants to reach.
	goalSize  = 1024
	wantBLAS  = 0.70 // of OpenBLAS's speed
	wantGonum = 8    // times gonum's

	vectorSize = 4096 // of the matrix that is multiplied with a vector
	wantVector = 0.80 // of the memory bandwidth
)

// A Goal is a ratio that the project wants to reach, by the clock.
type Goal struct {
	Name  string        `json:"name"`
	Ratio paired.Spread `json:"ratio"`
	Want  float64       `json:"want"`
	Met   bool          `json:"met"` // by the median
}

func newGoal(name string, ratio paired.Spread, want float64) Goal {
	return Goal{name, ratio, want, ratio.Median >= want}
}

func (g Goal) write(w io.Writer) {
	verdict := "FAIL"
	if g.Met {
		verdict = "PASS"
	}
	fmt.Fprintf(w, "%s  %s: %.3g (%.3g to %.3g), want %.3g\n", verdict, g.Name, g.Ratio.Median, g.Ratio.Min, g.Ratio.Max, g.Want)
}

// goals returns what the results say of the square product on so many threads.
func goals(results []Result, threads int) (all []Goal) {
	for _, r := range results {
		if r.Case != (Case{M: goalSize, N: goalSize, K: goalSize, Threads: threads}) {
			continue
		}
		name := fmt.Sprintf("%d × %d × %d on %d threads, bitnet ÷ ", goalSize, goalSize, goalSize, threads)
		all = append(all,
			newGoal(name+"OpenBLAS", r.Times["OpenBLAS"], wantBLAS),
			newGoal(name+"gonum", r.Times["gonum"], wantGonum))
	}
	return all
}

// A Vector is the speed of a product of a matrix with a vector beside that of the memory.
type Vector struct {
	Size      int           `json:"size"` // rows, and columns
	Threads   int           `json:"threads"`
	Speed     float64       `json:"speed"`     // GB/s of the matrix, median
	Bandwidth float64       `json:"bandwidth"` // GB/s, median
	Share     paired.Spread `json:"share"`
}

// vectorTime is how long products with a vector are measured in a round.
const vectorTime = time.Second

// compareVector multiplies matrices, enough of them to exceed the caches by far, and
// reads as many bytes of memory in turns. Of each round the fastest pass counts.
func compareVector(ctx context.Context, threads, size, bytes, rounds int) (Vector, error) {
	o, err := newOurs(threads)
	if err != nil {
		return Vector{}, err
	}
	defer o.close()
	count := max(1, bytes/(4*size*size))
	buffer, err := memory.Mapped().Alloc(4*size*size*count, 64)
	if err != nil {
		return Vector{}, fmt.Errorf("%d matrices of %d × %d: %w", count, size, size, err)
	}
	defer buffer.Release()
	data := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(buffer.Bytes()))), size*size*count)
	o.pool.Range(len(data), 1<<10, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			data[i] = float32(i%13-6) / 8
		}
	})
	x, y := matrix(size, 2), make([]float32, size)
	var speeds, limits []float64
	for range rounds {
		limit, err := device.MeasureBandwidth(ctx, device.BandwidthOptions{Threads: o.pool.Threads(), Buffer: bytes, ReadOnly: true})
		if err != nil {
			return Vector{}, err
		}
		best := time.Duration(math.MaxInt64)
		for begin := time.Now(); time.Since(begin) < vectorTime; {
			start := time.Now()
			for i := range count {
				o.w.Gemv(y, 1, blas.Dense(data[i*size*size:], size, size), x, 0)
			}
			best = min(best, max(time.Since(start), 1))
		}
		speeds = append(speeds, 4*float64(size)*float64(size)*float64(count)/float64(best))
		limits = append(limits, limit.Read/1e9)
	}
	return Vector{size, threads, paired.Of(speeds).Median, paired.Of(limits).Median, paired.Of(paired.Ratios(speeds, limits))}, nil
}
