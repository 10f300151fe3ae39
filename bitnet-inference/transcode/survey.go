package transcode

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A Survey tells what ternarization does to a model before it is written.
type Survey struct {
	// Scale is which weights share a scale in the result: "tensor", "row" or "group".
	Scale string `json:"scale"`
	// Searched says that scales are those with the least error of outputs: Options.Importance.
	Searched bool         `json:"searched"`
	Tensors  []Ternarized `json:"tensors"`
	Total    Ternarized   `json:"total"` // of all weights together
	// Declared says that the checkpoint itself says that its weights are to be rounded.
	Declared bool `json:"declared"`
	// Trained says that the weights look as if they had been rounded in training: see
	// [Ternarized.Threshold] and [Ternarized.Fit].
	Trained bool `json:"trained"`
}

// A Ternarized is a matrix of floats w and what it is as s·q with q of -1, 0 and +1.
type Ternarized struct {
	Name   string  `json:"name,omitempty"`
	Rows   int     `json:"rows,omitempty"`
	Cols   int     `json:"cols,omitempty"`
	Number int64   `json:"weights"`
	Scale  float32 `json:"scale,omitempty"` // one for the tensor: what is written if all share it, else the mean magnitude
	// Shares of the weights that become -1, 0 and +1.
	Minus float64 `json:"minus"`
	Zero  float64 `json:"zero"`
	Plus  float64 `json:"plus"`
	// Error is ‖w − s·q‖ / ‖w‖ with the scales that are written.
	Error float64 `json:"relative_error"`
	// Errors are those with one scale for the tensor, for each row and for groups, all mean
	// magnitudes; the last with the scales that were searched for, if any were.
	Errors []ScaleError `json:"errors"`
	// Output is the error of outputs that scales are searched for, nil if none are, or if nothing
	// is known to reach the weights but 0: these keep mean magnitudes.
	Output *OutputError `json:"output_error,omitempty"`
	// Fit is the error with one scale for the tensor where that is not the mean magnitude but
	// the best for the q of that. It is near 0 for weights that lie around three values.
	Fit float64 `json:"best_fit_error"`
	// Threshold is how dense weights lie where rounding changes, around half a scale,
	// relative to both sides of it. Training through the rounding leaves many there,
	// pushed to and fro (arXiv:2203.11086); where nothing was rounded the density is
	// smooth and this is about 1.
	Threshold float64 `json:"threshold_density"`

	codes   [3]int64
	near    [3]int64 // weights of 0.2 to 0.4, 0.4 to 0.6 and 0.6 to 0.8 scales
	squares float64
	errors  [len(scalings) + 1]float64
	scaled  [len(scalings) + 1]bool // the scalings that are written
	kind    ScaleError              // what has a scale that is written; of several tensors, if it is the same in all
	made    float64                 // errors with these
	large   float64                 // Σ|w| where q with the tensor's scale is not 0, and their number
	larges  int64
	missed  float64 // least Σ(w − s·q)² with such q
	usual   float64 // Σ m·(w − s·q)² with mean magnitudes
	least   float64 // the same as it is written
	weighed float64 // Σ m·w²
	several bool    // magnitudes in fewColumns: the floats are not ternary
}

// A ScaleError is ‖w − s·q‖ / ‖w‖ where each s serves the weights that Scale names.
type ScaleError struct {
	Scale   string `json:"scale"`             // "tensor", "row" or "group"; "" where some have one and some another
	Columns int    `json:"columns,omitempty"` // of a group
	// Searched says that each s is the one with the least error of outputs, not the mean
	// magnitude.
	Searched bool    `json:"searched,omitempty"`
	Error    float64 `json:"relative_error"`
	Written  bool    `json:"written"` // of some tensors, where it is all of them together
}

// scalings are what is compared. Groups of 256 and 64 are blocks of types that exist.
var scalings = [...]ScaleError{{Scale: scaleTensor}, {Scale: scaleRow}, {Scale: scaleGroup, Columns: 256}, {Scale: scaleGroup, Columns: 128}, {Scale: scaleGroup, Columns: 64}}

// searched is the place of scales that were searched for behind those of scalings.
const searched = len(scalings)

const (
	// fewColumns is how few weights of a row are certain to have one scale in floats that are
	// ternary, for some models have one for each part that a device had in training.
	fewColumns = 8
	// trainedDensity separates: masters of a ternary model have 2.5 and more than 1.5 in
	// every matrix, ordinary weights 1.0, of matrices with few weights up to 1.3.
	trainedDensity = 1.4
	// trainedFit is about half of the Fit of bell-shaped weights, 0.46.
	trainedFit = 0.25
)

// Survey reads all projections that become ternary. Floats that have three values already
// are refused. progress, if not nil, is called with the weights that have been read and
// their number.
func (p *Plan) Survey(ctx context.Context, progress func(done, total int64)) (*Survey, error) {
	w := newWorkers(ctx)
	var made []*output
	var total int64
	v := &Survey{Scale: p.opts.Scale, Searched: p.opts.Importance != nil}
	for _, o := range p.outputs {
		if _, ternary := qtensor.LayoutOf(o.kind); ternary && o.m != nil && checkpoint.IsFloat(o.m.kind) {
			made = append(made, o)
			total += int64(o.m.rows) * int64(o.m.cols)
			v.Declared = v.Declared || o.m.master
		}
	}
	for _, o := range made {
		t, err := o.survey(w, p.writtenScaling(o))
		if err != nil {
			return nil, err
		}
		v.Total.merge(t)
		t.finish()
		v.Tensors = append(v.Tensors, *t)
		if progress != nil {
			progress(v.Total.Number, total)
		}
	}
	if len(made) == 0 {
		return nil, fmt.Errorf("%s has no projection that would become ternary", p.Source)
	}
	if !v.Total.several {
		return nil, p.ternaryAlready("its floats are -s, 0 and s")
	}
	v.Total.finish()
	v.Trained = v.Total.Threshold >= trainedDensity || v.Total.Fit <= trainedFit
	return v, nil
}

// writtenScaling returns the index of the scaling that a tensor of the result has, or would
// have with mean magnitudes.
func (p *Plan) writtenScaling(o *output) int {
	for i, s := range scalings {
		if o.span > 0 && s.Scale == p.opts.Scale && (s.Columns == 0 || s.Columns == o.span) {
			return i
		}
	}
	return 0
}

// survey measures a matrix; written is the scaling that the codes are counted of. Parts
// are added up in their order, so that results do not depend on how many processors there
// are.
func (o *output) survey(w *workers, written int) (*Ternarized, error) {
	m := o.m
	if err := m.load(); err != nil {
		return nil, err
	}
	defer m.drop()
	usual, err := m.resolve(w)
	if err != nil {
		return nil, err
	}
	g, err := o.resolve(w)
	if err != nil {
		return nil, err
	}
	how := scalings[written]
	if o.importance != nil {
		written = searched
	}
	step := max(1, chunkValues/m.cols)
	parts := make([]Ternarized, (m.rows+step-1)/step)
	err = w.each(len(parts), func(i int, s *scratch) error {
		row, codes := s.floats(m.cols), s.codes(m.cols)
		for r := i * step; r < min((i+1)*step, m.rows); r++ {
			if err := m.floats(row, codes, r); err != nil {
				return err
			}
			parts[i].add(row, codes, usual.scale, written)
			if o.importance != nil {
				if err := parts[i].addSearched(o, row, r, codes, usual.scale, g.scale, s); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := &Ternarized{Name: o.Name, Rows: m.rows, Cols: m.cols, Scale: g.scale}
	for i := range parts {
		t.merge(&parts[i])
	}
	t.missed = max(t.squares-t.large*t.large/float64(max(t.larges, 1)), 0)
	t.scaled[written], t.made, t.kind = true, t.errors[written], how
	return t, nil
}

// add takes in a row; scale is the mean magnitude of the tensor. codes (cols) is scratch.
func (t *Ternarized) add(row []float32, codes []int8, scale float32, written int) {
	t.Number += int64(len(row))
	for _, v := range row {
		t.squares += float64(v) * float64(v)
		if u := int(math.Abs(float64(v)) / float64(scale) * 5); u >= 1 && u <= 3 {
			t.near[u-1]++
		}
	}
	for c := 0; c < len(row) && !t.several; c += fewColumns {
		_, one := magnitude(row[c:min(c+fewColumns, len(row))], 0)
		t.several = !one
	}
	for k, how := range scalings {
		span := len(row)
		if how.Columns > 0 {
			span = how.Columns
		}
		for c := 0; c < len(row); c += span {
			part, q := row[c:min(c+span, len(row))], codes[c:min(c+span, len(row))]
			s := scale
			if k == 0 {
				absmean.Round(q, part, s)
			} else {
				s = absmean.Quantize(q, part)
			}
			for i, v := range part {
				d := float64(v) - float64(s)*float64(q[i])
				t.errors[k] += d * d
			}
			if k == 0 {
				for i, v := range part {
					t.large += float64(v) * float64(q[i])
					t.larges += int64(q[i] & 1)
				}
			}
			if k == written {
				for _, code := range q {
					t.codes[code+1]++
				}
			}
		}
	}
}

func (t *Ternarized) merge(o *Ternarized) {
	switch {
	case t.Number == 0:
		t.kind = o.kind
	case t.kind != o.kind:
		t.kind = ScaleError{}
	}
	t.Number += o.Number
	t.squares += o.squares
	t.large += o.large
	t.larges += o.larges
	t.missed += o.missed
	t.made += o.made
	t.usual += o.usual
	t.least += o.least
	t.weighed += o.weighed
	for i := range t.codes {
		t.codes[i] += o.codes[i]
		t.near[i] += o.near[i]
	}
	for i := range t.errors {
		t.errors[i] += o.errors[i]
		t.scaled[i] = t.scaled[i] || o.scaled[i]
	}
	t.several = t.several || o.several
}

// finish computes the relations.
func (t *Ternarized) finish() {
	n := float64(max(t.Number, 1))
	t.Minus, t.Zero, t.Plus = float64(t.codes[0])/n, float64(t.codes[1])/n, float64(t.codes[2])/n
	all := scalings[:]
	if t.scaled[searched] {
		all = append(slices.Clone(all), ScaleError{Scale: t.kind.Scale, Columns: t.kind.Columns, Searched: true})
		if t.weighed > 0 {
			t.Output = &OutputError{math.Sqrt(t.usual / t.weighed), math.Sqrt(t.least / t.weighed)}
		}
	}
	for i, s := range all {
		if t.squares > 0 {
			s.Error = math.Sqrt(t.errors[i] / t.squares)
		}
		s.Written = t.scaled[i]
		t.Errors = append(t.Errors, s)
	}
	if t.squares > 0 {
		t.Fit, t.Error = math.Sqrt(t.missed/t.squares), math.Sqrt(t.made/t.squares)
	}
	t.Threshold = 1
	if sides := t.near[0] + t.near[2]; sides > 0 {
		t.Threshold = 2 * float64(t.near[1]) / float64(sides)
	}
}
