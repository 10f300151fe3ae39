package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/bench"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// benchCommand returns what a command line of bench comes to, before it runs.
func benchCommand(t *testing.T, args ...string) error {
	t.Helper()
	cmd := newBench(&Streams{})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := context.WithCancel(t.Context())
		stop() // before anything is measured
		cmd.SetContext(ctx)
		return run(cmd, args)
	}
	cmd.SetArgs(args)
	return cmd.Execute()
}

func TestBenchUsage(t *testing.T) {
	for args, want := range map[string]string{
		"-p 0 -n 0":                           "nothing to measure",
		"-r 0":                                "-r is 0, want 1",
		"-t -1":                               "-t is -1",
		"-p -5":                               "-p has -5",
		"--depth 1,-1":                        "--depth has -1",
		"-o xml":                              `-o is "xml", want md, csv or json`,
		"--json -o csv":                       "contradict each other",
		"--cache-type q8":                     "--cache-type",
		"--head half":                         `--head is "half", want full, screened, auto, f16, q8_0 or q6_k`,
		"a b":                                 "one argument too many",
		"fable -m fable":                      "one argument too many",
		"--synthetic 70b":                     `--synthetic is "70b", want fable, large, 2b4t, 3b or 8b`,
		"--synthetic 2b4t fable":              "another one is named",
		"--synthetic 2b4t -m x":               "another one is named",
		"--synthetic 2b4t --type f16":         `--type is "f16"`,
		"--synthetic 3b --type tq2_0":         "does not go into type TQ2_0",
		"--type tq2_0":                        "--type goes with --synthetic",
		"--seed 2":                            "--seed goes with --synthetic",
		"--synthetic-out x":                   "--synthetic-out goes with --synthetic",
		"-p 513":                              "pp513 takes a context of 513 tokens, and this model's has 512",
		"-p 0 -n 13 --depth 500":              "tg13 @ d500 takes a context of 513 tokens",
		"--synthetic fable --synthetic-out /": "", // not a usage error
	} {
		err := benchCommand(t, strings.Fields(args)...)
		if want == "" {
			require.False(t, isUsage(err), args)
			continue
		}
		require.ErrorContains(t, err, want, args)
		require.True(t, isUsage(err), args)
	}
}

func TestBenchTests(t *testing.T) {
	o := benchOptions{prefill: []int{8, 0, 16, 8}, decode: []int{4}, depth: []int{0, 32}}
	require.Equal(t, []bench.Test{
		{Prefill: 8},
		{Prefill: 16},
		{Decode: 4},
		{Prefill: 8, Depth: 32},
		{Prefill: 16, Depth: 32},
		{Decode: 4, Depth: 32},
	}, o.tests())
}

// TestBenchRefuses: kernels that compute wrongly have no speed.
func TestBenchRefuses(t *testing.T) {
	var out bytes.Buffer
	o := benchOptions{
		model: modelArg{path: "fable"}, decode: []int{1}, depth: []int{0}, threads: []int{1}, runs: 1, format: "md",
		check: func(*model.Weights) error { return errors.New("row 3 is 4, want 5") },
	}
	err := runBench(t.Context(), &Streams{Out: &out}, &o)
	require.ErrorContains(t, err, "no speed is measured: row 3 is 4, want 5")
	require.Empty(t, out.String())

	// A head that is made while the model is loaded is checked then.
	o.compute.HeadType, o.check, o.checkHead = dtype.Q8_0, bench.Check, func(m *nn.Matrix) error { return fmt.Errorf("the %v head is wrong", m.Type) }
	err = runBench(t.Context(), &Streams{Out: &out}, &o)
	require.ErrorContains(t, err, "no speed is measured: the Q8_0 head is wrong")
	require.Empty(t, out.String())
}

// TestBenchInterrupted: a measurement that is broken off prints nothing.
func TestBenchInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	o := benchOptions{
		model: modelArg{path: "fable"}, decode: []int{8}, depth: []int{0}, threads: []int{1}, runs: maxRuns, format: "md",
		check: func(*model.Weights) error { stop(); return nil },
	}
	require.ErrorIs(t, runBench(ctx, &Streams{Out: &out}, &o), context.Canceled)
	require.Empty(t, out.String())
}

func benchRows() []benchRow {
	rss := 1234.5
	return []benchRow{
		{
			Test: "pp512", Threads: 2, Rate: 1234.5678, Deviation: 12.345, BytesPerToken: 1.5e6, Share: 0.0567, Bandwidth: 33e9,
			SIMD: "avx2", Head: "f16", Cache: "f16", RSS: &rss, Model: "a|b", Size: 3 << 30, Parameters: 2_400_000_000, label: "pp512",
		},
		{Test: "tg8", Depth: 100, Threads: 16, Rate: 9.5, Bandwidth: 33e9, SIMD: "avx2", Head: "f16", Cache: "f32", Model: "ä", label: "tg8 @ d100"},
	}
}

func TestBenchTable(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printBenchTable(&out, benchRows()))
	require.Equal(t, ""+
		"| model |     size | params | threads |       test |             t/s | simd | head | bytes/token |        bandwidth |      RSS |\n"+
		"| ----- | -------: | -----: | ------: | ---------: | --------------: | ---- | ---- | ----------: | ---------------: | -------: |\n"+
		"| a\\|b  | 3.00 GiB | 2.40 B |       2 |      pp512 | 1234.57 ± 12.35 | avx2 | f16  |     1.50 MB | 6 % of 33.0 GB/s | 1.21 GiB |\n"+
		"| ä     |      0 B |      0 |      16 | tg8 @ d100 |     9.50 ± 0.00 | avx2 | f16  |         0 B | 0 % of 33.0 GB/s |        - |\n",
		out.String())
}

func TestBenchCSV(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printBenchCSV(&out, benchRows()))
	require.Equal(t, ""+
		"test,depth,threads,tps,tps_stddev,bytes_per_token,bandwidth_share,bandwidth_bytes_per_second,simd,head,cache,rss_mib,model,size_bytes,parameters\n"+
		"pp512,0,2,1234.57,12.345,1500000,0.0567,33000000000,avx2,f16,f16,1234.5,a|b,3221225472,2400000000\n"+
		"tg8,100,16,9.5,0,0,0,33000000000,avx2,f16,f32,,ä,0,0\n",
		out.String())
}

// TestSyntheticFile makes a model once, uses it again, and touches no other file.
func TestSyntheticFile(t *testing.T) {
	dir := t.TempDir()
	var f syntheticFlags
	f.shape, f.kind, f.out = "fable", "TQ2_0", filepath.Join(dir, "m.gguf")
	require.NoError(t, f.parse(nil))
	require.Equal(t, dtype.TQ2_0, f.model.Type)
	silent := newProgress(&Streams{})
	path, err := f.make(t.Context(), silent)
	require.NoError(t, err)
	require.Equal(t, f.out, path)
	first, err := os.Stat(path)
	require.NoError(t, err)
	_, err = f.make(t.Context(), silent)
	require.NoError(t, err)
	second, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(first, second))

	f.seed = 5
	require.NoError(t, f.parse(nil))
	_, err = f.make(t.Context(), silent)
	require.ErrorContains(t, err, "m.gguf is there and is not this model (fable, TQ2_0, seed 5)")

	// In the cache, the name says what the file should be.
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("LocalAppData", dir)
	f.out = ""
	path, err = f.make(t.Context(), silent)
	require.NoError(t, err)
	require.Equal(t, f.model.FileName(), filepath.Base(path))
	require.NoError(t, os.Truncate(path, 1000))
	_, err = f.make(t.Context(), silent)
	require.NoError(t, err)
	require.True(t, f.model.Matches(path), "a spoilt file of the cache is made anew")
}
