package qtensor

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// i2sAt returns the byte that holds weight k, and its code's place there.
func i2sAt(k int) (at, shift int) {
	g, o := k/i2sGroup, k%i2sGroup
	return g*i2sGroupBytes + o%32, 6 - 2*(o/32)
}

func i2sCode(data []byte, k int) byte {
	at, shift := i2sAt(k)
	return data[at] >> shift & 3
}

// i2sDecode sets dst to the codes from weight k on. Groups run on from row to
// row, so the first and the last one may be shared with other rows.
func i2sDecode(dst, data []byte, k int) {
	for len(dst) > 0 {
		var group [i2sGroup]byte
		src := (*[i2sGroupBytes]byte)(data[k/i2sGroup*i2sGroupBytes:])
		for m := 0; m < 32; m += 8 {
			v := load(src[m:])
			store(group[m:], v>>6&lowCodes)
			store(group[32+m:], v>>4&lowCodes)
			store(group[64+m:], v>>2&lowCodes)
			store(group[96+m:], v&lowCodes)
		}
		n := copy(dst, group[k%i2sGroup:])
		dst, k = dst[n:], k+n
	}
}

// i2sPack repacks a row of whole blocks that begins with a group.
func i2sPack(dst, src []byte) {
	for ; len(dst) > 0; dst, src = dst[ternary.BlockBytes:], src[2*i2sGroupBytes:] {
		ternary.PackGroupsReversed((*[ternary.BlockBytes]byte)(dst), (*[32]byte)(src), (*[32]byte)(src[32:]))
	}
}

func (t *Tensor) i2sScale() ([]float32, error) {
	s := math.Float32frombits(binary.LittleEndian.Uint32(t.Data[len(t.Data)-i2sTail:]))
	if !finite(s) {
		return nil, fmt.Errorf("qtensor: %v scale is %v: the data is damaged", t.Layout, s)
	}
	return []float32{s}, nil
}

func i2sEncode(codes []int8, scale float32) []byte {
	data := make([]byte, len(codes)/4+i2sTail)
	for k, w := range codes {
		at, shift := i2sAt(k)
		data[at] |= byte(w+1) << shift
	}
	binary.LittleEndian.PutUint32(data[len(codes)/4:], math.Float32bits(scale))
	return data
}

func finite(v float32) bool { return v-v == 0 }
