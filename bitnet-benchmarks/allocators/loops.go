package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

const (
	batch = 64
	live  = 1000
	// measured is how long a measurement takes, about.
	measured = 100 * time.Millisecond
)

// A loop runs a pattern some number of times and returns how long that took.
type loop interface {
	run(c Case, count int) (time.Duration, error)
	close()
}

// A set is allocators by name, the pool first.
type set struct {
	order []string
	loops map[string]loop
}

func (s *set) add(name string, l loop) {
	s.order = append(s.order, name)
	s.loops[name] = l
}

func (s *set) names() []string { return s.order }

func (s *set) close() {
	for _, l := range s.loops {
		l.close()
	}
}

//go:embed loop/loop.c
var source []byte

// allocators starts all of them.
func allocators(ctx context.Context) (_ *set, err error) {
	s := &set{loops: map[string]loop{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	p, err := pool.New(pool.Options{})
	if err != nil {
		return nil, err
	}
	s.add("pool", pooled{p})
	for _, lib := range []string{"mimalloc", "jemalloc"} {
		c, err := compile(ctx, lib)
		if err != nil {
			return nil, err
		}
		s.add(lib, c)
	}
	s.add("make and GC", heap{})
	return s, nil
}

// compare measures a case on all allocators in turns.
func (s *set) compare(ctx context.Context, c Case, rounds int) (Result, error) {
	counts, times := map[string]int{}, map[string][]float64{}
	for round := range rounds + 1 {
		for _, name := range s.order {
			if err := ctx.Err(); err != nil {
				return Result{}, err
			}
			if round == 0 { // warm up and see how many fit the time
				counts[name] = 64 * batch
				for {
					d, err := s.loops[name].run(c, counts[name])
					if err != nil {
						return Result{}, err
					}
					if d > measured/4 {
						break
					}
					counts[name] *= 4
				}
				continue
			}
			d, err := s.loops[name].run(c, counts[name])
			if err != nil {
				return Result{}, err
			}
			times[name] = append(times[name], float64(d)/float64(counts[name]))
		}
	}
	r := Result{Case: c, Nanoseconds: map[string]float64{}, Times: map[string]paired.Spread{}}
	for _, name := range s.order {
		r.Nanoseconds[name] = paired.Of(times[name]).Median
		if name != s.order[0] {
			r.Times[name] = paired.Of(paired.Ratios(times[s.order[0]], times[name]))
		}
	}
	return r, nil
}

// pooled is the loop on a pool.
type pooled struct{ p *pool.Pool }

func (l pooled) close() { _ = l.p.Close() }

func (l pooled) run(c Case, count int) (time.Duration, error) {
	var all [live]memory.Buffer
	var err error
	get := func(i int) {
		b, e := l.p.Alloc(c.Size, 0)
		if e != nil {
			err = e
		}
		all[i] = b
	}
	start := time.Now()
	switch c.Pattern {
	case "pair":
		for range count {
			b, e := l.p.Alloc(c.Size, 0)
			if e != nil {
				return 0, e
			}
			b.Release()
		}
		return time.Since(start), nil
	case "batch":
		for i := 0; i < count && err == nil; i += batch {
			for j := range batch {
				get(j)
			}
			for j := range batch {
				all[j].Release()
			}
		}
		return time.Since(start), err
	}
	for j := range live {
		get(j)
	}
	start = time.Now()
	for i := 0; i < count && err == nil; i++ {
		all[i%live].Release()
		get(i % live)
	}
	d := time.Since(start)
	for j := range live {
		all[j].Release()
	}
	return d, err
}

// heap is the loop on Go's own heap.
type heap struct{}

func (heap) close() {}

func (heap) run(c Case, count int) (time.Duration, error) {
	all := make([][]byte, live)
	start := time.Now()
	switch c.Pattern {
	case "pair":
		for range count {
			all[0] = make([]byte, c.Size)
		}
		return time.Since(start), nil
	case "batch":
		for i := range count {
			all[i%batch] = make([]byte, c.Size)
		}
		return time.Since(start), nil
	}
	for j := range all {
		all[j] = make([]byte, c.Size)
	}
	start = time.Now()
	for i := range count {
		all[i%live] = make([]byte, c.Size)
	}
	return time.Since(start), nil
}

// A process is the C loop on another malloc.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string
}

func compile(ctx context.Context, lib string) (*process, error) {
	dir, err := os.MkdirTemp("", "allocators")
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir}
	if err := p.start(ctx, lib); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: %w", lib, err)
	}
	return p, nil
}

func (p *process) start(ctx context.Context, lib string) error {
	src, bin := filepath.Join(p.dir, "loop.c"), filepath.Join(p.dir, "loop")
	if err := os.WriteFile(src, source, 0o600); err != nil {
		return err
	}
	text, err := exec.CommandContext(ctx, "cc", "-O2", "-fno-builtin", "-o", bin, src, "-l"+lib).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no C compiler (cc): install one, and the packages libmimalloc-dev and libjemalloc-dev")
	}
	if err != nil {
		return fmt.Errorf("cc: %w: install lib%s-dev\n%s", err, lib, strings.TrimSpace(string(text)))
	}
	p.cmd = exec.CommandContext(ctx, bin)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	return p.cmd.Start()
}

func (p *process) run(c Case, count int) (time.Duration, error) {
	if _, err := fmt.Fprintf(p.in, "%s %d %d\n", c.Pattern, c.Size, count); err != nil {
		return 0, err
	}
	var ns int64
	if _, err := fmt.Fscan(p.out, &ns); err != nil {
		return 0, fmt.Errorf("the C loop gave no answer: %w", err)
	}
	return time.Duration(ns), nil
}

func (p *process) close() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.in.Close() // the loop ends with its input
		_ = p.cmd.Wait()
	}
	_ = os.RemoveAll(p.dir)
}
