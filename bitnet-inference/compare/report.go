package compare

import (
	"cmp"
	"math"
	"slices"
)

// A Report is how model B differs from model A.
type Report struct {
	A        File    `json:"a"`
	B        File    `json:"b"`
	Graph    []Field `json:"graph"`    // what differs and changes what is computed
	Settings []Field `json:"settings"` // what differs and does not: names, sampling, the chat template
	// Metadata is the entries of the files that differ, arrays by their lengths and
	// first elements. Files of two formats have no
	// keys in common, so it is nil for them.
	Metadata  []Field   `json:"metadata"`
	Tokenizer Tokenizer `json:"tokenizer"`
	Tensors   []Tensor  `json:"tensors"` // all, in the order of the graph
}

// A File names a model.
type File struct {
	Name         string `json:"name"`
	Format       string `json:"format"`
	Quantization string `json:"quantization"`
}

// A Field is one value that differs; a side that has none is nil.
type Field struct {
	Name string  `json:"name"`
	A    *string `json:"a"`
	B    *string `json:"b"`
}

// A Tensor is what was found of one role. The parts that are nil do not apply.
type Tensor struct {
	Name   string `json:"name"` // as in GGUF files, without ".weight"
	ShapeA []int  `json:"shape_a"`
	ShapeB []int  `json:"shape_b"`
	TypeA  string `json:"type_a"` // "" if A has no such tensor
	TypeB  string `json:"type_b"`
	// Permuted says that the files have the rows in different orders, which was
	// allowed for.
	Permuted bool `json:"permuted,omitempty"`

	Codes  *Codes  `json:"codes,omitempty"`
	Scales *Scales `json:"scales,omitempty"`
	Values *Values `json:"values,omitempty"`

	// Twin is the tensor of B that has these weights of A, where this one does not.
	Twin string `json:"twin,omitempty"`
}

// Codes compares weights -1, 0 and +1.
type Codes struct {
	Total  int64   `json:"total"`
	Differ int64   `json:"differ"`
	Share  float64 `json:"share"` // Differ / Total
	First  *[2]int `json:"first"` // row and column of the first that differs; nil if none does
}

// Scales compares what ternary weights are multiplied by.
type Scales struct {
	A      float32 `json:"a"` // of the row with the largest difference
	B      float32 `json:"b"`
	Differ int     `json:"differ"` // rows whose scales differ
	Most   float64 `json:"most"`   // largest |a-b| / max(|a|, |b|)
}

// Values compares floats.
type Values struct {
	Total     int64   `json:"total"`
	Differ    int64   `json:"differ"`
	Max       float64 `json:"max"`        // largest |a-b|
	Mean      float64 `json:"mean"`       // mean |a-b|
	Relative  float64 `json:"relative"`   // √(Σ(a-b)² / max(Σa², Σb²))
	NotFinite int64   `json:"not_finite"` // places of Differ that have no difference to count: NaN or ±Inf on one side
	First     *[2]int `json:"first"`      // row and column of the first that differs; nil if none does
}

// Missing returns "A" or "B" for a tensor that only the other has, else "".
func (t *Tensor) Missing() string {
	switch {
	case t.TypeA == "":
		return "A"
	case t.TypeB == "":
		return "B"
	}
	return ""
}

// Same reports whether both models have the tensor with the same shape and weights.
func (t *Tensor) Same() bool { return t.distance() == 0 }

// distance orders tensors by how much they differ: 0 is not at all.
func (t *Tensor) distance() float64 {
	if t.Missing() != "" || !slices.Equal(t.ShapeA, t.ShapeB) {
		return math.Inf(1)
	}
	var d float64
	if v := t.Values; v != nil && v.Differ > 0 {
		// What differs by less than float64 tells apart still differs.
		d = max(v.Relative, math.SmallestNonzeroFloat64)
		if v.NotFinite > 0 {
			d = math.MaxFloat64
		}
	}
	if t.Codes != nil {
		d = max(d, t.Codes.Share)
	}
	if t.Scales != nil && t.Scales.Differ > 0 {
		d = max(d, t.Scales.Most, math.SmallestNonzeroFloat64)
	}
	return d
}

// Differing returns the tensors that differ, those that do most first.
func (r *Report) Differing() []Tensor {
	var all []Tensor
	for i := range r.Tensors {
		if !r.Tensors[i].Same() {
			all = append(all, r.Tensors[i])
		}
	}
	slices.SortStableFunc(all, func(x, y Tensor) int { return cmp.Compare(y.distance(), x.distance()) })
	return all
}

// Same reports whether both compute the same of the same ids: graphs and weights are
// the same, whatever the files are called, how they store numbers and what they say
// about text.
func (r *Report) Same() bool { return len(r.Graph) == 0 && len(r.Differing()) == 0 }
