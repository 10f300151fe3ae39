package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestCompares runs one short round; Python needs the library.
func TestCompares(t *testing.T) {
	t.Setenv("BITNET_TESTDATA", golden.Path(t))
	var out bytes.Buffer
	err := run(t.Context(), []string{"--rounds", "1", "--time", "1ms", "--json"}, &out, &bytes.Buffer{})
	if err != nil {
		require.ErrorContains(t, err, "pip install tokenizers")
		t.Skip(err)
	}
	var r Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.Len(t, r.Results, 3*len(vocabularies))
	for _, one := range r.Results {
		require.Positive(t, one.Documents, one.Texts)
		require.Positive(t, one.Bitnet, one.Texts)
		require.Positive(t, one.Library, one.Texts)
		require.Positive(t, one.Threads.Median, one.Texts)
	}
	require.Positive(t, r.Heap["llama3_1"])
	require.Less(t, r.Heap["llama3_1"], 60.0, "MiB of Llama 3's vocabulary")
	out.Reset()
	require.NoError(t, r.write(&out))
	require.Contains(t, out.String(), "| qwen3 | English |")
}

func TestRefuses(t *testing.T) {
	t.Setenv("BITNET_TESTDATA", "")
	for _, args := range [][]string{{"--rounds", "0"}, {"x"}, {"--no"}, {"--time", "0s"}, {}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}))
	}
}

func TestPassesFor(t *testing.T) {
	passes, err := passesFor(10*time.Millisecond, func(passes int) (time.Duration, error) {
		return time.Duration(passes) * 3 * time.Millisecond, nil
	})
	require.NoError(t, err)
	require.Equal(t, 4, passes)
	_, err = passesFor(time.Second, func(int) (time.Duration, error) { return 0, context.Canceled })
	require.ErrorIs(t, err, context.Canceled)
}
