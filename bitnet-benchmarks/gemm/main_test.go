package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
)

// TestCompares runs one round; the C program needs its library.
func TestCompares(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"--rounds", "1", "--small", "--json"}, &out, &bytes.Buffer{})
	if err != nil {
		if _, e := exec.LookPath("cc"); e != nil {
			require.ErrorContains(t, err, "there is no C compiler")
		} else {
			require.ErrorContains(t, err, "install libopenblas-dev")
		}
		t.Skip(err)
	}
	var r Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Results, len(cases(true)))
	require.Len(t, r.Results, len(cases(false))/3)
	require.Len(t, r.Int8, len(r.Results))
	require.Empty(t, r.Goals)
	require.NotEmpty(t, r.OpenBLAS)
	require.Positive(t, r.Peak)
	for _, one := range r.Results {
		require.Len(t, one.GFLOPS, 3)
		for name, speed := range one.GFLOPS {
			require.Positive(t, speed, "%s: %v", name, one.Case)
		}
	}
	out.Reset()
	require.NoError(t, r.write(&out))
	require.Contains(t, out.String(), "| 256 × 256 × 256 | (K, N) | 1 |")
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"x"}, {"--no"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}))
	}
}

// TestLibrariesAgree needs no C program.
func TestLibrariesAgree(t *testing.T) {
	for _, c := range cases(true) {
		o, err := newOurs(c.Threads)
		require.NoError(t, err)
		_, a, _ := o.run(c, 1)
		_, b, _ := runGonum(c, 1)
		_, ints, _ := o.runInts(c, 1)
		o.close()
		require.Equal(t, a, b, "%+v", c)
		require.Equal(t, a, ints, "%+v", c)
	}
}

func TestVector(t *testing.T) {
	v, err := compareVector(t.Context(), 2, 256, 1<<20, 1)
	require.NoError(t, err)
	require.Positive(t, v.Speed)
	require.Positive(t, v.Bandwidth)
	require.InDelta(t, v.Speed/v.Bandwidth, v.Share.Median, 1e-9)
}

// TestGoals has a product that meets one of its goals.
func TestGoals(t *testing.T) {
	square := Case{M: goalSize, N: goalSize, K: goalSize, Threads: 2}
	one := square
	one.Threads = 1
	times := map[string]paired.Spread{"OpenBLAS": {Median: 0.7, Min: 0.6, Max: 0.8}, "gonum": {Median: 7.9, Min: 7, Max: 9}}
	all := goals([]Result{{Case: one}, {Case: square, Times: times}}, 2)
	require.Len(t, all, 2)
	var out bytes.Buffer
	require.NoError(t, (&Report{Goals: all, Int8: []Result{{Case: square}}}).write(&out))
	require.Contains(t, out.String(), "\nPASS  1024 × 1024 × 1024 on 2 threads, bitnet ÷ OpenBLAS: 0.7 (0.6 to 0.8), want 0.7\n"+
		"FAIL  1024 × 1024 × 1024 on 2 threads, bitnet ÷ gonum: 7.9 (7 to 9), want 8\n")
	require.Contains(t, out.String(), "| – |")
}
