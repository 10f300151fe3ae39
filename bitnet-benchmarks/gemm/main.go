// Gemm measures bitnet-core/blas against OpenBLAS and gonum on the same float32 matrix
// products, in turns, and prints the quotients of their speeds with their spread: by the
// clock, and by the processor time of all threads, which says more beside other
// processes. Int8 products are compared with bitnet's own of float32, those of a
// matrix and a vector with the memory bandwidth. What the project wants to reach of
// these stands last, each with PASS or FAIL.
//
//	bitnet-benchmarks/gemm/run [--rounds 7] [--small] [--json]
//
// OpenBLAS is that of the package libopenblas-dev. A C program (needs cc) calls it, so no
// call from Go to C is part of a figure; the report names the kernels it chose. Gonum is
// plain Go. All of them multiply the same numbers, whose sums are exact, and are to
// agree.
//
// Peak is what one thread reaches that multiplies and adds in registers alone; the share
// of it is that of so many threads.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "gemm:", err)
		}
		os.Exit(1)
	}
}

// A Case is the shape of a product c (M, N) = a (M, K) · b (K, N).
type Case struct {
	M          int  `json:"m"`
	N          int  `json:"n"`
	K          int  `json:"k"`
	Transposed bool `json:"transposed"` // b is stored as (N, K), as the weights of a layer are
	Threads    int  `json:"threads"`
}

func (c Case) flops() float64 { return 2 * float64(c.M) * float64(c.N) * float64(c.K) }

// small is the most multiplications of the products that --small keeps.
const small = 1 << 24

// cases returns the shapes on one thread and on all of them.
func cases(few bool) (all []Case) {
	for _, threads := range []int{1, device.DefaultThreads()} {
		if threads == 1 && len(all) > 0 {
			break
		}
		for _, c := range []Case{
			{M: 64, N: 64, K: 64},
			{M: 256, N: 256, K: 256},
			{M: 1024, N: 1024, K: 1024},
			{M: 1024, N: 1024, K: 1024, Transposed: true},
			{M: 12, N: 2048, K: 2048},
			{M: 12, N: 2048, K: 2048, Transposed: true},
		} {
			if c.Threads = threads; few && c.flops() > 2*small {
				continue
			}
			all = append(all, c)
		}
	}
	return all
}

// A Result is a case on every library.
type Result struct {
	Case
	GFLOPS map[string]float64       `json:"gflops"` // medians
	Share  float64                  `json:"share"`  // of the peak, bitnet's
	Times  map[string]paired.Spread `json:"times"`  // bitnet's speed as a multiple of the other's
	CPU    map[string]paired.Spread `json:"cpu"`    // likewise by processor time, if the system tells it
}

// A Report is what --json prints.
type Report struct {
	CPU      string   `json:"cpu"`
	OpenBLAS string   `json:"openblas"` // its kernels
	Peak     float64  `json:"peak"`     // GFLOP/s of one thread
	Date     string   `json:"date"`
	Go       string   `json:"go"`
	Rounds   int      `json:"rounds"`
	Results  []Result `json:"results"`
	Int8     []Result `json:"int8"`             // times bitnet's float32; two operations a product
	Vector   *Vector  `json:"vector,omitempty"` // not with --small
	Goals    []Goal   `json:"goals"`            // likewise
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("gemm", flag.ContinueOnError)
	rounds := flags.Int("rounds", 7, "measurements of each library, in turns")
	few := flags.Bool("small", false, "leave out the products that take longest")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return fmt.Errorf("want --rounds 1 or more and no arguments, have --rounds %d and %q", *rounds, flags.Args())
	}
	peer, err := compile(ctx)
	if err != nil {
		return err
	}
	defer peer.close()
	r := Report{CPU: device.Detect().Name, Date: time.Now().Format("2006-01-02"), Go: runtime.Version(), Rounds: *rounds}
	if r.OpenBLAS, err = peer.name(); err != nil {
		return err
	}
	for range *rounds {
		p, err := peer.peak()
		if err != nil {
			return err
		}
		r.Peak = max(r.Peak, p)
	}
	threads := device.DefaultThreads()
	for _, c := range cases(*few) {
		fmt.Fprintf(progress, "%+v\n", c)
		one, err := compare(ctx, c, peer, *rounds)
		if err != nil {
			return err
		}
		one.Share = one.GFLOPS["bitnet"] / r.Peak / float64(c.Threads)
		r.Results = append(r.Results, one)
	}
	for _, c := range cases(*few) {
		fmt.Fprintf(progress, "int8 %+v\n", c)
		one, err := compareInts(ctx, c, *rounds)
		if err != nil {
			return err
		}
		r.Int8 = append(r.Int8, one)
	}
	if !*few {
		fmt.Fprintln(progress, "matrix and vector")
		v, err := compareVector(ctx, threads, vectorSize, device.BandwidthBuffer(device.Detect()), *rounds)
		if err != nil {
			return err
		}
		r.Vector = &v
		r.Goals = append(goals(r.Results, threads),
			newGoal(fmt.Sprintf("float32 %d × %d by a vector on %d threads, share of the memory bandwidth", v.Size, v.Size, threads), v.Share, wantVector))
	}
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.write(out)
}
