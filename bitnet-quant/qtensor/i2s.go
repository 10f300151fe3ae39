package qtensor

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// A group of 4·n weights takes n bytes: n is 32, or 16 in I2SARM. i2sAt returns the byte
// that holds weight k, and its code's place there.
func i2sAt(n, k int) (at, shift int) {
	g, o := k/(4*n), k%(4*n)
	return g*n + o%n, 6 - 2*(o/n)
}

func i2sCode(data []byte, n, k int) byte {
	at, shift := i2sAt(n, k)
	return data[at] >> shift & 3
}

// i2sDecode sets dst to the codes from weight k on. Groups run on from row to
// row, so the first and the last one may be shared with other rows.
func i2sDecode(dst, data []byte, n, k int) {
	var group [i2sGroup]byte
	for len(dst) > 0 {
		src, at := data[k/(4*n)*n:], k%(4*n)
		if at == 0 && len(dst) >= 4*n {
			i2sGroupCodes(dst[:4*n], src[:n])
			dst, k = dst[4*n:], k+4*n
			continue
		}
		i2sGroupCodes(group[:4*n], src[:n])
		done := copy(dst, group[at:4*n])
		dst, k = dst[done:], k+done
	}
}

func i2sGroupCodes(dst, src []byte) {
	n := len(src)
	d0, d1, d2, d3 := dst[:n], dst[n:2*n], dst[2*n:3*n], dst[3*n:4*n]
	for m := 0; m+8 <= n; m += 8 {
		v := load(src[m:])
		store(d0[m:], v>>6&lowCodes)
		store(d1[m:], v>>4&lowCodes)
		store(d2[m:], v>>2&lowCodes)
		store(d3[m:], v&lowCodes)
	}
}

// i2sEncode stores weights, whole groups of them.
func i2sEncode(dst, weights []byte, n int) {
	for ; len(dst) > 0; dst, weights = dst[n:], weights[4*n:] {
		w0, w1, w2, w3 := weights[:n], weights[n:2*n], weights[2*n:3*n], weights[3*n:4*n]
		for m := 0; m+8 <= n; m += 8 {
			store(dst[m:], codesOf(w0[m:])<<6|codesOf(w1[m:])<<4|codesOf(w2[m:])<<2|codesOf(w3[m:]))
		}
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

func finite(v float32) bool { return v-v == 0 }
