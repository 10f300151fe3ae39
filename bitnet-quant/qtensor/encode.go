package qtensor

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// An Encoder writes a matrix in a layout a few rows at a time, for matrices that are
// larger than memory should be. It counts stored rows: packed ones of HF, each of which
// holds up to four rows of the matrix, and the matrix' own in other layouts.
//
// Encoded chunks, one after another, and then the tail are what [Pack] returns. An Encoder
// is not changed by its methods, and several goroutines may encode different rows.
type Encoder struct {
	layout     Layout
	rows, cols int
	scale      []float32
}

// A Span is rows Lo ≤ r < Hi.
type Span struct{ Lo, Hi int }

// NewEncoder makes an Encoder for a matrix of shape (rows, cols) with one scale, or one for
// each row where the layout can hold these. See [Pack] for what becomes of scales.
// The Encoder keeps scale.
func NewEncoder(l Layout, rows, cols int, scale ...float32) (*Encoder, error) {
	if _, err := l.Size(rows, cols); err != nil {
		return nil, err
	}
	switch {
	case forms[l].scale == 0 && l.i2s() == 0:
		return &Encoder{l, rows, cols, nil}, nil
	case len(scale) != 1 && (len(scale) != rows || l.i2s() > 0):
		return nil, fmt.Errorf("qtensor: %d scales for a %d×%d tensor of %v", len(scale), rows, cols, l)
	}
	for _, s := range scale {
		half := forms[l].scale == 2
		if v := dtype.F16ToF32(dtype.F32ToF16(s)); half && (v == 0 || !finite(v)) {
			return nil, fmt.Errorf("qtensor: %v stores scales as float16, which cannot hold %v", l, s)
		}
		if !finite(s) {
			return nil, fmt.Errorf("qtensor: scale is %v", s)
		}
	}
	return &Encoder{l, rows, cols, scale}, nil
}

// Rows returns the number of stored rows.
func (e *Encoder) Rows() int {
	if e.layout == HF {
		return hfRows(e.rows)
	}
	return e.rows
}

// Step returns the least number of rows whose bytes are apart from those of others:
// chunks begin at multiples of it and end there or at the last row.
func (e *Encoder) Step() int {
	if group := e.layout.i2s(); group > 0 {
		step := 1
		for step*e.cols%group != 0 { // group is a power of two, and so is the answer
			step *= 2
		}
		return step
	}
	return max(forms[e.layout].rows, 1)
}

// Size returns the bytes of stored rows lo ≤ r < hi.
func (e *Encoder) Size(lo, hi int) int {
	switch {
	case e.layout == HF:
		return (hi - lo) * e.cols
	case e.layout.i2s() > 0:
		return (hi - lo) * e.cols / 4
	}
	return (hi - lo) * e.layout.rowBytes(e.cols)
}

// Sources returns the rows of the matrix that stored rows lo ≤ r < hi hold: lo to hi, but for HF
// up to four spans, each from another quarter.
func (e *Encoder) Sources(lo, hi int) []Span {
	if e.layout != HF {
		return []Span{{lo, hi}}
	}
	var spans []Span
	for n, first := hfRows(e.rows), 0; first < e.rows; first += n {
		if first+lo < e.rows {
			spans = append(spans, Span{first + lo, min(first+hi, e.rows)})
		}
	}
	return spans
}

// Encode sets dst, [Encoder.Size] bytes, to stored rows lo ≤ r < hi. weights has the rows
// of [Encoder.Sources], span after span. A weight other than -1, 0 and +1 is an error.
// It panics if the lengths do not fit or if lo or hi is no place for a chunk to begin or end.
func (e *Encoder) Encode(dst []byte, weights []int8, lo, hi int) error {
	if step := e.Step(); lo < 0 || hi < lo || hi > e.Rows() || lo%step != 0 || hi%step != 0 && hi != e.Rows() {
		panic("qtensor: Encode rows")
	}
	spans, n := e.Sources(lo, hi), 0
	for _, s := range spans {
		n += s.Hi - s.Lo
	}
	if len(dst) != e.Size(lo, hi) || len(weights) != n*e.cols {
		panic("qtensor: Encode length")
	}
	w := convert.Bytes(weights)
	if !plainTernary(w) {
		return e.notTernary(weights, spans)
	}
	switch group := e.layout.i2s(); {
	case e.layout == HF:
		e.encodeHF(dst, w, spans)
	case group > 0:
		i2sEncode(dst, w, group/4)
	case e.layout == Plain:
		copy(dst, w)
	case forms[e.layout].perRow:
		e.encodeRows(dst, w, lo, hi)
	default:
		for r := lo; r < hi; r++ {
			e.encodeBlocks(dst[e.Size(lo, r):e.Size(lo, r+1)], w[(r-lo)*e.cols:][:e.cols], e.scaleOf(r))
		}
	}
	return nil
}

// Tail returns what follows the last row: the scale and padding of I2S.
func (e *Encoder) Tail() []byte {
	if e.layout.i2s() == 0 {
		return nil
	}
	tail := make([]byte, i2sTail)
	putScale(tail[:4], e.scale[0])
	return tail
}

func (e *Encoder) scaleOf(r int) float32 {
	if len(e.scale) == 1 {
		return e.scale[0]
	}
	return e.scale[r]
}

func (e *Encoder) notTernary(weights []int8, spans []Span) error {
	for _, s := range spans {
		n := (s.Hi - s.Lo) * e.cols
		for k, w := range weights[:n] {
			if w < -1 || w > 1 {
				return fmt.Errorf("qtensor: weight at row %d, column %d is %d, want -1, 0 or +1", s.Lo+k/e.cols, k%e.cols, w)
			}
		}
		weights = weights[n:]
	}
	panic("qtensor: Encode found nothing") // plainTernary found one
}

func (e *Encoder) encodeHF(dst, w []byte, spans []Span) {
	var rows [4][]byte
	for r := range len(dst) / e.cols {
		n, at := 0, 0
		for _, s := range spans {
			if s.Lo+r < s.Hi {
				rows[n] = w[at+r*e.cols:][:e.cols]
				n++
			}
			at += (s.Hi - s.Lo) * e.cols
		}
		hfEncode(dst[r*e.cols:(r+1)*e.cols], rows[:n])
	}
}

// encodeRows is Encode for layouts with a scale before each row. A row of zeros gets 0.
func (e *Encoder) encodeRows(dst, w []byte, lo, hi int) {
	f, size := forms[e.layout], e.layout.rowBytes(e.cols)
	for r := lo; r < hi; r++ {
		k, row := r%f.rows, w[(r-lo)*e.cols:][:e.cols]
		rows := dst[(r-lo-k)*size:][:f.rows*size]
		s := e.scaleOf(r)
		if zeros(row) {
			s = 0
		}
		putScale(rows[k*f.scale:][:f.scale], s)
		switch codes := rows[f.rows*f.scale:]; e.layout {
		case IQ2:
			iq2Encode(codes, row)
		case IQ1:
			iq1Encode(codes, row)
		default:
			r4Encode(codes, row, k)
		}
	}
}

// encodeBlocks stores a row in blocks with scales. A block of zeros gets 0.
func (e *Encoder) encodeBlocks(dst, w []byte, s float32) {
	f := forms[e.layout]
	for size := f.bytes + f.scale; len(w) > 0; dst, w = dst[size:], w[f.block:] {
		d := s
		if zeros(w[:f.block]) {
			d = 0
		}
		encodeBlock(dst[:size], e.layout, w[:f.block], d)
	}
}

// encodeBlock stores a block of TQ1, TQ2 or Q2.
func encodeBlock(dst []byte, l Layout, w []byte, d float32) {
	switch n := forms[l].bytes; l {
	case Q2:
		putScale(dst[:2], d)
		q2Encode((*[q2Bytes - 2]byte)(dst[2:]), (*[q2Block]byte)(w))
	case TQ1:
		tq1Encode((*[tq1Bytes]byte)(dst), (*[tqBlock]byte)(w))
		putScale(dst[n:], d)
	default:
		tq2Encode(dst[:n], (*[tqBlock]byte)(w))
		putScale(dst[n:], d)
	}
}

// zeros reports whether all of b, a multiple of 8 bytes, is 0.
func zeros(b []byte) bool {
	var any uint64
	for ; len(b) >= 8; b = b[8:] {
		any |= load(b)
	}
	return any == 0
}

// EncodeFrom is [Encoder.Encode] of weights that read gets: it sets dst (hi-lo, cols) to
// rows lo ≤ r < hi of the matrix, as [Tensor.Decode] does, and is called once for each of
// the spans. They are kept in weights, which grows as needed.
func (e *Encoder) EncodeFrom(dst []byte, weights *[]int8, lo, hi int, read func(dst []int8, lo, hi int) error) error {
	w := (*weights)[:0]
	for _, s := range e.Sources(lo, hi) {
		at, n := len(w), (s.Hi-s.Lo)*e.cols
		w = slices.Grow(w, n)[:at+n]
		if err := read(w[at:], s.Lo, s.Hi); err != nil {
			return err
		}
	}
	*weights = w
	return e.Encode(dst, w, lo, hi)
}
