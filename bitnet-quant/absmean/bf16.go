package absmean

import (
	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// addBF16 takes in rows of little-endian bfloat16, of one length and one after another in
// data, each into a mean of its own: the same to the bit as [Mean.Add] of each. It panics
// if data is not whole rows.
func addBF16(means []Mean, data []byte) {
	if len(means) == 0 && len(data) == 0 {
		return
	}
	if len(means) == 0 || len(data)%(2*len(means)) != 0 {
		panic("absmean: addBF16 length")
	}
	stride := len(data) / len(means)
	var rest []float32 // what kernels leave of a row
	for len(means) > 0 {
		n := min(4, len(means))
		var s [4][4]float64
		done := 0
		if n == 4 {
			done = addBF16Vec(&s, data, stride)
		}
		for r := range n {
			if len(rest) < stride/2-done {
				rest = make([]float32, stride/2-done)
			}
			means[r].addBF16(&s[r], data[r*stride+2*done:(r+1)*stride], rest)
			means[r].n += done
		}
		means, data = means[n:], data[n*stride:]
	}
}

// addBF16 takes in values after those that are in s, by way of float32: rest has room for
// them.
func (m *Mean) addBF16(s *[4]float64, data []byte, rest []float32) {
	if n := len(data) / 2; n > 0 {
		w := rest[:n]
		if _, err := convert.Convert(convert.Bytes(w), data, dtype.F32, dtype.BF16, convert.Options{}); err != nil {
			panic("absmean: addBF16 row") // whole values of a known type
		}
		add(s, w)
		m.n += n
	}
	m.sum += s[0] + s[1] + s[2] + s[3]
}
