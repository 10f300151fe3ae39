package transcode

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A matrix is a tensor of the source, read row by row. Its rows are those of the
// result: a rotation is undone on the way.
type matrix struct {
	src        *source
	name       string
	kind       dtype.DType
	rows, cols int
	by         float32 // what stored values are multiplied by, of ternary types
	shift      float32 // what is added to stored gains
	master     bool    // float weights that the model means to be ternary
	turn       checkpoint.Rotation
	headDim    int

	data  []byte
	gamma gamma // when it is resolved
}

// A gamma is the scale of a matrix as a ternary one. It is positive.
type gamma struct {
	scale float32
	// uniform: the source is ternary with this one scale, so its codes may be read.
	uniform bool
}

// open finds the matrix of a role. Type and shape are right: the source is a model.
func (s *source) open(r *checkpoint.Role, turn checkpoint.Rotation, headDim int) (*matrix, error) {
	m := &matrix{src: s, name: s.name(r), kind: s.ck.DType(s.name(r)), rows: r.Rows, cols: r.Cols, by: 1}
	if r.Heads > 0 {
		m.turn, m.headDim = turn, headDim
	}
	m.master = r.Kind == checkpoint.KindProjection && checkpoint.IsFloat(m.kind) && s.ck.Master(r)
	if !m.ternary() {
		return m, nil
	}
	if _, err := m.layout().Size(r.Rows, r.Cols); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", m.name, err)
	}
	scale := s.ck.ScaleName(r)
	if scale == "" {
		return m, nil
	}
	var err error
	if m.by, err = s.number(scale); s.divides {
		m.by = 1 / m.by
	}
	return m, err
}

// number reads a tensor that is one number.
func (s *source) number(name string) (float32, error) {
	data, err := s.bytes(name)
	if err != nil {
		return 0, err
	}
	var v [1]float32
	if err := dtype.Float32s(v[:], data, s.ck.DType(name)); err != nil {
		return 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	return v[0], nil
}

func (m *matrix) ternary() bool { _, ok := qtensor.LayoutOf(m.kind); return ok }

// layout returns that of a ternary matrix.
func (m *matrix) layout() qtensor.Layout {
	if m.kind == dtype.I2_S && m.src.arm {
		return qtensor.I2SARM
	}
	l, _ := qtensor.LayoutOf(m.kind)
	return l
}

// sameBytes reports whether a result of a type has the bytes of the source.
func (m *matrix) sameBytes(d dtype.DType) bool {
	return d == m.kind && m.turn == checkpoint.AsIs && (d != dtype.I2_S || !m.src.arm)
}

// opposite reports whether the scale of a ternary matrix, or the first of several, makes nothing of its codes, or their
// opposite. No model with such a single one is loaded, and so none is copied; several are copied as well as not.
func (m *matrix) opposite() (bool, error) {
	if !m.ternary() {
		return false, nil
	}
	if err := m.load(); err != nil {
		return false, err
	}
	defer m.drop()
	row, codes := make([]float32, m.cols), make([]int8, m.cols)
	for r := range m.rows {
		if m.floats(row, codes, r) != nil {
			break // of what is damaged, copying tells more
		}
		m.codes(codes, r)
		for i, c := range codes {
			if c != 0 {
				return row[i]*float32(c) <= 0, nil
			}
		}
	}
	return false, nil
}

// load makes the bytes available. Goroutines may share a matrix that was loaded.
func (m *matrix) load() error {
	if m.data != nil {
		return nil
	}
	var err error
	m.data, err = m.src.bytes(m.name)
	return err
}

// drop lets go of the bytes.
func (m *matrix) drop() {
	m.src.ck.Forget(m.data)
	m.data = nil
}

// at returns the row of the source that is row r.
func (m *matrix) at(r int) int {
	if m.turn == checkpoint.AsIs {
		return r
	}
	return m.turn.Row(r, m.headDim)
}

// rowBytes returns the bytes of row r in types whose rows have bytes of their own.
func (m *matrix) rowBytes(r int) []byte {
	n := len(m.data) / m.rows
	return m.data[m.at(r)*n:][:n]
}

// codes sets dst (cols) to the weights -1, 0 and +1 of row r of a ternary matrix;
// 2 is a code that the data must not have.
func (m *matrix) codes(dst []int8, r int) {
	r = m.at(r)
	q := qtensor.Tensor{Layout: m.layout(), Rows: m.rows, Cols: m.cols, Data: m.data}
	q.Decode(dst, r, r+1)
}

// floats sets dst (cols) to the values of row r. It uses codes (cols), too.
func (m *matrix) floats(dst []float32, codes []int8, r int) error {
	switch m.kind {
	case dtype.TQ1_0, dtype.TQ2_0, dtype.Q2_0, dtype.IQ1_BN, dtype.IQ2_BN:
		if err := qtensor.Dequantize(dst, m.layout(), m.rowBytes(r), 1, m.cols); err != nil {
			return fmt.Errorf("tensor %q, row %d: %w", m.name, m.at(r), err)
		}
		for i := range dst {
			dst[i] *= m.by
		}
		return nil
	case dtype.U8, dtype.I2_S, dtype.IQ2_BN_R4:
		m.codes(codes, r)
		scale := m.stored(r) * m.by
		for i, c := range codes {
			if c > 1 {
				return m.badCode(r, i)
			}
			dst[i] = float32(c) * scale
		}
		return nil
	}
	dense := nn.Matrix{Rows: m.rows, Cols: m.cols, Type: m.kind, Data: m.data}
	dense.Row(dst, m.at(r))
	return nil
}

func (m *matrix) badCode(r, c int) error {
	return fmt.Errorf("tensor %q: the weight at row %d, column %d is not -1, 0 or +1: the data is damaged or of another type", m.name, m.at(r), c)
}

// stored returns the scale that I2_S data has, or row r of IQ2_BN_R4 data, and 1 for packed
// data.
func (m *matrix) stored(r int) float32 {
	at := m.rows * m.cols / 4
	switch m.kind {
	case dtype.U8:
		return 1
	case dtype.IQ2_BN_R4: // four scales before four rows
		r = m.at(r)
		at = r/4*(len(m.data)/m.rows*4) + r%4*4
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(m.data[at:]))
}

// resolve finds the scale of the matrix as a ternary one, which for a float matrix
// means to read it through, on all processors. The matrix must be loaded.
func (m *matrix) resolve(w *workers) (gamma, error) {
	if m.gamma.scale > 0 {
		return m.gamma, nil
	}
	var err error
	m.gamma, err = m.findGamma(w)
	return m.gamma, err
}

// findGamma takes the scale that the data has if that is positive, as scales have to be
// in other layouts and files.
func (m *matrix) findGamma(w *workers) (gamma, error) {
	s, ok := m.oneScale()
	if s *= m.by; s-s != 0 {
		return gamma{}, fmt.Errorf("tensor %q has the scale %v: the data is damaged", m.name, s)
	}
	if ok && s > 0 {
		return gamma{s, true}, nil
	}
	return m.scan(w)
}

// oneScale returns the scale of all blocks or rows that are not zero, if there is one.
func (m *matrix) oneScale() (float32, bool) {
	switch {
	case m.kind == dtype.U8 || m.kind == dtype.I2_S:
		return m.stored(0), true
	case !m.ternary():
		return 0, false
	}
	q, err := qtensor.Parse(m.layout(), m.data, m.rows, m.cols)
	if err != nil || len(q.Scale) != 1 {
		return 0, false // what is damaged, reading the values tells
	}
	return q.Scale[0], true
}

// scan reads all values: the scale is the one magnitude that they have, or their
// mean magnitude, to the bit as [absmean.Matrix.Scale] has it of the source. Of masters it
// is the mean.
func (m *matrix) scan(w *workers) (gamma, error) {
	type part struct {
		most float32
		one  bool
	}
	step := max(1, chunkValues/m.cols)
	parts := make([]part, (m.rows+step-1)/step)
	means := make([]absmean.Mean, m.rows) // to add them up in the order of the source
	err := w.each(len(parts), func(i int, s *scratch) error {
		lo, hi := i*step, min((i+1)*step, m.rows)
		if m.master {
			masters := absmean.Matrix{Rows: m.rows, Cols: m.cols, Type: m.kind, Data: m.data}
			masters.Means(means[lo:hi], lo, hi)
			return nil
		}
		p, row := part{one: true}, s.floats(m.cols)
		for r := lo; r < hi; r++ {
			if err := m.floats(row, s.codes(m.cols), r); err != nil {
				return err
			}
			means[m.at(r)].Add(row)
			if p.one {
				p.most, p.one = magnitude(row, p.most)
			}
		}
		parts[i] = p
		return nil
	})
	if err != nil {
		return gamma{}, err
	}
	var mean absmean.Mean
	for _, row := range means {
		mean.Merge(row)
	}
	whole := part{one: true}
	for _, p := range parts {
		whole.one = whole.one && p.one && (p.most == 0 || whole.most == 0 || p.most == whole.most)
		whole.most = max(whole.most, p.most)
	}
	scale := mean.Scale()
	if scale-scale != 0 {
		return gamma{}, fmt.Errorf("tensor %q has weights that are not finite, so it has no scale: the data is damaged", m.name)
	}
	if whole.one && whole.most > 0 {
		return gamma{scale: whole.most}, nil
	}
	return gamma{scale: scale}, nil
}

// magnitude returns the one magnitude of the values that are not zero, given that
// of the values before (0: none); one is false if there are several.
func magnitude(row []float32, most float32) (m float32, one bool) {
	const sign = 1 << 31
	for i := 0; most == 0 && i < len(row); i++ {
		most = math.Float32frombits(math.Float32bits(row[i]) &^ sign)
	}
	// Which weights are zero cannot be predicted, so there are no branches: the sign of
	// -x is set for 0 < x ≤ 1<<31.
	want, other := math.Float32bits(most), uint32(0)
	for _, v := range row {
		b := math.Float32bits(v) &^ sign
		other |= -b & -(b ^ want)
	}
	return most, other&sign == 0 && most-most == 0
}
