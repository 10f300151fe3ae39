package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCompares runs one round; the C loops need their libraries.
func TestCompares(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"--rounds", "1", "--json"}, &out, &bytes.Buffer{})
	if err != nil {
		if _, e := exec.LookPath("cc"); e != nil {
			require.ErrorContains(t, err, "there is no C compiler")
		} else {
			require.ErrorContains(t, err, "-dev")
		}
		t.Skip(err)
	}
	var r Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Results, len(cases))
	for _, one := range r.Results {
		require.Len(t, one.Nanoseconds, 4)
		for name, ns := range one.Nanoseconds {
			require.Positive(t, ns, "%s: %v", name, one.Case)
		}
	}
	require.NoError(t, r.write(&out, []string{"pool", "mimalloc"}))
	require.Contains(t, out.String(), "| pair | 64 B |")
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"x"}, {"--no"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}))
	}
}
