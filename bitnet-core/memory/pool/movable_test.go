package pool

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestCompact: of many movable buffers, large and small, most go; what is left moves
// together with its contents, but for those that are pinned, and the memory between
// can be returned.
func TestCompact(t *testing.T) {
	if guarding {
		t.Skip("nothing moves")
	}
	p := open(t, Options{Region: 16 << 20, MaxRegion: 16 << 20})
	r := rand.New(rand.NewPCG(1, 2))
	type one struct {
		m    memory.Movable
		seed byte
	}
	var all []one
	fill := func(b []byte, seed byte) {
		for i := range b {
			b[i] = byte(i*7) + seed
		}
	}
	for i := range 400 {
		n := 1 + r.IntN(200_000)
		if i%3 == 0 {
			n = 1<<20 + r.IntN(3<<20)
		}
		m, err := p.AllocMovable(n, 0)
		require.NoError(t, err)
		fill(m.Pin(), byte(i))
		m.Unpin()
		all = append(all, one{m, byte(i)})
	}
	var left []one
	for _, o := range all {
		if r.IntN(10) > 0 {
			o.m.Release()
		} else {
			left = append(left, o)
		}
	}
	pinned := map[*byte]int{}
	for i := 0; i < len(left); i += 7 {
		pinned[&left[i].m.Pin()[0]] = i
	}
	p.Flush()
	p.Trim(0, nil, false)
	before := p.Stats()

	would, err := p.Compact(t.Context(), true)
	require.NoError(t, err)
	require.Positive(t, would.Buffers)
	require.Equal(t, before.Committed, p.Stats().Committed, "dry")
	done, err := p.Compact(t.Context(), false)
	require.NoError(t, err)
	require.Positive(t, done.Buffers)
	p.Trim(0, nil, false)
	after := p.Stats()
	require.Equal(t, before.Requested, after.Requested)
	require.Equal(t, before.SmallLive+before.LargeLive, after.SmallLive+after.LargeLive)
	require.Less(t, after.Committed, before.Committed)
	require.Less(t, after.Reserved, before.Reserved)
	for at, i := range pinned {
		require.Same(t, at, &left[i].m.Pin()[0], "pinned buffers stay")
		left[i].m.Unpin()
		left[i].m.Unpin()
	}
	for _, o := range left {
		data := o.m.Pin()
		for i, v := range data {
			if v != byte(i*7)+o.seed {
				t.Fatalf("byte %d of %d is %d", i, len(data), v)
			}
		}
		o.m.Unpin()
		o.m.Release()
	}
	require.Zero(t, p.Stats().Requested)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Compact(ctx, false)
	require.NoError(t, err, "there is nothing to do")
	m, err := p.AllocMovable(10, 0)
	require.NoError(t, err)
	_, err = p.Compact(ctx, false)
	require.ErrorIs(t, err, context.Canceled)
	require.Panics(t, m.Unpin)
	m.Pin()
	require.Panics(t, m.Release)
	m.Unpin()
	m.Release()
	require.Panics(t, func() { m.Pin() })
}

// TestCarry: zeros are not written where there are zeros, and are where there are not.
func TestCarry(t *testing.T) {
	const page = 4096
	from := make([]byte, 5*page+100)
	from[3*page+5], from[5*page+99] = 7, 8
	to := make([]byte, len(from))
	for i := range to[page : 2*page] {
		to[page+i] = 0xff
	}
	carry(to, from, []stretch{{page, 2 * page}})
	require.Equal(t, from, to)
}
