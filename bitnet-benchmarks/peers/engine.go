package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// An engine runs a model file in processes of its own.
type engine interface {
	name() string
	measure(ctx context.Context, path string, t test, runs int) (measurement, error)
	// logits computes those after the first and after the last of ids (2, V).
	logits(ctx context.Context, path string, ids []int32, threads int) ([2][]float32, error)
}

// A measurement is what a process says of a test, and of what it loaded.
type measurement struct {
	rates      []float64 // tokens a second of each run
	rss        float64   // peak, MiB; 0: unknown
	size       int64     // bytes of all tensors
	parameters int64
	code       string        // the instructions or backend it computed with
	head       string        // type of the output head, where the engine says
	cpu        time.Duration // that the process used, on all threads
	others     float64       // cores that other processes used meanwhile; set by comparison
}

// rate is the mean of the runs, as llama-bench's.
func (m *measurement) rate() float64 {
	var sum float64
	for _, r := range m.rates {
		sum += r
	}
	return sum / float64(len(m.rates))
}

// check reports why there is nothing to compare in a measurement.
func (m *measurement) check(who string, runs int) error {
	if len(m.rates) != runs {
		return fmt.Errorf("%s reports %d runs and was asked for %d", who, len(m.rates), runs)
	}
	for _, r := range m.rates {
		if !(r > 0) {
			return fmt.Errorf("%s reports %v tokens a second", who, r)
		}
	}
	return nil
}

// cpuTime returns how long a process that has ended computed.
func cpuTime(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// output runs a program and decodes the JSON that it prints.
func output(ctx context.Context, cmd *exec.Cmd, into any) error {
	said, err := printed(ctx, cmd)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(said, into); err != nil {
		return fmt.Errorf("what %s printed is not understood: %w", strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// printed runs a program and returns what it prints.
func printed(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	what := strings.Join(cmd.Args, " ")
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is not there: %w", cmd.Args[0], err)
		}
		said := strings.TrimSpace(stderr.String())
		if said == "" {
			said = err.Error()
		}
		return nil, fmt.Errorf("%s\n(%w, of: %s)", said, err, what)
	}
	return stdout.Bytes(), nil
}

func join(ids []int32) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(b)
}
