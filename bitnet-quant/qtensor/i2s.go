package qtensor

import (
	"encoding/binary"
	"fmt"
	"math"
)

// i2sOrder says which code of a byte belongs to which quarter of a group.
var i2sOrder = [4]uint8{3, 2, 1, 0}

func i2sCode(data []byte, k int) byte {
	g, o := k/i2sGroup, k%i2sGroup
	return data[g*i2sGroupBytes+o%32] >> (2 * i2sOrder[o/32]) & 3
}

// i2sDecode sets dst to the codes from weight k on. Groups run on from row to
// row, so the first and the last one may be shared with other rows.
func i2sDecode(dst, data []byte, k int) {
	for len(dst) > 0 {
		src := (*[i2sGroupBytes]byte)(data[k/i2sGroup*i2sGroupBytes:])
		if k%i2sGroup == 0 && len(dst) >= i2sGroup {
			spread((*[i2sGroup]byte)(dst), src, &i2sOrder)
			dst, k = dst[i2sGroup:], k+i2sGroup
			continue
		}
		var group [i2sGroup]byte
		spread(&group, src, &i2sOrder)
		n := copy(dst, group[k%i2sGroup:])
		dst, k = dst[n:], k+n
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
		g, o := k/i2sGroup, k%i2sGroup
		data[g*i2sGroupBytes+o%32] |= byte(w+1) << (2 * i2sOrder[o/32])
	}
	binary.LittleEndian.PutUint32(data[len(codes)/4:], math.Float32bits(scale))
	return data
}

func finite(v float32) bool { return v-v == 0 }
