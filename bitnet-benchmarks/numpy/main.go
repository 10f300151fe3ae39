// Numpy measures operations of bitnet-core/tensor against NumPy's on the same float32
// matrices, in turns, and prints the quotients with their spread.
//
//	bitnet-benchmarks/numpy/run [--rounds 9] [--small] [--json]
//
// NumPy runs in a process of its own, which takes commands over a pipe and times loops of
// calls by itself. Matrices are square, of 16 Ki, 1 Mi and 16 Mi elements; softmax is that of
// each row, and broadcast add adds a row to each. Both sides compute on one thread.
//
// An operation writes to a destination that is there (out= in NumPy), or to a new one,
// which NumPy's plain expressions do: ours then come from a memory pool. A sum has no
// destination to speak of. NumPy's softmax is the usual four calls.
//
// Bytes are those of the operands and the result, each counted once. The share is that of
// the bandwidth of a plain copy of 128 MiB, and says nothing about sizes that caches hold.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "numpy:", err)
		}
		os.Exit(1)
	}
}

// A Case is an operation on matrices of side rows and columns.
type Case struct {
	Op   string `json:"op"`
	Side int    `json:"side"`
	New  bool   `json:"new"` // the result goes to new memory
}

func (c Case) operation() int {
	for i, o := range operations {
		if o.name == c.Op {
			return i
		}
	}
	panic("numpy: no such operation")
}

func (c Case) bytes() float64 {
	return 4 * float64(c.Side) * float64(c.Side) * float64(operations[c.operation()].matrices)
}

// cases are those of one side.
func cases(side int) (all []Case) {
	for _, fresh := range []bool{false, true} {
		for _, o := range operations {
			if !fresh || o.name != "sum" {
				all = append(all, Case{o.name, side, fresh})
			}
		}
	}
	return all
}

// A Result is a case on both sides.
type Result struct {
	Case
	Bitnet float64       `json:"bitnet"` // bytes a nanosecond, which is GB/s; medians
	NumPy  float64       `json:"numpy"`
	Share  float64       `json:"share"` // of the bandwidth, bitnet's
	Times  paired.Spread `json:"times"` // bitnet's speed as a multiple of NumPy's
}

// A Report is what --json prints.
type Report struct {
	CPU       string   `json:"cpu"`
	NumPy     string   `json:"numpy"`
	Python    string   `json:"python"`
	Bandwidth float64  `json:"bandwidth"` // GB/s
	Date      string   `json:"date"`
	Go        string   `json:"go"`
	Rounds    int      `json:"rounds"`
	Results   []Result `json:"results"`
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("numpy", flag.ContinueOnError)
	rounds := flags.Int("rounds", 9, "measurements of each side, in turns")
	small := flags.Bool("small", false, "only the smallest matrices")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return fmt.Errorf("want --rounds 1 or more and no arguments, have --rounds %d and %q", *rounds, flags.Args())
	}
	p, err := start(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	r := Report{CPU: device.Detect().Name, Date: time.Now().Format("2006-01-02"), Go: runtime.Version(), Rounds: *rounds}
	if r.NumPy, r.Python, err = p.versions(); err != nil {
		return err
	}
	if r.Bandwidth, err = bandwidth(); err != nil {
		return err
	}
	sides := []int{128, 1024, 4096}
	if *small {
		sides = sides[:1]
	}
	for _, side := range sides {
		results, err := compareSide(ctx, side, p, *rounds, progress)
		if err != nil {
			return err
		}
		for i := range results {
			results[i].Share = results[i].Bitnet / r.Bandwidth
		}
		r.Results = append(r.Results, results...)
	}
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.write(out)
}

func compareSide(ctx context.Context, side int, p *peer, rounds int, progress io.Writer) (results []Result, err error) {
	o, err := newOurs(side)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	for _, c := range cases(side) {
		fmt.Fprintf(progress, "%+v\n", c)
		one, err := compare(ctx, c, o, p, rounds)
		if err != nil {
			return nil, err
		}
		results = append(results, one)
	}
	return results, nil
}

// measured is how long a measurement takes, about.
const measured = 30 * time.Millisecond

// compare measures a case on both sides in turns, which of them first by turns too.
func compare(ctx context.Context, c Case, o *ours, p *peer, rounds int) (Result, error) {
	sides := []func(Case, int) (time.Duration, float64, error){o.run, p.run}
	var counts [2]int
	var sums [2]float64
	for i, f := range sides { // warm up and see how many fit the time
		var took time.Duration
		var err error
		for count := 1; count < 1<<20; count *= 4 {
			if took, sums[i], err = f(c, count); err != nil {
				return Result{}, err
			}
			if counts[i] = count; took > measured/4 {
				break
			}
		}
		counts[i] = max(1, int(float64(counts[i])*float64(measured)/float64(max(took, 1))))
	}
	if !(math.Abs(sums[0]-sums[1]) <= 1e-4*math.Abs(sums[1])) {
		return Result{}, fmt.Errorf("%+v: the magnitudes of the result are %g together, and NumPy's %g", c, sums[0], sums[1])
	}
	var speeds [2][]float64
	for round := range rounds {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		turns := []int{0, 1}
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, i := range turns {
			took, _, err := sides[i](c, counts[i])
			if err != nil {
				return Result{}, err
			}
			speeds[i] = append(speeds[i], c.bytes()*float64(counts[i])/float64(max(took, 1)))
		}
	}
	return Result{
		Case: c, Bitnet: paired.Of(speeds[0]).Median, NumPy: paired.Of(speeds[1]).Median,
		Times: paired.Of(paired.Ratios(speeds[0], speeds[1])),
	}, nil
}

// write prints a Markdown table, and for each size how many operations are faster.
func (r *Report) write(w io.Writer) error {
	fmt.Fprintln(w, "| operation | matrix | destination | bitnet, GB/s | of the bandwidth | NumPy, GB/s | bitnet ÷ NumPy | faster |")
	fmt.Fprintln(w, "|---|---|---|---:|---:|---:|---:|---|")
	type group struct {
		side  int
		fresh bool
	}
	var groups []group
	faster, all := map[group]int{}, map[group]int{}
	for _, one := range r.Results {
		g := group{one.Side, one.New}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
		all[g]++
		winner := "NumPy"
		if one.Times.Median > 1 {
			winner = "bitnet"
			faster[g]++
		}
		fmt.Fprintf(w, "| %s | %d × %d | %s | %.1f | %.0f %% | %.1f | %.2f (%.2f to %.2f) | %s |\n", one.Op, one.Side, one.Side,
			destination(one.New), one.Bitnet, 100*one.Share, one.NumPy, one.Times.Median, one.Times.Min, one.Times.Max, winner)
	}
	fmt.Fprintln(w)
	for _, g := range groups {
		fmt.Fprintf(w, "%d × %d, %s destination: bitnet is faster in %d of %d.\n", g.side, g.side, destination(g.fresh), faster[g], all[g])
	}
	_, err := fmt.Fprintf(w, "\nMedians of %d rounds, one thread, %s, a copy of 128 MiB moves %.1f GB/s, NumPy %s, %s, %s, %s.\n",
		r.Rounds, r.CPU, r.Bandwidth, r.NumPy, r.Python, r.Go, r.Date)
	return err
}

func destination(fresh bool) string {
	if fresh {
		return "new"
	}
	return "existing"
}
