package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// TestView: weights that are used as they lie in the file give the bits of weights
// that are packed, and a layout that cannot be viewed has its input's others packed.
func TestView(t *testing.T) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "ternary", "models") + "/tiny-b158-i2_s.gguf")
	require.NoError(t, err)
	defer ck.Close()
	ids := []int32{1, 50, 3, 200, 7}
	var want []uint32
	for _, c := range []struct {
		name   string
		repack func(layer int, name string) bool
		copied func(all int) int // bytes of packed weights, of all
	}{
		{"all viewed", func(int, string) bool { return false }, func(int) int { return 0 }},
		{"all packed", func(int, string) bool { return true }, func(all int) int { return all }},
		{"a key among others", func(layer int, name string) bool { return layer == 0 && name == "k" }, nil},
		{"one down", func(layer int, name string) bool { return layer == 1 && name == "down" }, nil},
	} {
		w, err := ck.Weights()
		require.NoError(t, err)
		all := 0
		for i := range w.Layers {
			l := &w.Layers[i]
			for name, p := range map[string]**qtensor.Tensor{
				"q": &l.Q.Ternary, "k": &l.K.Ternary, "v": &l.V.Ternary, "o": &l.O.Ternary,
				"gate": &l.Gate.Ternary, "up": &l.Up.Ternary, "down": &l.Down.Ternary,
			} {
				all += (*p).Rows * (*p).Cols / 4
				if c.repack(i, name) {
					*p = repacked(t, *p)
				}
			}
		}
		alloc := memory.NewChecked(memory.Heap())
		pool := parallel.New(2)
		m, err := New(ck.Config, w, Options{Pool: pool, Memory: alloc, Head: HeadFull})
		require.NoError(t, err)
		switch n := m.packed.Len(); {
		case c.copied != nil:
			require.Equal(t, c.copied(all), n, c.name)
		default:
			require.Positive(t, n, c.name)
			require.Less(t, n, all, c.name)
		}
		got := inBatches(t, m, ids, 3)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, c.name)
		m.Close()
		pool.Close()
		require.Empty(t, alloc.Leaks())
	}
}

// repacked returns the weights in a layout that has to be packed.
func repacked(t *testing.T, from *qtensor.Tensor) *qtensor.Tensor {
	codes := make([]int8, from.Rows*from.Cols)
	for r := range from.Rows {
		from.Codes(codes[r*from.Cols:(r+1)*from.Cols], r)
	}
	data, err := qtensor.Pack(qtensor.HF, codes, from.Rows, from.Cols, 1)
	require.NoError(t, err)
	to, err := qtensor.Parse(qtensor.HF, data, from.Rows, from.Cols)
	require.NoError(t, err)
	to.Scale = from.Scale
	return to
}
