package kvcache

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// filled returns a cache of so many positions, all put with values of their own,
// the first n of which count.
func filled(t *testing.T, s Shape, n int) *Cache {
	t.Helper()
	c, err := New(memory.Heap(), s)
	require.NoError(t, err)
	t.Cleanup(c.Release)
	c.Pin()
	defer c.Unpin()
	for layer := range s.Layers {
		for p := range s.Positions {
			k, v := make([]float32, s.KVHeads*s.HeadDim), make([]float32, s.KVHeads*s.HeadDim)
			for i := range k {
				k[i] = float32(1 + layer + 2*p + 3*i)
				v[i] = -k[i]
			}
			c.Put(layer, p, k, v)
		}
	}
	c.Extend(n)
	return c
}

func written(t *testing.T, c *Cache, layer, n int) (keys, values []byte) {
	t.Helper()
	var k, v bytes.Buffer
	require.NoError(t, c.WriteKeys(&k, layer, n))
	require.NoError(t, c.WriteValues(&v, layer, n))
	return k.Bytes(), v.Bytes()
}

// TestSavedRestores writes caches of many lengths and restores all or some of the
// positions into caches of other capacities: what counts is the same, and so is
// what that is written as.
func TestSavedRestores(t *testing.T) {
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
		_, size := Shape{Type: d}.SavedType().Block()
		for _, saved := range []int{0, 1, 31, 32, 33, 64, 70} {
			s := Shape{Layers: 2, KVHeads: 3, HeadDim: 4, Positions: 70, Type: d}
			from := filled(t, s, saved)
			for _, n := range []int{0, 1, saved / 2, saved} {
				if n > saved {
					continue
				}
				s.Positions = max(n, 1)
				to, err := New(memory.Heap(), s)
				require.NoError(t, err)
				for layer := range s.Layers {
					keys, values := written(t, from, layer, saved)
					require.Len(t, keys, elements(s.SavedKeys(saved))*size)
					require.Len(t, values, elements(s.SavedValues(saved))*size)
					to.Restore(layer, n, keys, values, saved)
				}
				to.Extend(n)
				for layer := range s.Layers {
					wantKeys, wantValues := written(t, from, layer, n)
					keys, values := written(t, to, layer, n)
					require.Equal(t, wantKeys, keys, "%v: %d of %d", d, n, saved)
					require.Equal(t, wantValues, values, "%v: %d of %d", d, n, saved)
				}
				to.Release()
			}
		}
	}
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// TestSavedHoldsNothingElse: of positions behind those that are saved there is no
// trace, though they share a block with them.
func TestSavedHoldsNothingElse(t *testing.T) {
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
		holdsNothingElse(t, d)
	}
}

func holdsNothingElse(t *testing.T, d dtype.DType) {
	s := Shape{Layers: 1, KVHeads: 2, HeadDim: 4, Positions: 40, Type: d}
	full := filled(t, s, 40)
	once := filled(t, s, 40)
	none := make([]float32, s.KVHeads*s.HeadDim)
	once.Pin()
	for p := 35; p < 40; p++ {
		once.Put(0, p, none, none)
	}
	once.Unpin()
	wantKeys, wantValues := written(t, once, 0, 35)
	keys, values := written(t, full, 0, 35)
	require.Equal(t, wantKeys, keys)
	require.Equal(t, wantValues, values)
	require.Len(t, keys, s.KVHeads*2*nn.KeyBlock*nn.PositionBytes(d, s.HeadDim))
}

func TestSavedMistakes(t *testing.T) {
	c := filled(t, Shape{Layers: 1, KVHeads: 1, HeadDim: 2, Positions: 40, Type: dtype.F16}, 33)
	keys, values := written(t, c, 0, 33)
	require.Panics(t, func() { _ = c.WriteKeys(&bytes.Buffer{}, 0, 34) })
	require.Panics(t, func() { _ = c.WriteValues(&bytes.Buffer{}, 0, -1) })
	require.Panics(t, func() { c.Restore(0, 34, keys, values, 33) })
	require.Panics(t, func() { c.Restore(0, 33, keys[1:], values, 33) })
	require.Panics(t, func() { c.Restore(0, 33, keys, values[1:], 33) })
	require.Panics(t, func() { c.Restore(0, 41, make([]byte, 256), make([]byte, 41*4), 41) })
}
