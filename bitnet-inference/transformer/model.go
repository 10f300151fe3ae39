package transformer

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// A Model is weights in the layout of this CPU's kernels.
type Model struct {
	config  model.Config
	pool    *parallel.Pool
	alloc   memory.Allocator
	cache   dtype.DType
	packed  memory.Buffer // ternary weights that New has packed
	settle  settling
	embed   nn.Matrix
	head    nn.Matrix
	rounded memory.Buffer // the head, if it is not the file's; or nil
	screen  *screen.Head  // nil if the head is not screened
	forget  func([]byte)  // told of rows of the head that are screened; or nil
	norm    []float32
	layers  []atomic.Pointer[layer] // exchanged by Settle
	ropes   atomic.Pointer[ropes]   // of the longest sequence so far
	copies  int                     // of an input that its projections norm for themselves, at most
	observe func(layer int, input Input, rows []float32, width int)

	fingerprint     [32]byte
	makeFingerprint sync.Once
}

type layer struct {
	attnNorm, attnSubNorm []float32
	ffnNorm, ffnSubNorm   []float32
	qNorm, kNorm          []float32
	attnPost, ffnPost     []float32
	qkv, o, gateUp, down  []linear
}

// Options say what a Model runs on.
type Options struct {
	Pool   *parallel.Pool   // runs every loop; stays the caller's
	Memory memory.Allocator // of packed weights, KV caches and activations; nil: memory.Mapped()
	// CacheType is the type of keys and values: F16 halves their memory and the
	// time to read them, and rounds them, which flips int8 codes now and then;
	// F32 is what the public transformers code computes with. Q8_0 halves F16 once
	// more, for int8 codes with a scale for every 32. Invalid: F32.
	CacheType dtype.DType
	// Head says whether the output head gets a compact copy by which single
	// logits are found without computing all of them, to the bit the same.
	Head Head
	// HeadType is the type that the output head is used in: F16, Q8_0 or Q6_K rounds a
	// float head to it in [New], which changes logits a little; the embedding stays as
	// it is. Invalid: the file's type. A head of blocks is not screened.
	HeadType dtype.DType
	// Observe, if not nil, is called with every input of projections, rows (T, width) of
	// tokens that run together, before they are read: by the goroutine that calls Forward,
	// in the order of the graph, the same calls on any number of threads. It may change the
	// rows, and keeps none of them.
	Observe func(layer int, input Input, rows []float32, width int)
}

// New prepares w for the kernels. Ternary weights are copied into their layout
// unless the kernels can read the file's, a head of another type than the file's is
// made, and a screened head gets a compact copy; all others are used where they lie, so
// the file they are mapped from must stay open while the Model is used, and w
// unchanged. Close frees the copies.
func New(c model.Config, w *model.Weights, o Options) (*Model, error) {
	if o.Memory == nil {
		o.Memory = memory.Mapped()
	}
	if o.CacheType == dtype.Invalid {
		o.CacheType = dtype.F32
	}
	if nn.PositionBytes(o.CacheType, 1) == 0 {
		return nil, fmt.Errorf("the KV cache cannot be of type %v, want F32, F16 or Q8_0", o.CacheType)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := w.Validate(&c); err != nil {
		return nil, err
	}
	m := &Model{config: c, pool: o.Pool, alloc: o.Memory, cache: o.CacheType, embed: w.Embed, head: w.Head, forget: w.Forget, norm: w.OutputNorm, observe: o.Observe}
	// Before the layers: the head's pages leave memory before others fill it.
	if err := m.roundHead(w.Forget, o.HeadType); err != nil {
		return nil, err
	}
	if err := m.screenHead(o.Head); err != nil {
		m.Close()
		return nil, err
	}
	size := 0
	for i := range w.Layers {
		l := &w.Layers[i]
		for _, parts := range inputs(l) {
			if !viewable(parts) {
				size += packedBytes(parts)
			}
		}
	}
	if size > 0 {
		packed, err := memory.Tagged(o.Memory, "weights").Alloc(size, 64)
		if err != nil {
			m.Close()
			return nil, fmt.Errorf("transformer: packed weights need %d MiB: %w", size>>20, err)
		}
		m.packed = packed
	}
	pack := packer{pool: o.Pool, arena: m.packed.Bytes(), forget: w.Forget, streamed: streamed(ternaryBytes(w))}
	m.settle.forget = w.Forget
	m.layers = make([]atomic.Pointer[layer], len(w.Layers))
	for i := range w.Layers {
		l := &w.Layers[i]
		p := &layer{
			attnNorm: l.AttnNorm, attnSubNorm: l.AttnSubNorm, ffnNorm: l.FFNNorm, ffnSubNorm: l.FFNSubNorm,
			qNorm: l.QNorm, kNorm: l.KNorm, attnPost: l.AttnPostNorm, ffnPost: l.FFNPostNorm,
		}
		for j, parts := range inputs(l) {
			*p.inputs()[j] = pack.linears(parts, viewable(parts))
		}
		m.copies = max(m.copies, ownNorms(p))
		m.layers[i].Store(p)
		if pack.streamed && viewed(l) {
			m.settle.layers = append(m.settle.layers, unsettled{i, l})
		}
	}
	return m, nil
}

// inputs returns the linears of a layer by their inputs.
func (l *layer) inputs() [4]*[]linear { return [4]*[]linear{&l.qkv, &l.o, &l.gateUp, &l.down} }

// inputs returns the projections of a layer that share an input, in the order of
// layer.inputs.
func inputs(l *model.Layer) [4][]*model.Linear {
	return [4][]*model.Linear{{&l.Q, &l.K, &l.V}, {&l.O}, {&l.Gate, &l.Up}, {&l.Down}}
}

// Close frees the packed weights and what was made of the head. No State and no search
// of the Model may be used afterwards.
func (m *Model) Close() {
	for _, b := range append(m.settle.packed, m.packed, m.rounded) {
		if !b.IsZero() {
			b.Release()
		}
	}
	m.screen.Release()
}

// Config returns the model's shape.
func (m *Model) Config() model.Config { return m.config }

// Threads returns how many threads the Model computes on.
func (m *Model) Threads() int { return m.pool.Threads() }

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
