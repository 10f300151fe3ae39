package transformer

import (
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
)

// sampleBytes is how much of a tensor's beginning, middle and end goes into a
// fingerprint.
const sampleBytes = 512

// Fingerprint returns a SHA-256 that tells keys and values of this Model from
// those of others: over the config, the type and layout of the cache, the shape of
// every tensor, all norms and scales, and a sample of all other weights: the first,
// the middle and the last 512 bytes of each. It is computed once, in
// milliseconds.
//
// It tells models apart that were trained, tuned or quantized differently. It does
// not tell when single weights changed that are not in the sample, as by a damaged
// disk: that takes reading the whole file. The same model from a file of
// another format may have another fingerprint, as its weights may lie differently
// in memory. Threads and the way the head is used do not matter.
func (m *Model) Fingerprint() [32]byte {
	m.makeFingerprint.Do(func() {
		h := sha256.New()
		p := print{h}
		fmt.Fprintf(h, "%+v\n%v %d\n", m.config, m.cache, kvcache.LayoutVersion)
		p.matrix(&m.embed)
		p.matrix(&m.head)
		p.floats(m.norm)
		for i := range m.layers {
			l := &m.layers[i]
			for _, norm := range [][]float32{l.attnNorm, l.attnSubNorm, l.ffnNorm, l.ffnSubNorm} {
				p.floats(norm)
			}
			for _, all := range [][]linear{l.qkv, l.o, l.gateUp, l.down} {
				for j := range all {
					p.linear(&all[j])
				}
			}
		}
		h.Sum(m.fingerprint[:0])
	})
	return m.fingerprint
}

// A print writes what stands for tensors, each with its size before it, to a hash,
// which returns no errors.
type print struct{ w io.Writer }

func (p print) linear(l *linear) {
	fmt.Fprintf(p.w, "%d×%d\n", l.out, l.in)
	if l.ternary != nil {
		for _, w := range l.ternary.W {
			fmt.Fprintf(p.w, "ternary %d×%d order %d\n", w.Rows, w.Cols, w.Order)
			p.sample(w.Data)
		}
		p.floats(l.ternary.Scale)
	}
	for i := range l.dense {
		p.matrix(&l.dense[i])
	}
}

func (p print) matrix(m *nn.Matrix) {
	fmt.Fprintf(p.w, "%v %d×%d\n", m.Type, m.Rows, m.Cols)
	p.sample(m.Data)
}

func (p print) floats(v []float32) {
	fmt.Fprintf(p.w, "%d floats\n", len(v))
	b := make([]byte, 4*len(v))
	nn.Float32s(b, v)
	_, _ = p.w.Write(b)
}

func (p print) sample(data []byte) {
	fmt.Fprintf(p.w, "%d bytes\n", len(data))
	n := min(sampleBytes, len(data))
	for _, at := range []int{0, (len(data) - n) / 2, len(data) - n} {
		_, _ = p.w.Write(data[at : at+n])
	}
}
