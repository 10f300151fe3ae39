package transformer

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// A Model is weights in the layout of this CPU's kernels.
type Model struct {
	config model.Config
	pool   *parallel.Pool
	alloc  memory.Allocator
	cache  dtype.DType
	packed *memory.Buffer // all ternary weights
	embed  nn.Matrix
	head   nn.Matrix
	screen *screen.Head // nil if the head is not screened
	forget func([]byte) // told of rows of the head that are screened; or nil
	norm   []float32
	layers []layer
}

type layer struct {
	attnNorm, attnSubNorm []float32
	ffnNorm, ffnSubNorm   []float32
	qkv, o, gateUp, down  []linear
}

// Options say what a Model runs on.
type Options struct {
	Pool   *parallel.Pool   // runs every loop; stays the caller's
	Memory memory.Allocator // of packed weights and KV caches; nil: memory.Mapped()
	// CacheType is the type of keys and values: F16 halves their memory and the
	// time to read them, and rounds them, which flips int8 codes now and then;
	// F32 is what the public transformers code computes with. Q8_0 halves F16 once
	// more, for int8 codes with a scale for every 32. Invalid: F32.
	CacheType dtype.DType
	// Head says whether the output head gets a compact copy by which single
	// logits are found without computing all of them, to the bit the same.
	Head Head
}

// A Head is a way to use the output head.
type Head int

const (
	HeadAuto     Head = iota // screened step by step (GrowScreen), where this CPU has kernels for it
	HeadFull                 // only the head itself
	HeadScreened             // screened, or [New] fails
)

// New prepares w for the kernels. Ternary weights are copied into their layout
// unless it is the file's, and a screened head gets a compact copy; all others are
// used where they lie, so the file they are mapped from must stay open while the
// Model is used. Close frees the copies.
func New(c model.Config, w *model.Weights, o Options) (*Model, error) {
	if o.Memory == nil {
		o.Memory = memory.Mapped()
	}
	if o.CacheType == dtype.Invalid {
		o.CacheType = dtype.F32
	}
	if nn.RowBytes(o.CacheType, 1) == 0 {
		return nil, fmt.Errorf("the KV cache cannot be of type %v, want F32, F16 or Q8_0", o.CacheType)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := w.Validate(&c); err != nil {
		return nil, err
	}
	m := &Model{config: c, pool: o.Pool, alloc: o.Memory, cache: o.CacheType, embed: w.Embed, head: w.Head, norm: w.OutputNorm}
	// Before the layers: the head's pages leave memory before others fill it.
	if err := m.screenHead(w, o.Head); err != nil {
		return nil, err
	}
	size := 0
	for i := range w.Layers {
		l := &w.Layers[i]
		size += packedBytes(&l.Q, &l.K, &l.V) + packedBytes(&l.O) + packedBytes(&l.Gate, &l.Up) + packedBytes(&l.Down)
	}
	packed, err := o.Memory.Alloc(size, 64)
	if err != nil {
		m.screen.Release()
		return nil, fmt.Errorf("transformer: packed weights need %d MiB: %w", size>>20, err)
	}
	m.packed = packed
	pack := packer{pool: o.Pool, arena: packed.Bytes(), forget: w.Forget}
	for i := range w.Layers {
		l := &w.Layers[i]
		p := layer{attnNorm: l.AttnNorm, attnSubNorm: l.AttnSubNorm, ffnNorm: l.FFNNorm, ffnSubNorm: l.FFNSubNorm}
		p.qkv = pack.linears(&l.Q, &l.K, &l.V)
		p.o = pack.linears(&l.O)
		p.gateUp = pack.linears(&l.Gate, &l.Up)
		p.down = pack.linears(&l.Down)
		m.layers = append(m.layers, p)
	}
	return m, nil
}

// Close frees the packed weights and the screen. No State and no search of the
// Model may be used afterwards.
func (m *Model) Close() {
	m.packed.Release()
	m.screen.Release()
}

func (m *Model) screenHead(w *model.Weights, head Head) error {
	if head == HeadFull || head == HeadAuto && !screen.Accelerated() {
		return nil
	}
	made, err := screen.Begin(&m.head, m.alloc)
	if err != nil {
		if head == HeadScreened {
			return err
		}
		return nil // the full head gives the same logits
	}
	m.screen, m.forget = made, w.Forget
	for head == HeadScreened && made.Encoded() < m.head.Rows {
		if _, err := m.GrowScreen(); err != nil {
			made.Release()
			return err
		}
	}
	return nil
}

// Screen returns the screened head, nil if there is none. It stays the Model's.
func (m *Model) Screen() *screen.Head { return m.screen }

// screenSteps is the number of steps in which the screen grows. Making it takes as
// long as a few full heads do, and memory that a short answer need not pay for.
const screenSteps = 16

// GrowScreen makes another part of the screen, if there is one and it is not
// complete, and reports whether it did. Until then what is missing is computed from
// the head itself. An error means that there will be no more of it.
func (m *Model) GrowScreen() (grown bool, err error) {
	if m.screen == nil || m.screen.Encoded() == m.head.Rows {
		return false, nil
	}
	lo, hi, err := m.screen.Encode((m.head.Rows+screenSteps-1)/screenSteps, m.pool)
	if m.forget != nil && lo < hi {
		row := len(m.head.Data) / m.head.Rows
		m.forget(m.head.Data[lo*row : hi*row])
	}
	return lo < hi, err
}

// NewSearch returns a search over the screened head, which must be there, on the
// Model's threads.
func (m *Model) NewSearch() *screen.Search { return m.screen.NewSearch(m.pool) }

// Config returns the model's shape.
func (m *Model) Config() model.Config { return m.config }

// CacheType returns the type of keys and values.
func (m *Model) CacheType() dtype.DType { return m.cache }

// Logits sets dst (n, V) to the logits of n final hidden states (n, D), as
// [State.Forward] returns them.
func (m *Model) Logits(dst, hidden []float32) {
	if len(hidden)%m.config.Dim != 0 || len(dst) != len(hidden)/m.config.Dim*m.config.VocabSize {
		panic("transformer: Logits shape")
	}
	m.pool.Range(m.head.Rows, rowGrain, func(lo, hi int) { m.head.Mul(dst, m.config.VocabSize, hidden, lo, hi) })
}
