package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// A bitnet is this project's program.
type bitnet struct {
	program string
	simd    string
	extra   []string // of bench or choices
}

func (b *bitnet) name() string { return "bitnet" }

func (b *bitnet) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Env = os.Environ()
	if b.simd != "" {
		cmd.Env = append(cmd.Env, "BITNET_SIMD="+b.simd)
	}
	return cmd
}

// bitnetRow is a row of bitnet bench --json.
type bitnetRow struct {
	Test       string    `json:"test"`
	Threads    int       `json:"threads"`
	Rates      []float64 `json:"tps_runs"`
	RSS        float64   `json:"rss_mib"`
	SIMD       string    `json:"simd"`
	Head       string    `json:"head"`
	Size       int64     `json:"size_bytes"`
	Parameters int64     `json:"parameters"`
}

func (b *bitnet) measure(ctx context.Context, path string, t test, runs int) (measurement, error) {
	args := []string{
		"bench", "--model", path, "--json", "-p", strconv.Itoa(t.prefill), "-n", strconv.Itoa(t.decode),
		"-t", strconv.Itoa(t.threads), "-r", strconv.Itoa(runs),
	}
	var rows []bitnetRow
	cmd := b.command(ctx, append(args, b.extra...)...)
	if err := output(ctx, cmd, &rows); err != nil {
		return measurement{}, err
	}
	if len(rows) != 1 || rows[0].Test != t.name() || rows[0].Threads != t.threads {
		return measurement{}, fmt.Errorf("bitnet bench was asked for %s on %d threads alone and measured %+v", t.name(), t.threads, rows)
	}
	r := &rows[0]
	if err := b.checkSIMD(r.SIMD); err != nil {
		return measurement{}, err
	}
	m := measurement{rates: r.Rates, rss: r.RSS, size: r.Size, parameters: r.Parameters, code: r.SIMD, head: r.Head, cpu: cpuTime(cmd)}
	return m, m.check(b.name(), runs)
}

// checkSIMD says if that is not what was asked for.
func (b *bitnet) checkSIMD(used string) error {
	if b.simd != "" && used != b.simd {
		return fmt.Errorf("bitnet computes with %s here and not with %s, which --simd asks for; bitnet devices lists what this CPU has", used, b.simd)
	}
	return nil
}

// checkKernels is checkSIMD of what the program says before it is measured.
func (b *bitnet) checkKernels(ctx context.Context) error {
	var out struct {
		Devices []struct{ Kernels string }
	}
	if err := output(ctx, b.command(ctx, "devices", "--json"), &out); err != nil {
		return err
	}
	if len(out.Devices) == 0 {
		return errors.New("bitnet devices lists none")
	}
	return b.checkSIMD(out.Devices[0].Kernels)
}

func (b *bitnet) logits(ctx context.Context, path string, ids []int32, threads int) ([2][]float32, error) {
	return readLogits(ctx, b.command(ctx, "logits", "--model", path, "--ids", join(ids), "--json", "-t", strconv.Itoa(threads)))
}

// readLogits runs a program that prints them as bitnet logits --json does.
func readLogits(ctx context.Context, cmd *exec.Cmd) ([2][]float32, error) {
	var out struct{ First, Last []float32 }
	if err := output(ctx, cmd, &out); err != nil {
		return [2][]float32{}, err
	}
	return [2][]float32{out.First, out.Last}, nil
}
