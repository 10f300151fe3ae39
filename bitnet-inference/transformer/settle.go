package transformer

import (
	"fmt"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// settling is the state of [Model.Settle].
type settling struct {
	mu     sync.Mutex // held while a layer is packed
	layers []unsettled
	packed []memory.Buffer
	forget func(data []byte) // told of what has been packed; or nil
}

// An unsettled layer has ternary weights that are used where they lie in the file.
type unsettled struct {
	layer   int
	weights *model.Layer
}

// viewed reports whether New uses ternary weights of l where they lie.
func viewed(l *model.Layer) bool {
	for _, parts := range inputs(l) {
		if viewable(parts) && packedBytes(parts) > 0 {
			return true
		}
	}
	return false
}

// Settle packs the weights of another layer that are used as they lie in the file, and
// reports whether it did: false once all are packed, or while another call is at it.
// Packed weights are fewer bytes on some CPUs and lie in large pages, so that decoding
// gets faster, but packing a layer takes about the time of a token, and memory that the
// file's pages are given back for. So a Model starts without, and who decodes for long
// calls Settle between tokens. Results stay the same to the bit. States may run
// meanwhile: a pass takes what is there when it comes to the layer.
//
// A model that stays in the CPU's cache is used as it is. An error, for want of memory,
// is the last one: the rest is used where it lies.
func (m *Model) Settle() (settled bool, err error) {
	s := &m.settle
	if !s.mu.TryLock() {
		return false, nil
	}
	defer s.mu.Unlock()
	if len(s.layers) == 0 {
		return false, nil
	}
	next := s.layers[0]
	s.layers = s.layers[1:]
	parts, size := inputs(next.weights), 0
	for _, p := range parts {
		if viewable(p) {
			size += packedBytes(p)
		}
	}
	buf, err := memory.Tagged(m.alloc, "weights").Alloc(size, 64)
	if err != nil {
		s.layers = nil
		return false, fmt.Errorf("transformer: packed weights of a layer need %d MiB: %w", (size+1<<20-1)>>20, err)
	}
	s.packed = append(s.packed, buf)
	pack := packer{pool: m.pool, arena: buf.Bytes(), forget: s.forget, streamed: true}
	layer := *m.layers[next.layer].Load()
	for i, linears := range layer.inputs() {
		if viewable(parts[i]) {
			*linears = pack.linears(parts[i], false)
		}
	}
	m.layers[next.layer].Store(&layer)
	return true, nil
}

// TernaryBytes returns the size of all ternary weights as they are packed now.
func (m *Model) TernaryBytes() int {
	n := 0
	for i := range m.layers {
		for _, linears := range m.layers[i].Load().inputs() {
			for j := range *linears {
				if t := (*linears)[j].ternary; t != nil {
					for k := range t.W {
						n += len(t.W[k].Data)
					}
				}
			}
		}
	}
	return n
}
