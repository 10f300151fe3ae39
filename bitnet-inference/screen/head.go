package screen

import (
	"fmt"
	"math"
	"sync"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// MaxCols is the widest head that can be screened.
const MaxCols = 1 << 16

// A Head is an output head (V, D) with a compact copy of it.
type Head struct {
	exact  *nn.Matrix
	blocks int // of 64 columns in a row of codes
	buf    *memory.Buffer
	codes  []byte // (V up to a multiple of 4, blocks*64), Q + 128
	rows   []row  // (V)

	maxNorm float32 // the largest of the rows' norms
}

// A row holds what the bound needs of one row w = scale·Q + R.
type row struct {
	scale    float32
	residual float32 // at least ‖R‖
	norm     float32 // at least ‖w‖
}

// New makes the compact copy of m in memory from a, in one pass over m on the
// threads of pool. The Head keeps m, whose bytes must stay valid until [Head.Release].
// A head that is too wide, or holds a weight that is infinite or not a number,
// is an error; it can be used without a screen. New panics if m is not valid.
func New(m *nn.Matrix, a memory.Allocator, pool *parallel.Pool) (*Head, error) {
	if elementSize(m.Type) == 0 {
		return nil, fmt.Errorf("screen: a head of type %v is not screened: use it as it is", m.Type)
	}
	if m.Rows < 0 || m.Cols < 0 || m.Rows*m.Cols*elementSize(m.Type) != len(m.Data) {
		panic("screen: New shape")
	}
	if m.Cols > MaxCols {
		return nil, fmt.Errorf("screen: the head has %d columns, at most %d can be screened: use it without a screen", m.Cols, MaxCols)
	}
	h := &Head{exact: m, blocks: (m.Cols + blockLen - 1) / blockLen}
	size := (m.Rows + groupRows - 1) / groupRows * groupRows * h.stride()
	buf, err := a.Alloc(size+m.Rows*int(unsafe.Sizeof(row{})), blockLen)
	if err != nil {
		return nil, fmt.Errorf("screen: memory for the compact head: %w", err)
	}
	h.buf, h.codes = buf, buf.Bytes()[:size]
	h.rows = unsafe.Slice((*row)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()[size:]))), m.Rows)
	if err := h.fill(pool); err != nil {
		buf.Release()
		return nil, err
	}
	for _, r := range h.rows {
		h.maxNorm = max(h.maxNorm, r.norm)
	}
	return h, nil
}

// Release gives the compact copy back. No Search of the Head may run any more.
// There is nothing to release of a nil Head.
func (h *Head) Release() {
	if h != nil {
		h.buf.Release()
	}
}

// Rows returns V, the number of logits.
func (h *Head) Rows() int { return h.exact.Rows }

// Bytes returns the size of the compact copy, which a Scan reads once.
func (h *Head) Bytes() int { return h.buf.Len() }

func (h *Head) stride() int { return h.blocks * blockLen }

// fill computes codes and rows. Of several faults it reports the first row's.
func (h *Head) fill(pool *parallel.Pool) error {
	var mu sync.Mutex
	bad := math.MaxInt
	pool.Range(h.Rows(), 16, func(lo, hi int) {
		w := make([]float32, h.stride()) // zeros past the last column
		for r := lo; r < hi; r++ {
			most := decodeRow(w, h.exact, r)
			if most-most != 0 {
				mu.Lock()
				bad = min(bad, r)
				mu.Unlock()
				continue
			}
			h.rows[r] = encodeRow(h.codes[r*h.stride():(r+1)*h.stride()], w, most)
		}
	})
	if bad < math.MaxInt {
		return fmt.Errorf("screen: row %d of the head holds an infinity or a NaN: use it without a screen", bad)
	}
	return nil
}
