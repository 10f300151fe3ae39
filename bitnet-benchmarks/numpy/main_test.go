package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCompares runs one round; it needs a Python with NumPy.
func TestCompares(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--rounds", "1", "--small", "--json"}, &out, &bytes.Buffer{}); err != nil {
		require.Regexp(t, "install Python|which installs it", err.Error())
		require.Empty(t, os.Getenv("CI"), "%v", err)
		t.Skip(err)
	}
	var r Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Results, 2*len(operations)-1)
	require.NotEmpty(t, r.NumPy)
	require.Positive(t, r.Bandwidth)
	for _, one := range r.Results {
		require.Positive(t, one.Bitnet, "%+v", one.Case)
		require.Positive(t, one.NumPy, "%+v", one.Case)
	}
	out.Reset()
	require.NoError(t, r.write(&out))
	require.Contains(t, out.String(), "| softmax | 128 × 128 | new |")
	require.Regexp(t, `128 × 128, existing destination: bitnet is faster in \d of 7\.`, out.String())
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"x"}, {"--no"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}))
	}
	t.Setenv("BITNET_NUMPY_PYTHON", "no-such-python")
	require.ErrorContains(t, run(t.Context(), nil, &bytes.Buffer{}, &bytes.Buffer{}), "install Python")
}

// TestOursIsRight compares the operations with arithmetic, without NumPy.
func TestOursIsRight(t *testing.T) {
	const side = 128
	o, err := newOurs(side)
	require.NoError(t, err)
	element := func(i, seed int) float64 { return float64((i*7+seed)%13-6) / 8 }
	want := map[string]float64{"softmax": side}
	var sum float64
	for i := range side * side {
		x := element(i, 1)
		want["add"] += math.Abs(x + element(i, 2))
		want["mul"] += math.Abs(x * element(i, 2))
		want["exp"] += math.Exp(x)
		want["transposed copy"] += math.Abs(x)
		want["broadcast add"] += math.Abs(x + element(i%side, 3))
		sum += x
	}
	want["sum"] = math.Abs(sum)
	for _, c := range cases(side) {
		took, got, err := o.run(c, 2)
		require.NoError(t, err)
		require.Positive(t, took)
		require.InEpsilon(t, want[c.Op], got, 1e-5, "%+v", c)
	}
	require.NoError(t, o.close())
}
