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
			fmt.Fprintln(os.Stderr, "allocators:", err)
		}
		os.Exit(1)
	}
}

// A Case is a pattern at a size, and how much slower than each other allocator the pool
// may be.
type Case struct {
	Pattern string `json:"pattern"`
	Size    int    `json:"size"`
}

var cases = []Case{
	{"pair", 64},
	{"pair", 4 << 10},
	{"pair", 64 << 10},
	{"batch", 64},
	{"batch", 4 << 10},
	{"batch", 64 << 10},
	{"churn", 4 << 10},
	{"churn", 64 << 10},
}

// A Result is a case on every allocator.
type Result struct {
	Case
	Nanoseconds map[string]float64       `json:"ns"`    // median of one allocation and release
	Times       map[string]paired.Spread `json:"times"` // the pool's as a multiple of the other's
}

// A Report is what --json prints.
type Report struct {
	CPU     string   `json:"cpu"`
	Date    string   `json:"date"`
	Go      string   `json:"go"`
	Rounds  int      `json:"rounds"`
	Results []Result `json:"results"`
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("allocators", flag.ContinueOnError)
	rounds := flags.Int("rounds", 7, "measurements of each allocator, in turns")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return fmt.Errorf("want --rounds 1 or more and no arguments, have --rounds %d and %q", *rounds, flags.Args())
	}
	all, err := allocators(ctx)
	if err != nil {
		return err
	}
	defer all.close()
	r := Report{
		CPU: device.Detect().Name, Date: time.Now().Format("2006-01-02"), Go: runtime.Version(), Rounds: *rounds,
	}
	for _, c := range cases {
		fmt.Fprintf(progress, "%s %s\n", c.Pattern, sizeName(c.Size))
		one, err := all.compare(ctx, c, *rounds)
		if err != nil {
			return err
		}
		r.Results = append(r.Results, one)
	}
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.write(out, all.names())
}

// write prints a Markdown table.
func (r *Report) write(w io.Writer, names []string) error {
	fmt.Fprint(w, "| pattern | size |")
	for _, n := range names {
		fmt.Fprintf(w, " %s, ns |", n)
	}
	for _, n := range names[1:] {
		fmt.Fprintf(w, " pool ÷ %s |", n)
	}
	fmt.Fprint(w, "\n|---|---:|")
	for range 2*len(names) - 1 {
		fmt.Fprint(w, "---:|")
	}
	fmt.Fprintln(w)
	for _, one := range r.Results {
		fmt.Fprintf(w, "| %s | %s |", one.Pattern, sizeName(one.Size))
		for _, n := range names {
			fmt.Fprintf(w, " %.1f |", one.Nanoseconds[n])
		}
		for _, n := range names[1:] {
			s := one.Times[n]
			fmt.Fprintf(w, " %.2g (%.2g to %.2g) |", s.Median, s.Min, s.Max)
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "\nMedians of %d rounds, %s, %s, %s.\n", r.Rounds, r.CPU, r.Go, r.Date)
	return err
}

func sizeName(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
