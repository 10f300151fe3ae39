package kvcache

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// TestPutReachesItsPlace fills every head of every position with a value of its
// own, in both plain types, and reads all of them back.
func TestPutReachesItsPlace(t *testing.T) {
	for _, d := range []dtype.DType{dtype.F32, dtype.F16} {
		s := Shape{Layers: 3, KVHeads: 2, HeadDim: 4, Positions: 37, Type: d}
		alloc := memory.NewChecked(memory.Heap())
		c, err := New(alloc, s)
		require.NoError(t, err)
		c.Pin()
		value := func(plane, layer, head, position, i int) float32 {
			return float32((((plane*3+layer)*2+head)*37+position)*4 + i)
		}
		for layer := range s.Layers {
			for p := range s.Positions {
				var k, v []float32
				for head := range s.KVHeads {
					for i := range s.HeadDim {
						k = append(k, value(0, layer, head, p, i))
						v = append(v, value(1, layer, head, p, i))
					}
				}
				c.Put(layer, p, k, v)
			}
		}
		read := func(b []byte, n int) float32 {
			if d == dtype.F16 {
				return dtype.F16ToF32(binary.LittleEndian.Uint16(b[2*n:]))
			}
			return math.Float32frombits(binary.LittleEndian.Uint32(b[4*n:]))
		}
		for layer := range s.Layers {
			for g := range s.KVHeads {
				h := c.Head(layer, g)
				for n := range s.Positions * s.HeadDim {
					p, i := n/s.HeadDim, n%s.HeadDim
					require.Equal(t, value(0, layer, g, p, i), read(h.Keys, (p/nn.KeyBlock*s.HeadDim+i)*nn.KeyBlock+p%nn.KeyBlock))
					require.Equal(t, value(1, layer, g, p, i), read(h.Values, n))
				}
			}
		}
		c.Unpin()
		c.Release()
		require.Empty(t, alloc.Leaks())
	}
}

// TestQuantizedReachesItsPlace: what a cache of Q8_0 holds of each head is what a
// head by itself does.
func TestQuantizedReachesItsPlace(t *testing.T) {
	for _, width := range []int{64, 80, 96, 100, 128} {
		s := Shape{Layers: 2, KVHeads: 3, HeadDim: width, Positions: 37, Type: dtype.Q8_0}
		require.EqualValues(t, 2*2*3*37*(width+2*((width+31)/32)), s.Bytes())
		alloc := memory.NewChecked(memory.Heap())
		c, err := New(alloc, s)
		require.NoError(t, err)
		c.Pin()
		keys, values := nn.HeadBytes(s.Type, width, s.Positions)
		var want []nn.Head
		for range s.Layers * s.KVHeads {
			want = append(want, nn.Head{Width: width, Type: s.Type, Keys: make([]byte, keys), Values: make([]byte, values)})
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for layer := range s.Layers {
			for p := range s.Positions {
				var k, v []float32
				for range s.KVHeads * width {
					k, v = append(k, rng.Float32()-0.5), append(v, rng.Float32()-0.5)
				}
				c.Put(layer, p, k, v)
				for g := range s.KVHeads {
					want[layer*s.KVHeads+g].Put(p, k[g*width:(g+1)*width], v[g*width:(g+1)*width])
				}
			}
		}
		for i := range want {
			require.Equal(t, &want[i], c.Head(i/s.KVHeads, i%s.KVHeads))
		}
		c.Unpin()
		c.Release()
		require.Empty(t, alloc.Leaks())
	}
}

func TestLength(t *testing.T) {
	c, err := New(memory.Heap(), Shape{Layers: 1, KVHeads: 1, HeadDim: 2, Positions: 4, Type: dtype.F32})
	require.NoError(t, err)
	defer c.Release()
	require.Equal(t, 4, c.Cap())
	require.Panics(t, func() { c.Head(0, 0) }, "not pinned")
	c.Extend(3)
	c.Truncate(1)
	require.Equal(t, 1, c.Len())
	require.Panics(t, func() { c.Truncate(2) })
	require.Panics(t, func() { c.Extend(4) })
	require.Panics(t, func() { c.Extend(-1) })
}

func TestTooLarge(t *testing.T) {
	_, err := New(memory.Heap(), Shape{Layers: 1 << 12, KVHeads: 1 << 10, HeadDim: 1 << 10, Positions: 1 << 24, Type: dtype.F32})
	require.ErrorContains(t, err, "choose a smaller context")
	require.Panics(t, func() { _, _ = New(memory.Heap(), Shape{Type: dtype.BF16}) })
}

// TestMoves: a cache that nobody has pinned moves when its pool is compacted, and
// holds what it held.
func TestMoves(t *testing.T) {
	p, err := pool.New(pool.Options{})
	require.NoError(t, err)
	s := Shape{Layers: 2, KVHeads: 2, HeadDim: 64, Positions: 4096, Type: dtype.F32}
	below, err := p.Alloc(8<<20, 0)
	require.NoError(t, err)
	c, err := New(p, s)
	require.NoError(t, err)
	row := make([]float32, s.KVHeads*s.HeadDim)
	for i := range row {
		row[i] = float32(i)
	}
	c.Pin()
	c.Put(1, 4095, row, row)
	at := &c.Head(0, 0).Keys[0]
	below.Release()
	done, err := p.Compact(t.Context(), false)
	require.NoError(t, err)
	require.Zero(t, done.Buffers, "pinned")
	c.Unpin()
	done, err = p.Compact(t.Context(), false)
	require.NoError(t, err)
	if !memory.Tracing {
		require.Equal(t, 1, done.Buffers)
	}
	c.Pin()
	if !memory.Tracing {
		require.NotSame(t, at, &c.Head(0, 0).Keys[0])
	}
	want := nn.Head{Width: 64, Type: s.Type}
	keys, values := nn.HeadBytes(s.Type, 64, s.Positions)
	want.Keys, want.Values = make([]byte, keys), make([]byte, values)
	want.Put(4095, row[64:], row[64:])
	require.Equal(t, &want, c.Head(1, 1))
	c.Unpin()
	c.Release()
	require.NoError(t, p.Close())
}
