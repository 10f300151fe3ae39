package transcode

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// weigh asks how important columns are, once the target and the types of the source are known to
// be possible: it may be much work.
func (p *Plan) weigh() (err error) {
	if p.opts.Importance != nil {
		p.importance, err = p.opts.Importance()
	}
	return err
}

// takeImportance gives a projection that floats are made ternary of the importance of its
// columns, with a mean of 1: errors of outputs are then in the units of weights, and those of
// several projections may be added up. Columns that nothing reads keep 0.
func (p *Plan) takeImportance(o *output, r *checkpoint.Role) error {
	if p.opts.Importance == nil {
		return nil
	}
	given := p.importance[r.GGUF]
	if len(given) != o.m.cols {
		return fmt.Errorf("tensor %q has %d columns, and the importance of %d is known", o.m.name, o.m.cols, len(given))
	}
	var sum float64
	for c, v := range given {
		if !(v >= 0) || v-v != 0 {
			return fmt.Errorf("tensor %q: the importance of column %d is %v, want a finite number of at least 0", o.m.name, c, v)
		}
		if sum += v; sum-sum != 0 {
			return fmt.Errorf("tensor %q: the importance of columns 0 to %d has a sum that is not finite: give it in a larger unit", o.m.name, c)
		}
	}
	o.importance, o.check = slices.Clone(given), true
	if sum > 0 {
		for c, v := range given {
			o.importance[c] = v / sum * float64(len(given))
		}
	}
	return nil
}

// resolve returns the scale that the tensor is written with where it has one: the matrix's, or
// the one with the least error of outputs. The matrix must be loaded.
func (o *output) resolve(w *workers) (gamma, error) {
	g, err := o.m.resolve(w)
	if err != nil || o.importance == nil || o.span > 0 {
		return g, err
	}
	if o.found == 0 {
		if o.found, err = o.search(w, g.scale); err != nil {
			return gamma{}, err
		}
	}
	g.scale = o.found
	return g, nil
}

// resolved is resolve of an output whose matrix need not be loaded: it is for as long as that
// takes.
func (o *output) resolved(w *workers) (gamma, error) {
	if err := o.m.load(); err != nil {
		return gamma{}, err
	}
	defer o.m.drop()
	return o.resolve(w)
}

// searchParts is how many parts of a matrix are searched at once at most, with 1 MiB each. It is
// no matter of processors: sums are the same on any number of them.
const searchParts = 16

// search returns the scale with the least error of outputs, or the one that is there. Rows are
// taken in the order of the source, whatever that of the result is.
func (o *output) search(w *workers, there float32) (float32, error) {
	m := *o.m
	m.turn = checkpoint.AsIs
	step := max(1, chunkValues/m.cols, (m.rows+searchParts-1)/searchParts)
	parts := make([]calibrate.ScaleSearch, (m.rows+step-1)/step)
	err := w.each(len(parts), func(i int, s *scratch) error {
		row := s.floats(m.cols)
		for r := i * step; r < min((i+1)*step, m.rows); r++ {
			err := m.floats(row, s.codes(m.cols), r)
			if err == nil {
				err = parts[i].Add(row, o.importance)
			}
			if err != nil {
				return fmt.Errorf("tensor %q, row %d: %w", m.name, r, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	var all calibrate.ScaleSearch
	for i := range parts {
		all.Merge(&parts[i])
	}
	return all.Best(there).Scale, nil
}

// spanScale returns the scale that a span of row r, which begins at column c, is written with,
// and its mean magnitude.
func (o *output) spanScale(part []float32, r, c int, s *scratch) (scale, mean float32, err error) {
	var all absmean.Mean
	all.Add(part)
	mean = all.Scale()
	switch {
	case o.importance == nil || mean-mean != 0:
		return mean, mean, nil
	case o.rowScales != nil && o.rowScales[r] > 0:
		return o.rowScales[r], mean, nil
	}
	found, err := s.search.Best(part, o.importance[c:c+len(part)], mean)
	if err != nil {
		return 0, 0, fmt.Errorf("tensor %q, row %d: %w", o.m.name, o.m.at(r), err)
	}
	if o.rowScales != nil {
		o.rowScales[r] = found.Scale
	}
	return found.Scale, mean, nil
}

// An OutputError is what rounding changes in the outputs of a projection whose inputs are as
// large as [Options.Importance] says: √(Σ m·(w − s·q)² / Σ m·w²), m the importance of a column.
type OutputError struct {
	Absmean float64 `json:"absmean"` // with mean magnitudes as scales of the same weights
	Written float64 `json:"written"`
}

// Gain returns the share of the squared error that the scales that are written take away.
func (e *OutputError) Gain() float64 {
	if e.Absmean == 0 {
		return 0
	}
	return 1 - e.Written*e.Written/(e.Absmean*e.Absmean)
}

// addSearched takes in row r with the scales that it is written with; mean and scale are the
// tensor's. codes (cols) is scratch.
func (t *Ternarized) addSearched(o *output, row []float32, r int, codes []int8, mean, scale float32, s *scratch) error {
	span := len(row)
	if o.span > 0 {
		span = o.span
	}
	for c := 0; c < len(row); c += span {
		end := min(c+span, len(row))
		part, q, m := row[c:end], codes[c:end], o.importance[c:end]
		if o.span > 0 {
			var err error
			if scale, mean, err = o.spanScale(part, r, c, s); err != nil {
				return err
			}
		}
		absmean.Round(q, part, mean)
		for i, v := range part {
			d := float64(v) - float64(mean)*float64(q[i])
			t.usual += m[i] * d * d
			t.weighed += m[i] * float64(v) * float64(v)
		}
		absmean.Round(q, part, scale)
		for i, v := range part {
			d := float64(v) - float64(scale)*float64(q[i])
			t.least += m[i] * d * d
			t.errors[searched] += d * d
			t.codes[q[i]+1]++
		}
	}
	return nil
}
