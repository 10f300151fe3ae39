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
	"runtime"
	"slices"
	"strings"
)

//go:embed peer/peer.c
var source []byte

// A peer is the C program that calls OpenBLAS.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string
}

func compile(ctx context.Context) (*peer, error) {
	dir, err := os.MkdirTemp("", "gemm")
	if err != nil {
		return nil, err
	}
	p := &peer{dir: dir}
	if err := p.start(ctx); err != nil {
		p.close()
		return nil, fmt.Errorf("OpenBLAS: %w", err)
	}
	return p, nil
}

func (p *peer) start(ctx context.Context) error {
	src, bin := filepath.Join(p.dir, "peer.c"), filepath.Join(p.dir, "peer")
	if err := os.WriteFile(src, source, 0o600); err != nil {
		return err
	}
	native := "-march=native"
	if runtime.GOARCH == "arm64" {
		native = "-mcpu=native"
	}
	text, err := exec.CommandContext(ctx, "cc", "-O2", native, "-ffp-contract=fast", "-o", bin, src, "-lopenblas").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no C compiler (cc): install one, and the package libopenblas-dev")
	}
	if err != nil {
		return fmt.Errorf("cc: %w: install libopenblas-dev\n%s", err, strings.TrimSpace(string(text)))
	}
	p.cmd = exec.CommandContext(ctx, bin)
	// These would choose kernels and blocks that are not for this CPU.
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "OPENBLAS_") })
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

// ask sends a line and reads the answer.
func (p *peer) ask(line string, answer ...any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return err
	}
	if _, err := fmt.Fscanln(p.out, answer...); err != nil {
		return fmt.Errorf("the C program gave no answer to %q: %w", line, err)
	}
	return nil
}

func (p *peer) name() (name string, err error) { return name, p.ask("name", &name) }

func (p *peer) peak() (gflops float64, err error) { return gflops, p.ask("peak", &gflops) }

func (p *peer) run(c Case, count int) (elapsed, float64, error) {
	transposed := 0
	if c.Transposed {
		transposed = 1
	}
	var e elapsed
	var sum float64
	err := p.ask(fmt.Sprintf("%d %d %d %d %d %d", c.Threads, c.M, c.N, c.K, transposed, count), (*int64)(&e.wall), (*int64)(&e.cpu), &sum)
	return e, sum, err
}

func (p *peer) close() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.in.Close() // the program ends with its input
		_ = p.cmd.Wait()
	}
	_ = os.RemoveAll(p.dir)
}
