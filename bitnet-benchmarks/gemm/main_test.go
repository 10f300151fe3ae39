package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
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
		o.close()
		require.Equal(t, a, b, "%+v", c)
	}
}
