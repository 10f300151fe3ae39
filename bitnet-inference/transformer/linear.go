package transformer

import (
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/bitlinear"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// rowGrain keeps parts of a matrix that threads claim on whole cache lines of
// the result and on whole tiles of the kernels.
const rowGrain = 16

// How many parts of a loop each thread gets. A product with one token has more:
// threads share the memory's bandwidth unequally, and while one waits for the other's
// last part it lies half idle. For several tokens, whose activations are read again for
// every part, fewer are better.
const (
	coarseParts = 4
	fineParts   = 16
)

// A linear is one or more projections of the same input whose outputs stand side
// by side: (out, in) with out the sum over the parts. Query, key and value are
// one linear, so that one loop over the threads computes all three.
type linear struct {
	out, in int
	parts   int               // how many projections it is
	ternary *bitlinear.Linear // rows of all parts, or nil
	dense   []nn.Matrix       // the parts in order, or nil
	norm    []float32         // gain of the norm that its only part has of the input, or nil
}

// grain returns the rows that threads had best claim together.
func (l *linear) grain() int {
	if l.ternary != nil && l.ternary.W[0].Layout == ternary.Base3 {
		return ternary.GroupRows
	}
	return rowGrain
}

// packedBytes returns the memory that parts of one input take when they are packed.
func packedBytes(parts []*model.Linear) int {
	n := 0
	for _, run := range runs(parts) {
		if run[0].Ternary != nil {
			rows, cols := shape(run)
			n += ternary.Smallest(rows, cols).Bytes(rows, cols)
		}
	}
	return n
}

// runs divides parts into runs that are all ternary or all dense. A part that norms the
// input for itself is a run of its own.
func runs(parts []*model.Linear) (all [][]*model.Linear) {
	for len(parts) > 0 {
		n := 1
		for n < len(parts) && (parts[n].Ternary != nil) == (parts[0].Ternary != nil) && parts[n].Norm == nil && parts[0].Norm == nil {
			n++
		}
		all = append(all, parts[:n])
		parts = parts[n:]
	}
	return all
}

// shape returns the rows of all parts together, and their columns.
func shape(parts []*model.Linear) (rows, cols int) {
	for _, p := range parts {
		out, in := p.Shape()
		rows, cols = rows+out, in
	}
	return rows, cols
}

// A packer copies ternary weights into the kernels' layout.
type packer struct {
	pool   *parallel.Pool
	arena  []byte            // what is left of the memory for packed weights
	forget func(data []byte) // told of what has been copied; nil if nobody asks
	// streamed says that the model does not stay in a cache between tokens.
	streamed bool
}

// streamed reports whether weights of that many bytes come from memory at every token.
func streamed(size int) bool {
	// Asking for the size of the cache takes half a millisecond, which small models
	// would notice when they start.
	const fitsAnywhere = 8 << 20
	return size > fitsAnywhere && size > int(device.Detect().Cache.L3)
}

// ternaryBytes returns the bytes that all ternary weights take when they are packed.
func ternaryBytes(w *model.Weights) int {
	n := 0
	for i := range w.Layers {
		for _, parts := range inputs(&w.Layers[i]) {
			n += packedBytes(parts)
		}
	}
	return n
}

// linears packs parts of one input into the front of the arena, which must hold
// packedBytes, or uses them as they lie in the file if view says so. Parts that are partly
// ternary and partly dense become several linears.
func (k *packer) linears(parts []*model.Linear, view bool) (all []linear) {
	for _, run := range runs(parts) {
		all = append(all, k.linear(run, view))
	}
	return all
}

func (k *packer) linear(parts []*model.Linear, view bool) linear {
	l := linear{parts: len(parts)}
	l.out, l.in = shape(parts)
	l.norm = parts[0].Norm
	for _, p := range parts {
		if p.Dense != nil {
			l.dense = append(l.dense, *p.Dense)
		}
	}
	if l.dense != nil {
		return l
	}
	l.ternary = &bitlinear.Linear{Scale: make([]float32, 0, l.out)}
	if !view {
		l.ternary.W = []ternary.Matrix{k.pack(parts)}
	}
	for _, p := range parts {
		t := p.Ternary
		if view {
			w, _ := t.View()
			l.ternary.W = append(l.ternary.W, w)
		}
		for r := range t.Rows {
			l.ternary.Scale = append(l.ternary.Scale, t.RowScale(r))
		}
	}
	for i := range l.ternary.W {
		l.ternary.W[i].Streamed = k.streamed
	}
	return l
}

// viewable reports whether the kernels can take ternary parts of one input as they
// lie in the file: all of them, as they share activations and so their order.
func viewable(parts []*model.Linear) bool {
	for _, p := range parts {
		if p.Ternary == nil {
			continue
		}
		if _, ok := p.Ternary.View(); !ok {
			return false
		}
	}
	return true
}

// pack copies ternary parts into one matrix.
func (k *packer) pack(parts []*model.Linear) ternary.Matrix {
	rows, cols := shape(parts)
	layout := ternary.Smallest(rows, cols)
	size := layout.Bytes(rows, cols)
	w := ternary.Matrix{Rows: rows, Cols: cols, Layout: layout, Data: k.arena[:size:size]}
	k.arena = k.arena[size:]
	if layout == ternary.Base3 {
		k.pool.Range((rows+ternary.GroupRows-1)/ternary.GroupRows, 1, func(lo, hi int) {
			group := ternary.New(ternary.GroupRows, cols)
			for g := lo; g < hi; g++ {
				first := g * ternary.GroupRows
				group.Rows = min(ternary.GroupRows, rows-first)
				packRows(&group, parts, first)
				w.SetGroup(g, &group)
			}
		})
	} else {
		k.pool.Range(rows, rowGrain, func(lo, hi int) {
			part := ternary.Matrix{Rows: hi - lo, Cols: cols, Data: w.Data[ternary.TwoBit.Bytes(lo, cols):ternary.TwoBit.Bytes(hi, cols)]}
			packRows(&part, parts, lo)
		})
	}
	if k.forget != nil {
		for _, p := range parts {
			k.forget(p.Ternary.Data)
		}
	}
	return w
}

// packRows fills w with the rows of the parts, taken together, from the first on.
func packRows(w *ternary.Matrix, parts []*model.Linear, first int) {
	at := -first // of a part's first row in w
	for _, p := range parts {
		t := p.Ternary
		if lo, hi := max(0, -at), min(t.Rows, w.Rows-at); lo < hi {
			t.PackInto(w, at, lo, hi)
		}
		at += t.Rows
	}
}

// A product is a linear, or one part of a dense one, whose rows are being
// multiplied with an input: dst (T, ld) receives them.
type product struct {
	in      *input
	ternary *bitlinear.Linear
	dense   *nn.Matrix
	dst     []float32
	ld      int
}

// multiply computes rows lo <= r < hi of p.job.
func (p *Pass) multiply(lo, hi int) {
	if j := &p.job; j.ternary != nil {
		j.ternary.Forward(j.dst, j.ld, &j.in.quantized, lo, hi)
	} else {
		j.dense.Mul(j.dst, j.ld, j.in.values, lo, hi)
	}
}

// apply runs linears side by side on p.in: dst (T, ld) receives their outputs, one
// after another in each row.
func (p *Pass) apply(linears []linear, dst []float32, ld int) {
	parts := coarseParts
	if len(p.in.values) == p.in.width { // one token
		parts = fineParts
	}
	normed := p.in.normed
	for i := range linears {
		l, in := &linears[i], &p.in
		if l.norm != nil {
			in, normed = &normed[0], normed[1:]
		}
		if l.ternary != nil {
			p.job = product{in: in, ternary: l.ternary, dst: dst, ld: ld}
			p.m.pool.Split(l.out, l.grain(), parts, p.bodies.product)
			dst = dst[min(l.out, len(dst)):]
		}
		for j := range l.dense {
			m := &l.dense[j]
			p.job = product{in: in, dense: m, dst: dst, ld: ld}
			p.m.pool.Split(m.Rows, rowGrain, parts, p.bodies.product)
			dst = dst[min(m.Rows, len(dst)):]
		}
	}
}
