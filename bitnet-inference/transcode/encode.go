package transcode

import (
	"errors"
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// copyBytes is how much of a tensor that is copied is written at a time.
const copyBytes = 4 << 20

// An output is a tensor of the result and how it is made of the source.
type output struct {
	Step
	kind dtype.DType
	m    *matrix
	// projection: it is the weight of one.
	projection bool
	data       []byte                           // ready, if there is no m
	small      func(w *workers) ([]byte, error) // a few bytes that are known only when m is resolved
	beside     float32                          // the scale in a tensor of its own, where blocks have 1; 0: none
	check      bool                             // it may lose something
	each       bool                             // blocks keep the scales that they have
	span       int                              // columns that share a scale of their own; 0: one for the tensor
	// rounded: what is stored as floats is the ternary weights that masters stand for.
	rounded bool
	// importance of columns (cols) for the scales of what is made ternary, nil for mean
	// magnitudes; found is the tensor's scale when it was searched for, rowScales (rows) those of
	// rows, nil if these have none of their own. There are too many of groups to be kept.
	importance []float64
	found      float32
	rowScales  []float32
}

// master reports whether the tensor is to be made ternary whenever the model runs.
func (o *output) master() bool {
	return o.m != nil && o.m.master && checkpoint.IsFloat(o.kind) && !o.rounded
}

// layout returns that of a ternary matrix.
func (o *output) layout() qtensor.Layout { l, _ := qtensor.LayoutOf(o.kind); return l }

// emit writes the tensor. If it may lose something, loss says what.
func (o *output) emit(w *workers, out io.Writer) (loss *Loss, err error) {
	switch {
	case o.small != nil:
		data, err := o.small(w)
		if err != nil {
			return nil, err
		}
		_, err = out.Write(data)
		return nil, err
	case o.m == nil:
		_, err := out.Write(o.data)
		return o.Loss, err
	}
	if err := o.m.load(); err != nil {
		return nil, err
	}
	defer o.m.drop()
	_, ternary := qtensor.LayoutOf(o.kind)
	switch {
	case o.Action == actionCopy:
		return nil, o.copy(w, out)
	case ternary:
		return o.emitTernary(w, out)
	}
	return o.emitDense(w, out)
}

// copy writes the bytes as they are. Those of ternary types are looked through.
func (o *output) copy(w *workers, out io.Writer) error {
	m := o.m
	if m.ternary() {
		if err := qtensor.Check(m.layout(), m.data, m.rows, m.cols); err != nil {
			return fmt.Errorf("tensor %q: %w", m.name, err)
		}
	}
	for b := m.data; len(b) > 0; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		n := min(copyBytes, len(b))
		if _, err := out.Write(b[:n]); err != nil {
			return err
		}
		m.src.ck.Forget(b[:n])
		b = b[n:]
	}
	return nil
}

// emitDense writes rows of floats, or of blocks as vocabularies may have them.
func (o *output) emitDense(w *workers, out io.Writer) (*Loss, error) {
	m := o.m
	var g gamma
	if o.rounded {
		var err error
		if g, err = m.resolve(w); err != nil {
			return nil, err
		}
	}
	size, _ := nn.RowBytes(o.kind, m.cols)
	step := max(1, chunkValues/m.cols)
	losses := make([]Loss, (m.rows+step-1)/step)
	err := w.stream(out, len(losses), func(dst []byte, i int, s *scratch) ([]byte, error) {
		row, again := s.floats(m.cols), s.again(m.cols)
		lo, hi := i*step, min((i+1)*step, m.rows)
		dst = grow(&dst, (hi-lo)*size)
		made := nn.Matrix{Rows: hi - lo, Cols: m.cols, Type: o.kind, Data: dst}
		for r := lo; r < hi; r++ {
			if m.kind == o.kind && !o.rounded {
				copy(dst[(r-lo)*size:], m.rowBytes(r))
				continue
			}
			if err := m.floats(row, s.codes(m.cols), r); err != nil {
				return nil, err
			}
			if o.rounded {
				codes := s.codes(m.cols)
				absmean.Round(codes, row, g.scale)
				for i, c := range codes {
					row[i] = float32(c) * g.scale
				}
			}
			if err := made.SetRow(r-lo, row); err != nil {
				if errors.Is(err, nn.ErrRange) {
					err = fmt.Errorf("a value is not finite, or too large for %v", o.kind)
				}
				return nil, fmt.Errorf("tensor %q, row %d: %w", m.name, m.at(r), err)
			}
			if o.check {
				made.Row(again, r-lo)
				losses[i].add(row, again)
			}
		}
		if m.turn == checkpoint.AsIs && !m.ternary() {
			n := len(m.data) / m.rows
			m.src.ck.Forget(m.data[lo*n : hi*n])
		}
		return dst, nil
	})
	return o.sum(losses), err
}

// emitTernary writes codes and scales.
func (o *output) emitTernary(w *workers, out io.Writer) (*Loss, error) {
	m := o.m
	g := gamma{scale: 1} // of an encoder that knows sizes: blocks keep theirs
	if !o.each && o.span == 0 {
		var err error
		if g, err = o.resolve(w); err != nil {
			return nil, err
		}
	}
	scale := g.scale
	if o.beside != 0 {
		scale = 1
	}
	e, err := qtensor.NewEncoder(o.layout(), m.rows, m.cols, scale)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", m.name, err)
	}
	// Nearly all of a checkpoint to be quantized is such, and takes the fast way.
	direct := o.kind == dtype.I2_S && m.kind == dtype.BF16 && m.turn == checkpoint.AsIs && !o.check
	step := rowsAtOnce(e, m)
	losses := make([]Loss, (e.Rows()+step-1)/step)
	err = w.stream(out, len(losses), func(dst []byte, i int, s *scratch) ([]byte, error) {
		lo, hi := i*step, min((i+1)*step, e.Rows())
		dst = grow(&dst, e.Size(lo, hi))
		if direct {
			src := m.data[2*lo*m.cols : 2*hi*m.cols]
			qtensor.I2SOfBF16(dst, src, scale)
			m.src.ck.Forget(src)
			return dst, nil
		}
		switch {
		case o.each:
			return dst, o.blocks(dst, lo, hi, s, &losses[i])
		case o.span > 0:
			return dst, o.spans(dst, lo, hi, s, &losses[i])
		}
		return dst, e.EncodeFrom(dst, &s.c, lo, hi, func(codes []int8, first, last int) error {
			for r := first; r < last; r++ {
				if err := o.codes(codes[(r-first)*m.cols:][:m.cols], r, g, s, &losses[i]); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err == nil {
		_, err = out.Write(e.Tail())
	}
	return o.sum(losses), err
}

// rowsAtOnce returns how many stored rows are a piece.
func rowsAtOnce(e *qtensor.Encoder, m *matrix) int {
	least := e.Step()
	step := max(1, chunkValues*e.Rows()/(m.rows*m.cols))
	return (step + least - 1) / least * least
}

// blocks sets dst to blocks that have a scale each, as those of the source do.
func (o *output) blocks(dst []byte, lo, hi int, s *scratch, loss *Loss) error {
	cols := o.m.cols
	row, again := s.floats(cols), s.again(cols)
	plain := o.rowView()
	for r := lo; r < hi; r++ {
		if err := plain.floats(row, s.codes(cols), r); err != nil {
			return err
		}
		data, err := qtensor.PackFloat32(o.layout(), row, 1, cols)
		if err != nil {
			return fmt.Errorf("tensor %q, row %d: %w", o.m.name, plain.at(r), err)
		}
		dst = dst[copy(dst, data):]
		if o.check {
			if err := qtensor.Dequantize(again, o.layout(), data, 1, cols); err != nil {
				return fmt.Errorf("tensor %q: %w", o.m.name, err)
			}
			loss.add(row, again)
		}
	}
	return nil
}

// rowView returns the matrix without the factor that a tensor of its own holds.
func (o *output) rowView() *matrix {
	return &matrix{
		src: o.m.src, name: o.m.name, kind: o.m.kind, rows: o.m.rows, cols: o.m.cols,
		by: 1, turn: o.m.turn, headDim: o.m.headDim, data: o.m.data,
	}
}

// codes sets dst to the weights of row r.
func (o *output) codes(dst []int8, r int, g gamma, s *scratch, loss *Loss) error {
	m := o.m
	row := s.floats(m.cols)
	if g.uniform {
		m.codes(dst, r)
		for i, c := range dst {
			if c > 1 {
				return m.badCode(r, i)
			}
		}
	} else {
		if err := m.floats(row, dst, r); err != nil {
			return err
		}
		absmean.Round(dst, row, g.scale)
	}
	switch scale := o.unit(g); {
	case !o.check:
	case g.uniform || m.master && o.importance == nil: // only the scale can differ from what is meant
		loss.add([]float32{g.scale}, []float32{scale})
	default:
		again := s.again(m.cols)
		for i, c := range dst {
			again[i] = float32(c) * scale
		}
		loss.add(row, again)
	}
	return nil
}

// unit returns what a code of the result stands for.
func (o *output) unit(g gamma) float32 {
	switch {
	case o.beside != 0:
		return o.beside
	case halfScales(o.kind):
		return dtype.F16ToF32(dtype.F32ToF16(g.scale))
	}
	return g.scale
}

// sum adds up the losses of the parts, nil if there is none to be looked for.
func (o *output) sum(parts []Loss) *Loss {
	if !o.check {
		return nil
	}
	whole := &Loss{}
	for i := range parts {
		whole.merge(&parts[i])
	}
	whole.finish()
	return whole
}
