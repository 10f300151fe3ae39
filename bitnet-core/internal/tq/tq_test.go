package tq

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// plain returns weight i of a block, as the package documentation says.
func plain(block []byte, d dtype.DType, i int) int8 {
	if d == dtype.TQ2_0 {
		return int8(block[i/128*32+i%32]>>(i%128/32*2)&3) - 1
	}
	m, n := i%32, i/32
	if i >= 240 {
		m, n = 48+i%4, (i-240)/4
	} else if i >= 160 {
		m, n = 32+i%16, (i-160)/16
	}
	v := block[m]
	for range n {
		v *= 3
	}
	return int8(uint16(v)*3>>8) - 1
}

// TestDecode goes through all bytes at all places.
func TestDecode(t *testing.T) {
	for _, d := range []dtype.DType{dtype.TQ1_0, dtype.TQ2_0} {
		_, size := d.Block()
		block := make([]byte, size+1)
		binary.LittleEndian.PutUint16(block[size-2:], 0xc100) // -2.5
		block[size] = 99
		for first := range 256 {
			for i := range size - 2 {
				block[i] = byte(first + 7*i)
			}
			var w [Weights]int8
			require.Equal(t, float32(-2.5), Decode(&w, block, d))
			for i, v := range w {
				require.Equal(t, plain(block, d, i), v, "%v, bytes from %d on, weight %d", d, first, i)
			}
		}
	}
}

func TestEncode(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []dtype.DType{dtype.TQ1_0, dtype.TQ2_0} {
		_, size := d.Block()
		for range 100 {
			var codes [Weights]byte
			var want, got [Weights]int8
			for i := range codes {
				codes[i] = byte(r.IntN(3))
				want[i] = int8(codes[i]) - 1
			}
			block := make([]byte, size+1)
			block[size] = 99
			Encode(block, &codes, 1.5, d)
			require.Equal(t, float32(1.5), Decode(&got, block, d))
			require.Equal(t, want, got, d)
			require.EqualValues(t, 99, block[size])
			require.Panics(t, func() { Encode(block[:size-1:size-1], &codes, 1, d) })
			require.Panics(t, func() { Decode(&got, block[:size-1:size-1], d) })
		}
	}
}
