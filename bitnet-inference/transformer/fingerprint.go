package transformer

import (
	"crypto/sha256"
	"fmt"
	"io"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
)

// sampleBytes is how much of a tensor's beginning, middle and end goes into a
// fingerprint.
const sampleBytes = 512

// Fingerprint returns a SHA-256 that tells keys and values of this Model from
// those of others: over the config, the type and layout of the cache, the shape of
// every tensor, all norms and scales, and a sample of all other weights: the first,
// the middle and the last row of projections that share an input, 512 bytes each of
// other tensors. It is computed once, in some ten milliseconds.
//
// It tells models apart that were trained, tuned or quantized differently. It does
// not tell when single weights changed that are not in the sample, as by a damaged
// disk: that takes reading the whole file. Threads, the CPU and the way the head is used do
// not matter.
func (m *Model) Fingerprint() [32]byte {
	m.makeFingerprint.Do(func() {
		h := sha256.New()
		p := print{h}
		fmt.Fprintf(h, "%+v\n%v %d\n", m.config, m.cache, kvcache.LayoutVersion)
		p.matrix(&m.embed)
		p.matrix(&m.head)
		p.floats(m.norm)
		for i := range m.layers {
			l := m.layers[i].Load()
			for _, norm := range [][]float32{l.attnNorm, l.attnSubNorm, l.ffnNorm, l.ffnSubNorm, l.qNorm, l.kNorm, l.attnPost, l.ffnPost} {
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
	p.floats(l.norm)
	if l.ternary != nil {
		// As weights, not as bytes: they are packed as it suits the CPU and the moment.
		fmt.Fprint(p.w, "ternary\n")
		weights := make([]int8, l.in)
		for _, r := range []int{0, l.out / 2, l.out - 1} {
			for i := range l.ternary.W {
				w := &l.ternary.W[i]
				if r >= 0 && r < w.Rows {
					w.Row(weights, r)
					_, _ = p.w.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(weights))), len(weights)))
				}
				r -= w.Rows
			}
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
