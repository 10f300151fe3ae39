package screen

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// MaxCols is the widest head that can be screened.
const MaxCols = 1 << 16

// A Head is an output head (V, D) with a compact copy of it, which may be complete
// or still in the making: the logits of rows that have no copy yet are computed.
type Head struct {
	exact  *nn.Matrix
	blocks int // of 256 columns in a row of codes
	buf    memory.Buffer
	// The upper six and the lower two bits of codes Q + 128, (V, blocks) of coarseBlock
	// and fineBlock bytes.
	coarse, fine []byte
	// The constants of each row, (V) each.
	scale, residual, coarseResidual, norm []float32

	encoding sync.Mutex // held while rows are added
	copied   atomic.Pointer[copied]
}

// copied says what the compact copy holds. It does not change once published.
type copied struct {
	rows    int     // the first rows of the head: whole tiles, or all
	maxNorm float32 // the largest of their norms
	fault   error   // why there will be no more
}

// New makes the compact copy of m in memory from a, in one pass over m on the
// threads of pool. The Head keeps m, whose bytes must stay valid until [Head.Release].
// A head that is too wide, or holds a weight that is infinite or not a number,
// is an error; it can be used without a screen. New panics if m is not valid.
func New(m *nn.Matrix, a memory.Allocator, pool *parallel.Pool) (*Head, error) {
	h, err := Begin(m, a)
	if err != nil {
		return nil, err
	}
	if _, _, err := h.Encode(m.Rows, pool); err != nil {
		h.Release()
		return nil, err
	}
	return h, nil
}

// Begin returns a Head whose compact copy holds nothing yet: [Head.Encode] adds to
// it. It can be used at once, and answers like the finished one. Otherwise Begin is
// New.
func Begin(m *nn.Matrix, a memory.Allocator) (*Head, error) {
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
	coarse, fine := m.Rows*h.blocks*coarseBlock, m.Rows*h.blocks*fineBlock
	buf, err := a.Alloc(coarse+fine+4*4*m.Rows, laneLen)
	if err != nil {
		return nil, fmt.Errorf("screen: memory for the compact head: %w", err)
	}
	all := buf.Bytes()
	h.buf, h.coarse, h.fine = buf, all[:coarse], all[coarse:coarse+fine]
	values := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(all[coarse+fine:]))), 4*m.Rows)
	for i, field := range []*[]float32{&h.scale, &h.coarseResidual, &h.norm, &h.residual} {
		*field = values[i*m.Rows : (i+1)*m.Rows]
	}
	h.copied.Store(&copied{})
	return h, nil
}

// Encode copies the next n rows of the head, rounded up, on the threads of pool, and
// returns which: none once the copy is complete, while another call is at it, or
// after an error, which is that of New. Searches may go on meanwhile. They use the
// new rows from their next scan on.
func (h *Head) Encode(n int, pool *parallel.Pool) (lo, hi int, err error) {
	if !h.encoding.TryLock() {
		return 0, 0, nil
	}
	defer h.encoding.Unlock()
	have := *h.copied.Load()
	if have.fault != nil || have.rows == h.Rows() || n <= 0 {
		return have.rows, have.rows, have.fault
	}
	lo = have.rows
	hi = lo + min((n+tileRows-1)/tileRows*tileRows, h.Rows()-lo)
	have.fault = h.fill(lo, hi, pool)
	if have.fault != nil {
		hi = lo
	}
	for _, norm := range h.norm[lo:hi] {
		have.maxNorm = max(have.maxNorm, norm)
	}
	have.rows = hi
	h.copied.Store(&have)
	return lo, hi, have.fault
}

// Encoded returns how many rows the compact copy holds.
func (h *Head) Encoded() int { return h.copied.Load().rows }

// Release gives the compact copy back. No Search of the Head may run any more.
// There is nothing to release of a nil Head.
func (h *Head) Release() {
	if h != nil {
		h.buf.Release()
	}
}

// Rows returns V, the number of logits.
func (h *Head) Rows() int { return h.exact.Rows }

// Bytes returns how much of the compact copy a Scan reads, once: the coarse plane and
// three constants of each row. The fine plane and the fourth constant are a third as much.
func (h *Head) Bytes() int { return len(h.coarse) + 3*4*h.Rows() }

// part returns n rows of the head from the first on.
func (h *Head) part(first, n int) nn.Matrix {
	m := h.exact
	size := m.Cols * elementSize(m.Type)
	return nn.Matrix{Rows: n, Cols: m.Cols, Type: m.Type, Data: m.Data[first*size : (first+n)*size]}
}

// fill computes codes of rows from ≤ r < to. Of several faults it reports the first
// row's.
func (h *Head) fill(from, to int, pool *parallel.Pool) error {
	var mu sync.Mutex
	bad := math.MaxInt
	pool.Range(to-from, 16, func(lo, hi int) {
		lo, hi = from+lo, from+hi
		w := make([]float32, h.blocks*blockLen) // zeros past the last column
		for r := lo; r < hi; r++ {
			most := decodeRow(w, h.exact, r)
			if most-most != 0 {
				mu.Lock()
				bad = min(bad, r)
				mu.Unlock()
				continue
			}
			next := h.part(min(r+1, hi-1), 1)
			c := encodeRow(h.coarse[r*h.blocks*coarseBlock:(r+1)*h.blocks*coarseBlock], h.fine[r*h.blocks*fineBlock:(r+1)*h.blocks*fineBlock],
				w, h.exact.Cols, most, unsafe.SliceData(next.Data))
			h.scale[r], h.residual[r], h.coarseResidual[r], h.norm[r] = c.scale, c.residual, c.coarse, c.norm
		}
	})
	if bad < math.MaxInt {
		return fmt.Errorf("screen: row %d of the head holds an infinity or a NaN: use it without a screen", bad)
	}
	return nil
}
