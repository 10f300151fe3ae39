package absmean

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// AddBF16 takes in rows of little-endian bfloat16, of one length and one after another in
// data, each into a mean of its own: the same to the bit as [Mean.Add] of each, and faster
// than by way of float32. It panics if data is not whole rows.
func AddBF16(means []Mean, data []byte) {
	if len(means) == 0 && len(data) == 0 {
		return
	}
	if len(means) == 0 || len(data)%(2*len(means)) != 0 {
		panic("absmean: AddBF16 length")
	}
	stride := len(data) / len(means)
	for len(means) > 0 {
		n := min(4, len(means))
		var s [4][4]float64
		done := 0
		if n == 4 {
			done = addBF16Vec(&s, data, stride)
		}
		for r := range n {
			means[r].addBF16(&s[r], data[r*stride+2*done:(r+1)*stride])
			means[r].n += done
		}
		means, data = means[n:], data[n*stride:]
	}
}

// addBF16 takes in values after those that are in s.
func (m *Mean) addBF16(s *[4]float64, data []byte) {
	m.n += len(data) / 2
	value := func(i int) float64 { return abs(dtype.BF16ToF32(binary.LittleEndian.Uint16(data[2*i:]))) }
	for ; len(data) >= 8; data = data[8:] {
		for i := range s {
			s[i] += value(i)
		}
	}
	for ; len(data) > 0; data = data[2:] {
		s[0] += value(0)
	}
	m.sum += s[0] + s[1] + s[2] + s[3]
}
