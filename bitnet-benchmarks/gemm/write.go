package main

import (
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
)

// write prints Markdown tables, and the goals.
func (r *Report) write(w io.Writer) error {
	fmt.Fprintln(w, "| M × N × K | b | threads | bitnet, GFLOP/s | of the peak | OpenBLAS | gonum | bitnet ÷ OpenBLAS | by CPU time | bitnet ÷ gonum | by CPU time |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, one := range r.Results {
		fmt.Fprintf(w, "| %s | %.1f | %.0f %% | %.1f | %.1f |", one.shape(),
			one.GFLOPS["bitnet"], 100*one.Share, one.GFLOPS["OpenBLAS"], one.GFLOPS["gonum"])
		for _, n := range []string{"OpenBLAS", "gonum"} {
			fmt.Fprint(w, ratio(one.Times, n), ratio(one.CPU, n))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "\n| M × N × K | b | threads | int8, GMAC/s | float32, GMAC/s | int8 ÷ float32 | by CPU time |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|")
	for _, one := range r.Int8 {
		fmt.Fprintf(w, "| %s | %.1f | %.1f |%s%s\n", one.shape(), one.GFLOPS["int8"]/2, one.GFLOPS["float32"]/2,
			ratio(one.Times, "float32"), ratio(one.CPU, "float32"))
	}
	if v := r.Vector; v != nil {
		fmt.Fprintf(w, "\nFloat32 %d × %d by a vector, %d threads: %.1f GB/s where memory gives %.1f.\n", v.Size, v.Size, v.Threads, v.Speed, v.Bandwidth)
	}
	_, err := fmt.Fprintf(w, "\nMedians of %d rounds, %s, peak %.0f GFLOP/s a thread, OpenBLAS's kernels %s, %s, %s.\n",
		r.Rounds, r.CPU, r.Peak, r.OpenBLAS, r.Go, r.Date)
	if len(r.Goals) > 0 {
		fmt.Fprintln(w)
	}
	for _, g := range r.Goals {
		g.write(w)
	}
	return err
}

// shape returns the first cells of a row.
func (c Case) shape() string {
	b := "(K, N)"
	if c.Transposed {
		b = "(N, K)"
	}
	return fmt.Sprintf("%d × %d × %d | %s | %d", c.M, c.N, c.K, b, c.Threads)
}

// ratio returns a cell.
func ratio(all map[string]paired.Spread, name string) string {
	s, ok := all[name]
	if !ok {
		return " – |"
	}
	return fmt.Sprintf(" %.2g (%.2g to %.2g) |", s.Median, s.Min, s.Max)
}
