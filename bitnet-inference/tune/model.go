package tune

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Model is what is tuned. Weights may alias files, which stay open.
type Model struct {
	Config  model.Config
	Weights *model.Weights
	Pool    *parallel.Pool   // the threads of all work; the caller's to close
	Memory  memory.Allocator // nil: memory.Mapped()
}

type observer = func(layer int, input transformer.Input, rows []float32, width int)

// run makes a model of weights, which are read again and again.
func (m *Model) run(w *model.Weights, observe observer) (*transformer.Model, error) {
	copied := *w
	copied.Forget = nil
	return transformer.New(m.Config, &copied, transformer.Options{Pool: m.Pool, Memory: m.Memory, CacheType: dtype.F32, Head: transformer.HeadFull, Observe: observe})
}

// alloc returns n bytes for what is tried.
func (m *Model) alloc(n int) (memory.Buffer, error) {
	a := m.Memory
	if a == nil {
		a = memory.Mapped()
	}
	return memory.Tagged(a, "tuning").Alloc(n, 0)
}

// each calls body for 0 ≤ i < n on the model's threads, until ctx ends.
func (m *Model) each(ctx context.Context, n int, body func(i int)) error {
	m.Pool.Run(n, func(i int) {
		if ctx.Err() == nil {
			body(i)
		}
	})
	return ctx.Err()
}
