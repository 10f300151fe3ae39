package screen

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

const (
	tileRows = 64 // rows between two looks at the sums
	// limitShare is the part of all rows beyond which the full head is as fast:
	// single rows are read with less than full bandwidth.
	limitShare = 20
	boundRows  = 8        // rows that a bounds kernel takes at a time
	maxProduct = 1 << 124 // of norms: see the package documentation
	unit       = 1.0 / (1 << 24)
	slack      = 1.0 / (1 << 22)
)

// A Search holds the intervals of all logits of one hidden state. Scan fills it;
// the other methods narrow the intervals that matter to single values.
type Search struct {
	// Limit is how many rows may be computed exactly for one question: one that
	// needs more is refused. NewSearch sets it to a twentieth of all rows, and 64
	// at the least.
	Limit int

	head    *Head
	pool    *parallel.Pool
	x       []float32 // (D) of the last Scan
	query   query
	copied  *copied // what the compact copy held at the last scan
	limits  bound
	scanned bool
	failed  atomic.Bool // a logit that was computed is not finite
	one     [1]*Search  // s, for Scan

	computed, refined int

	low, high []float32 // (V) ends of the intervals; equal where the logit is known
	// Over tiles of 64 rows: no sum of both ends that Scan found is above tileSum, no
	// high end above tileHigh.
	tileSum, tileHigh []float32
	narrow            []bool // (V) whether the interval is that of the 8-bit code

	ids  []int32     // rows in question
	work []int32     // rows to refine
	best []leader    // see leaders
	near []perturbed // of Perturbed
}

// NewSearch returns a Search on the threads of pool, which stays the caller's.
func (h *Head) NewSearch(pool *parallel.Pool) *Search {
	tiles := (h.Rows() + tileRows - 1) / tileRows
	return &Search{
		Limit:    max(h.Rows()/limitShare, 64),
		head:     h,
		pool:     pool,
		x:        make([]float32, h.exact.Cols),
		query:    query{planes: make([]int8, 2*h.blocks*blockLen)},
		low:      make([]float32, h.Rows()),
		high:     make([]float32, h.Rows()),
		tileSum:  make([]float32, tiles),
		tileHigh: make([]float32, tiles),
		narrow:   make([]bool, h.Rows()),
	}
}

// Scan reads the compact head and finds the interval of every logit of x (D),
// which it copies. Logits of rows that have no compact copy yet are computed. It
// reports false if x holds an infinity or a NaN, or if a logit is none or might
// overflow: then no question can be answered.
func (s *Search) Scan(x []float32) bool {
	s.one[0] = s
	ScanAll(s.one[:], x)
	return s.scanned
}

// Scanned reports whether the last scan found intervals, so that questions can be
// asked.
func (s *Search) Scanned() bool { return s.scanned }

// ScanAll is [Search.Scan] for several hidden states x (n, D), one for each of n
// searches of one Head, and reads the compact head once for all of them. It runs
// on the threads of the first; [Search.Scanned] says which were answered.
func ScanAll(searches []*Search, x []float32) {
	if len(searches) == 0 {
		return
	}
	h, pool := searches[0].head, searches[0].pool
	d := h.exact.Cols
	if len(x) != len(searches)*d {
		panic("screen: ScanAll length")
	}
	for i, s := range searches {
		if s.head != h {
			panic("screen: ScanAll searches of different heads")
		}
		s.begin(x[i*d : (i+1)*d])
	}
	if h.Rows() == 0 || h.blocks == 0 { // without columns every logit is an empty sum
		return
	}
	pool.Range(len(searches[0].tileSum), 1, func(lo, hi int) {
		work := new(tileWork)
		for t := lo; t < hi; t++ {
			// A tile comes from memory for the first search and from the cache
			// for the others.
			for _, s := range searches {
				switch {
				case !s.scanned:
				case t*tileRows < s.copied.rows:
					s.scanTile(t, work)
				default:
					s.computeTile(t)
				}
			}
		}
	})
	for _, s := range searches {
		s.scanned = s.scanned && !s.failed.Load()
	}
}

// begin quantizes x.
func (s *Search) begin(x []float32) {
	copy(s.x, x)
	s.computed, s.refined = 0, 0
	clear(s.narrow)
	s.failed.Store(false)
	s.copied = s.head.copied.Load()
	s.scanned = s.query.set(x) && float64(s.copied.maxNorm)*s.query.norm < maxProduct
	s.limits = s.bound()
}

// A bound says what of a scan's x goes into every interval. The middle of a row's is
// a·unit·(8·sum - shift), its half width ofResidual·e + ofNorm·n + always, before what
// its own rounding adds, which is slack of all of it. Kernels know the order.
type bound struct {
	shift                      int64
	unit                       float64
	ofResidual, ofNorm, always float64
	slack                      float64
}

func (s *Search) bound() bound {
	d := float64(len(s.x))
	gamma := d * unit / (1 - d*unit)
	return bound{
		shift:      coarseOffset * s.query.sum,
		unit:       s.query.scale / 2,
		ofResidual: s.query.norm + s.query.rest,
		ofNorm:     s.query.rest + gamma*s.query.norm,
		always:     math.Ldexp(d+1, -148),
		slack:      slack,
	}
}

// intervals are what the bounds of some rows are made of and where they go. Kernels
// know the order.
type intervals struct {
	sums                  *int64
	scale, residual, norm *float32
	low, high             *float32
	mostSum, mostHigh     float32 // the largest sum of both ends and high end, of rows done before too
}

// A tileWork is what scanTile needs for itself: kernels are called through variables,
// so that it cannot be on the stack.
type tileWork struct {
	sums [tileRows]int64
	iv   intervals
}

func (s *Search) scanTile(t int, work *tileWork) {
	h := s.head
	first := t * tileRows
	n := min(tileRows, h.Rows()-first)
	sums, iv := &work.sums, &work.iv
	kernels.coarse(&sums[0], &h.coarse[first*h.blocks*coarseBlock], &s.query.planes[0], h.blocks, n)
	least := float32(math.Inf(-1))
	*iv = intervals{&sums[0], &h.scale[first], &h.coarseResidual[first], &h.norm[first], &s.low[first], &s.high[first], least, least}
	done := 0
	if kernels.bounds != nil && n >= boundRows {
		done = n / boundRows * boundRows
		kernels.bounds((*uint64)(unsafe.Pointer(iv)), (*uint64)(unsafe.Pointer(&s.limits)), n/boundRows)
	}
	if done < n {
		*iv = intervals{&sums[done], &h.scale[first+done], &h.coarseResidual[first+done], &h.norm[first+done], &s.low[first+done], &s.high[first+done], iv.mostSum, iv.mostHigh}
		boundsGeneric(iv, &s.limits, n-done)
	}
	s.tileSum[t], s.tileHigh[t] = iv.mostSum, iv.mostHigh
}

// boundsGeneric finds the intervals of n rows. Every product is rounded before it is
// added to, so that kernels can do the same.
func boundsGeneric(iv *intervals, b *bound, n int) {
	sums := unsafe.Slice(iv.sums, n)
	scale, residual, norm := unsafe.Slice(iv.scale, n), unsafe.Slice(iv.residual, n), unsafe.Slice(iv.norm, n)
	low, high := unsafe.Slice(iv.low, n), unsafe.Slice(iv.high, n)
	for i, sum := range sums { // plain comparisons: max would look for NaN, and nothing here is
		middle := float64(float64(float64(scale[i])*b.unit) * float64(sum<<3-b.shift))
		half := float64(b.ofResidual*float64(residual[i])) + float64(b.ofNorm*float64(norm[i])) + b.always
		half += float64((math.Abs(middle) + half) * b.slack)
		l, h := float32(middle-half), float32(middle+half)
		low[i], high[i] = l, h
		if l+h > iv.mostSum {
			iv.mostSum = l + h
		}
		if h > iv.mostHigh {
			iv.mostHigh = h
		}
	}
}

// computeTile finds the logits of a tile that has no codes.
func (s *Search) computeTile(t int) {
	first := t * tileRows
	high := s.high[first:min(first+tileRows, s.head.Rows())]
	rows := s.head.part(first, len(high))
	rows.Mul(high, len(high), s.x, 0, len(high))
	copy(s.low[first:], high)
	most := float32(math.Inf(-1))
	for _, l := range high {
		if l-l != 0 {
			s.failed.Store(true)
		}
		most = max(most, l)
	}
	s.tileSum[t], s.tileHigh[t] = 2*most, most
}

// Bounds returns the ends of the interval that holds logit id. They are equal once
// the logit has been computed.
func (s *Search) Bounds(id int32) (low, high float32) {
	s.check()
	return s.low[id], s.high[id]
}

// Refined returns how many intervals have been narrowed by the fine plane since the
// last Scan.
func (s *Search) Refined() int { return s.refined }

// Computed returns how many logits have been computed exactly since the last Scan.
func (s *Search) Computed() int { return s.computed }

func (s *Search) check() {
	if !s.scanned {
		panic("screen: Search without a Scan that reported true")
	}
}

// compute finds the exact logits of ids, which are distinct, where they are not
// known, and makes both ends of their intervals equal to them.
func (s *Search) compute(ids []int32) {
	for _, id := range ids {
		if s.low[id] != s.high[id] {
			s.computed++
		}
	}
	s.pool.Range(len(ids), 1, func(lo, hi int) {
		for _, id := range ids[lo:hi] {
			if s.low[id] == s.high[id] {
				continue
			}
			one := s.head.part(int(id), 1)
			one.Mul(s.high[id:id+1], 1, s.x, 0, 1)
			s.low[id] = s.high[id]
		}
	})
}
