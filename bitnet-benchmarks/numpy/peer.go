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
	"strings"
	"time"
)

//go:embed peer.py
var script string

// A peer is a process of Python that computes with NumPy.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start runs the Python that BITNET_NUMPY_PYTHON names, or python3.
func start(ctx context.Context) (*peer, error) {
	python := os.Getenv("BITNET_NUMPY_PYTHON")
	if python == "" {
		python = "python3"
	}
	if text, err := exec.CommandContext(ctx, python, "-c", "import numpy").CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("there is no %s: install Python, or set BITNET_NUMPY_PYTHON to one that has NumPy", python)
	} else if err != nil {
		return nil, fmt.Errorf("%s has no NumPy (%w): use bitnet-benchmarks/numpy/run, which installs it\n%s", python, err, strings.TrimSpace(string(text)))
	}
	p := &peer{cmd: exec.CommandContext(ctx, python, "-c", script)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

// ask sends a line and reads the answer.
func (p *peer) ask(line string, answer ...any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return fmt.Errorf("NumPy's process has ended: %w", err)
	}
	if _, err := fmt.Fscanln(p.out, answer...); err != nil {
		return fmt.Errorf("NumPy's process gave no answer to %q: %w", line, err)
	}
	return nil
}

func (p *peer) versions() (numpy, python string, err error) {
	return numpy, python, p.ask("version", &numpy, &python)
}

func (p *peer) run(c Case, count int) (time.Duration, float64, error) {
	fresh := 0
	if c.New {
		fresh = 1
	}
	var ns int64
	var sum float64
	err := p.ask(fmt.Sprintf("%s %d %d %d", strings.ReplaceAll(c.Op, " ", "-"), c.Side, count, fresh), &ns, &sum)
	return time.Duration(ns), sum, err
}

func (p *peer) close() {
	_ = p.in.Close() // the process ends with its input
	_ = p.cmd.Wait()
}
