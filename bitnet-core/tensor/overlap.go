package tensor

import (
	"slices"
	"unsafe"
)

// place is where a plain tensor's elements lie: the address of the first and the
// bytes from there to the end of the last. It is empty if there are none.
func (t *Tensor) place() (addr uintptr, span int) {
	if t.Len() == 0 {
		return 0, 0
	}
	_, size := t.dtype.Block()
	last := t.off
	for d, n := range t.shape {
		last += (n - 1) * t.strides[d]
	}
	b := t.buf.Bytes()[t.base+t.off*size : t.base+(last+1)*size]
	return uintptr(unsafe.Pointer(unsafe.SliceData(b))), len(b)
}

// same reports whether t and o are the same elements in the same order, which an
// element-wise operation may write over what it has read.
func (t *Tensor) same(o *Tensor) bool {
	if t.dtype != o.dtype || !slices.Equal(t.shape, o.shape) {
		return false
	}
	for d, n := range t.shape {
		if n != 1 && t.strides[d] != o.strides[d] {
			return false
		}
	}
	p, _ := t.place()
	q, _ := o.place()
	return p == q
}

// A term is a number of bytes that a view steps by, as often as it likes up to
// most times.
type term struct{ step, most int }

// Overlaps reports whether t and o have a byte in common. Columns of one matrix do
// not, though they lie between each other. For views of many dimensions with odd
// strides the search ends early and the answer is yes.
func (t *Tensor) Overlaps(o *Tensor) bool {
	if !t.dtype.Plain() || !o.dtype.Plain() {
		panic("tensor: Overlaps of a block type")
	}
	p, n := t.place()
	q, m := o.place()
	if n == 0 || m == 0 || p+uintptr(n) <= q || q+uintptr(m) <= p {
		return false
	}
	// An element of t at p+Σ sᵢ·i and one of o at q+Σ sⱼ·j share a byte if the
	// difference of their addresses is above -size of t's and below size of o's. With
	// j counted down from its last all steps are positive.
	_, size := t.dtype.Block()
	_, other := o.dtype.Block()
	lo := int(q-p) - size + 1 + m - other
	hi := int(q-p) + other - 1 + m - other
	var terms []term
	for _, v := range []*Tensor{t, o} {
		_, size := v.dtype.Block()
		for d, n := range v.shape {
			if step := size * v.strides[d]; n > 1 && step > 0 {
				i := slices.IndexFunc(terms, func(x term) bool { return x.step == step })
				if i < 0 {
					i = len(terms)
					terms = append(terms, term{step: step})
				}
				terms[i].most += n - 1
			}
		}
	}
	slices.SortFunc(terms, func(a, b term) int { return b.step - a.step })
	budget := 10000
	return reaches(terms, lo, hi, &budget)
}

// reaches reports whether a sum of terms, largest step first, lies in lo to hi, or
// the budget of tries is spent.
func reaches(terms []term, lo, hi int, budget *int) bool {
	if *budget--; *budget < 0 {
		return true
	}
	if hi < 0 {
		return false
	}
	if len(terms) == 0 {
		return lo <= 0
	}
	first, rest := terms[0], 0
	for _, t := range terms[1:] {
		rest += t.step * t.most
	}
	i := max(0, (lo-rest+first.step-1)/first.step) // the rest reaches no further
	for ; i <= min(first.most, hi/first.step); i++ {
		if reaches(terms[1:], lo-i*first.step, hi-i*first.step, budget) {
			return true
		}
	}
	return false
}

// repeats reports whether several indices of t are the same element: only
// broadcasting makes such views.
func (t *Tensor) repeats() bool {
	for d, n := range t.shape {
		if n > 1 && t.strides[d] == 0 {
			return t.Len() > 0
		}
	}
	return false
}
