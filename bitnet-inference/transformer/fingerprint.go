package transformer

import (
	"crypto/sha256"
	"fmt"
	"io"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// sampleBytes is how much of a tensor's beginning, middle and end goes into a
// fingerprint.
const sampleBytes = 512

// Fingerprint returns a SHA-256 that tells keys and values of this Model from
// those of others: over the config, the type and layout of the cache, a sample of the
// embedding and the head, 512 bytes each of their beginning, middle and end, and
// [Model.LayersFingerprint]. It is computed once, in some ten milliseconds. Threads, the CPU
// and the way the head is used do not matter.
func (m *Model) Fingerprint() [32]byte {
	m.makeFingerprint.Do(func() {
		h := sha256.New()
		p := print{h}
		fmt.Fprintf(h, "%+v\n%v %d\n%x\n", m.config, m.cache, kvcache.LayoutVersion, m.LayersFingerprint())
		p.matrix(&m.embed)
		p.matrix(&m.head)
		h.Sum(m.fingerprint[:0])
	})
	return m.fingerprint
}

// LayersFingerprint returns a SHA-256 that tells what layers compute from what those of
// other models do: over the numbers that fix the graph, the shape of every projection, all
// norms and scales, and a sample of all weights: three rows of ternary projections that
// share an input, 512 bytes each of dense ones' beginning, middle and end. Neither the
// embedding, the head and the cache matter, nor what files hold ternary weights in, as long as
// scales are the same.
//
// It tells models apart that were trained, tuned or quantized differently. It does
// not tell when single weights changed that are not in the sample, as by a damaged
// disk: that takes reading the whole file.
func (m *Model) LayersFingerprint() (sum [32]byte) {
	h := sha256.New()
	p := print{h}
	c := m.config
	c.VocabSize = 0
	for _, d := range c.Differences(&model.Config{}) {
		fmt.Fprintf(h, "%s %s\n", d.Name, d.A)
	}
	for i := range m.layers { // which only models that both have windows differ in
		if window := c.WindowOf(i); window > 0 {
			fmt.Fprintf(h, "layer %d: window %d, rope theta %v\n", i, window, float32(c.SlidingTheta))
		}
	}
	p.floats(m.norm)
	for i := range m.layers {
		l := m.layers[i].Load()
		for _, norm := range [][]float32{l.attnNorm, l.attnSubNorm, l.ffnNorm, l.ffnSubNorm, l.qNorm, l.kNorm, l.attnPost, l.ffnPost} {
			p.floats(norm)
		}
		for _, all := range [][]linear{l.qkv, l.o, l.gateUp, l.down} {
			for j := range all {
				p.linear(&all[j], m.config.HeadDim)
			}
		}
	}
	h.Sum(sum[:0])
	return sum
}

// A print writes what stands for tensors, each with its size before it, to a hash,
// which returns no errors.
type print struct{ w io.Writer }

// linear samples the first, a middle and the last row. The first and the last row of a head
// are where they are in either order of a head's rows that files have.
func (p print) linear(l *linear, head int) {
	fmt.Fprintf(p.w, "%d×%d\n", l.out, l.in)
	p.floats(l.norm)
	if l.ternary != nil {
		// As weights, not as bytes: they are packed as it suits the CPU and the moment.
		fmt.Fprint(p.w, "ternary\n")
		weights := make([]int8, l.in)
		for _, r := range []int{0, l.out / 2 / head * head, l.out - 1} {
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
