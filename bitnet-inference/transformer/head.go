package transformer

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// A Head is a way to use the output head.
type Head int

const (
	HeadAuto     Head = iota // screened step by step (GrowScreen), where it can be and this CPU has kernels for it
	HeadFull                 // only the head itself
	HeadScreened             // screened, or [New] fails
)

// HeadTypes returns those that [Options.HeadType] rounds a head to, the largest first.
func HeadTypes() []dtype.DType { return []dtype.DType{dtype.F16, dtype.Q8_0, dtype.Q6_K} }

// headSteps is the number of steps in which the head is rounded or its screen grows.
// Making a screen takes as long as a few full heads do, and memory that a short answer
// need not pay for. The pages of a mapped file leave memory after each.
const headSteps = 16

// Head returns the output head as logits are computed from it, which is the file's
// unless [Options.HeadType] says otherwise. It stays the Model's.
func (m *Model) Head() *nn.Matrix { return &m.head }

// roundHead replaces the head by one of type d, in new memory.
func (m *Model) roundHead(forget func([]byte), d dtype.DType) error {
	from := m.head
	if d == dtype.Invalid || d == from.Type {
		return nil
	}
	if !slices.Contains(HeadTypes(), d) {
		return fmt.Errorf("the output head cannot be made %v, want F16, Q8_0 or Q6_K", d)
	}
	if from.Type != dtype.F32 && from.Type != dtype.F16 && from.Type != dtype.BF16 {
		return fmt.Errorf("the output head is of type %v already, and rounding it again to %v would lose more: use it as it is", from.Type, d)
	}
	stride, ok := nn.RowBytes(d, from.Cols)
	if !ok {
		elems, _ := d.Block()
		return fmt.Errorf("the output head cannot be made %v: its rows have %d weights, which is no multiple of %d", d, from.Cols, elems)
	}
	buf, err := memory.Tagged(m.alloc, "head").Alloc(from.Rows*stride, 64)
	if err != nil {
		return fmt.Errorf("transformer: a head of type %v needs %d MiB: %w", d, from.Rows*stride>>20, err)
	}
	to := nn.Matrix{Rows: from.Rows, Cols: from.Cols, Type: d, Data: buf.Bytes()}
	step := (from.Rows + headSteps - 1) / headSteps
	for first := 0; first < from.Rows; first += step {
		n := min(step, from.Rows-first)
		part := nn.Matrix{Rows: n, Cols: to.Cols, Type: d, Data: to.Data[first*stride:][:n*stride]}
		if err := part.SetRows(m.pool, &from, first); err != nil {
			buf.Release()
			return fmt.Errorf("the output head cannot be made %v: %w", d, err)
		}
		if row := len(from.Data) / from.Rows; forget != nil {
			forget(from.Data[first*row : (first+n)*row])
		}
	}
	m.head, m.rounded, m.forget = to, buf, nil
	return nil
}

func (m *Model) screenHead(head Head) error {
	if head == HeadFull || head == HeadAuto && !screen.Accelerated() {
		return nil
	}
	made, err := screen.Begin(&m.head, memory.Tagged(m.alloc, "head"))
	if err != nil {
		if head == HeadScreened {
			return err
		}
		return nil // the full head gives the same logits
	}
	m.screen = made
	for head == HeadScreened && made.Encoded() < m.head.Rows {
		if _, err := m.GrowScreen(); err != nil {
			return err
		}
	}
	return nil
}

// Screen returns the screened head, nil if there is none. It stays the Model's.
func (m *Model) Screen() *screen.Head { return m.screen }

// GrowScreen makes another part of the screen, if there is one and it is not
// complete, and reports whether it did. Until then what is missing is computed from
// the head itself. An error means that there will be no more of it.
func (m *Model) GrowScreen() (grown bool, err error) {
	if m.screen == nil || m.screen.Encoded() == m.head.Rows {
		return false, nil
	}
	lo, hi, err := m.screen.Encode((m.head.Rows+headSteps-1)/headSteps, m.pool)
	if m.forget != nil && lo < hi {
		row := len(m.head.Data) / m.head.Rows
		m.forget(m.head.Data[lo*row : hi*row])
	}
	return lo < hi, err
}

// NewSearch returns a search over the screened head, which must be there, on the
// Model's threads.
func (m *Model) NewSearch() *screen.Search { return m.screen.NewSearch(m.pool) }
