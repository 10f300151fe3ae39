package transformer

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
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
		copied func(all int) int // bytes of packed weights, of all; nil: some
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
			for _, parts := range inputs(l) {
				rows, cols := shape(parts)
				all += ternary.Smallest(rows, cols).Bytes(rows, cols)
			}
			for name, p := range map[string]**qtensor.Tensor{
				"q": &l.Q.Ternary, "k": &l.K.Ternary, "v": &l.V.Ternary, "o": &l.O.Ternary,
				"gate": &l.Gate.Ternary, "up": &l.Up.Ternary, "down": &l.Down.Ternary,
			} {
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

// TestSettle packs weights that were used where they lie, layer by layer and while
// another state computes: all give the same bits.
func TestSettle(t *testing.T) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "ternary", "models") + "/tiny-b158-i2_s.gguf")
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	var mu sync.Mutex
	forgotten := 0
	w.Forget = func(data []byte) {
		mu.Lock()
		defer mu.Unlock()
		forgotten += len(data)
	}
	alloc := memory.NewChecked(memory.Heap())
	pool := parallel.New(2)
	defer func() {
		pool.Close()
		require.Empty(t, alloc.Leaks())
	}()
	m, err := New(ck.Config, w, Options{Pool: pool, Memory: alloc, Head: HeadFull})
	require.NoError(t, err)
	defer m.Close()
	ids := []int32{1, 50, 3, 200, 7}
	want, print := inBatches(t, m, ids, 3), m.Fingerprint()

	settled, err := m.Settle()
	require.NoError(t, err)
	require.False(t, settled, "a model of this size stays in the cache")
	for i := range w.Layers {
		m.settle.layers = append(m.settle.layers, unsettled{i, &w.Layers[i]})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			assert.Equal(t, want, inBatches(t, m, ids, 2))
		}
	}()
	for range w.Layers {
		settled, err = m.Settle()
		require.NoError(t, err)
		require.True(t, settled)
		require.Equal(t, want, inBatches(t, m, ids, 3))
	}
	settled, err = m.Settle()
	require.NoError(t, err)
	require.False(t, settled)
	<-done
	all, lay := 0, 0
	for i := range w.Layers {
		for _, parts := range inputs(&w.Layers[i]) {
			all += packedBytes(parts)
			for _, p := range parts {
				lay += len(p.Ternary.Data)
			}
		}
	}
	require.Equal(t, all, m.TernaryBytes())
	require.Equal(t, lay, forgotten, "the file's pages are given back")

	same, err := New(ck.Config, w, Options{Pool: pool, Memory: alloc, Head: HeadFull})
	require.NoError(t, err)
	defer same.Close()
	same.settle.layers = []unsettled{{0, &w.Layers[0]}}
	_, err = same.Settle()
	require.NoError(t, err)
	require.Equal(t, print, same.Fingerprint(), "packing changes no fingerprint")
}

// TestSettleFails: without memory for them, weights are used where they lie.
func TestSettleFails(t *testing.T) {
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "ternary", "models") + "/tiny-b158-i2_s.gguf")
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	pool := parallel.New(1)
	defer pool.Close()
	m, err := New(ck.Config, w, Options{Pool: pool, Head: HeadFull})
	require.NoError(t, err)
	defer m.Close()
	m.settle.layers = []unsettled{{0, &w.Layers[0]}, {1, &w.Layers[1]}}
	want := inBatches(t, m, []int32{1, 50, 3}, 3)
	m.alloc = exhausted{}
	_, err = m.Settle()
	require.ErrorContains(t, err, "packed weights of a layer need 1 MiB: no memory left")
	settled, err := m.Settle()
	require.NoError(t, err)
	require.False(t, settled)
	m.alloc = memory.Heap()
	require.Equal(t, want, inBatches(t, m, []int32{1, 50, 3}, 3))
}

type exhausted struct{ memory.Allocator }

func (exhausted) Alloc(int, int) (memory.Buffer, error) {
	return memory.Buffer{}, errors.New("no memory left")
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
