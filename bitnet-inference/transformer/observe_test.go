package transformer

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// observed returns the calls of Observe for ids, in passes of n tokens, as text and as
// rows by input.
func observed(t *testing.T, m *Model, n int, ids ...int32) (calls []string, rows map[string][]float32) {
	rows = map[string][]float32{}
	m.observe = func(layer int, input Input, x []float32, width int) {
		name := fmt.Sprintf("%d.%v", layer, input)
		require.Zero(t, len(x)%width)
		calls = append(calls, fmt.Sprintf("%s %d×%d", name, len(x)/width, width))
		rows[name] = append(rows[name], x...)
	}
	defer func() { m.observe = nil }()
	r := start(t, m)
	for ; len(ids) > 0; ids = ids[min(n, len(ids)):] {
		r.forward(ids[:min(n, len(ids))]...)
	}
	return calls, rows
}

// TestObserve: every input is shown once a pass, in order, as the reference path has it,
// and the same on any number of threads and in passes of any length.
func TestObserve(t *testing.T) {
	path := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	m := load(t, path, 3)
	c, ids := m.fast.Config(), []int32{1, 5, 9, 2, 7}
	calls, rows := observed(t, m.fast, MaxBatch, ids...)
	var want []string
	for l := range c.Layers {
		want = append(want, fmt.Sprintf("%d.qkv 5×%d", l, c.Dim), fmt.Sprintf("%d.o 5×%d", l, c.QDim()), fmt.Sprintf("%d.gate_up 5×%d", l, c.Dim), fmt.Sprintf("%d.down 5×%d", l, c.FFN))
	}
	require.Equal(t, want, calls)
	exact := slowInputs(t, m.slow, ids)
	for i, name := range []string{"0.qkv", "0.o"} { // before codes can differ
		width := len(exact[i][0])
		for tok, x := range exact[i] {
			for j, v := range x {
				require.InDelta(t, v, rows[name][tok*width+j], 1e-3*max(1, math.Abs(v)), "%s token %d", name, tok)
			}
		}
	}
	_, alone := observed(t, load(t, path, 1).fast, 1, ids...)
	require.Equal(t, rows, alone)
}

// TestObserveOwnNorms: projections that norm their input are shown what they read.
func TestObserveOwnNorms(t *testing.T) {
	m := load(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), 2).fast
	c := m.Config()
	calls, _ := observed(t, m, MaxBatch, 2, 3)
	require.Len(t, calls, 7*c.Layers)
	for i, name := range []string{"q", "k", "v"} {
		require.Equal(t, fmt.Sprintf("0.%s 2×%d", name, c.Dim), calls[i])
	}
	require.Equal(t, fmt.Sprintf("0.gate 2×%d", c.Dim), calls[4])
	require.Equal(t, fmt.Sprintf("0.up 2×%d", c.Dim), calls[5])
	require.Equal(t, fmt.Sprintf("0.down 2×%d", c.FFN), calls[6])
}

// TestObserveChanges: projections read what Observe leaves, and the same if that is all.
func TestObserveChanges(t *testing.T) {
	for _, path := range []string{
		golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), golden.Committed(t, "golden", "embed", "gemma3-bitnet"),
	} {
		m := load(t, path, 2).fast
		plain := start(t, m).forward(1, 2, 3)
		m.observe = func(int, Input, []float32, int) {}
		require.Equal(t, plain, start(t, m).forward(1, 2, 3))
		m.observe = func(_ int, _ Input, rows []float32, _ int) {
			for i := range rows {
				rows[i] *= 2 // which rounding takes away, but for the scale
			}
		}
		require.NotEqual(t, plain, start(t, m).forward(1, 2, 3))
		m.observe = nil
		require.Equal(t, plain, start(t, m).forward(1, 2, 3))
	}
}
