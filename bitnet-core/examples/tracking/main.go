// Tracking shows what a tracker knows of a program that allocates in two ways, one of them
// with a leak: the report for people, what each level costs on this machine, and files
// for Perfetto and go tool pprof.
//
//	go run ./bitnet-core/examples/tracking [FOLDER]
//
// With a folder it writes trace.json and heap.pb.gz there.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/track"
)

func main() {
	folder := ""
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(os.Stdout, folder); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, folder string) error {
	p, err := pool.New(pool.Options{})
	if err != nil {
		return err
	}
	defer p.Close()
	if err := costs(out, p); err != nil {
		return err
	}

	t := track.New(p, track.Options{Level: track.Detailed})
	leaked, err := work(t)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := t.Report().WriteText(out); err != nil {
		return err
	}
	if folder != "" {
		if err := write(filepath.Join(folder, "trace.json"), t.WriteChromeTrace); err != nil {
			return err
		}
		if err := write(filepath.Join(folder, "heap.pb.gz"), t.WriteHeapProfile); err != nil {
			return err
		}
		fmt.Fprintf(out, "\ntrace.json (ui.perfetto.dev) and heap.pb.gz (go tool pprof) are in %s\n", folder)
	}
	var leaks *track.LeakError
	if !errors.As(t.Close(), &leaks) {
		return errors.New("the tracker has missed the leak")
	}
	fmt.Fprintf(out, "\nclosing the tracker: %v\n", leaks)
	leaked.Release() // a program would not know it any more
	return nil
}

// costs measures an allocation with its release on every level.
func costs(out io.Writer, p *pool.Pool) error {
	const n = 200_000
	for _, level := range []track.Level{track.None, track.Basic, track.Standard, track.Detailed} {
		t := track.New(p, track.Options{Level: level})
		start := time.Now()
		for range n {
			b, err := t.Alloc(4096, 0)
			if err != nil {
				return err
			}
			b.Release()
		}
		fmt.Fprintf(out, "level %-9v %4d ns for an allocation of 4 KiB and its release\n", level, time.Since(start).Nanoseconds()/n)
	}
	return nil
}

// work allocates as a model does, for a few steps, and forgets one buffer.
func work(t *track.Tracker) (leaked memory.Buffer, err error) {
	weights, err := memory.Tagged(t, "weights").Alloc(24<<20, 0)
	if err != nil {
		return leaked, err
	}
	defer weights.Release()
	steps := memory.Tagged(t, "step")
	for i := range 200 {
		b, err := steps.Alloc(10_000, 0)
		if err != nil {
			return leaked, err
		}
		b.Bytes()[0] = byte(i)
		b.Release()
	}
	return memory.Tagged(t, "forgotten").Alloc(100_000, 0)
}

func write(path string, content func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(content(f), f.Close())
}
