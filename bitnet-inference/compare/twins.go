package compare

import (
	"fmt"
	"hash/maphash"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
)

// unlike is the share of codes, or the relative difference of values, from where on
// another tensor may have the weights: random codes agree in a third of all places or
// more.
const unlike = 0.1

// apart reports whether the weights differ widely; scales do not make them another's.
func (t *Tensor) apart() bool {
	switch {
	case t.Codes != nil:
		return t.Codes.Share >= unlike
	case t.Values != nil:
		return t.Values.Relative >= unlike || t.Values.NotFinite > 0
	}
	return false
}

// findTwins looks for the weights of tensors that differ widely among those of B that
// do. Done is told of each pair whose tensors are not needed any more.
func (w *workers) findTwins(found []Tensor, all []pair, done func(*pair)) error {
	var wide []int
	for i := range found {
		if found[i].apart() {
			wide = append(wide, i)
		}
	}
	if len(wide) < 2 {
		return nil
	}
	seed := maphash.MakeSeed()
	inB := map[string]string{}
	keys := make([]string, len(wide))
	for n, i := range wide {
		var err error
		if keys[n], err = w.key(seed, &all[i].a); err != nil {
			return err
		}
		b, err := w.key(seed, &all[i].b)
		if err != nil {
			return err
		}
		if _, ok := inB[b]; !ok {
			inB[b] = found[i].Name
		}
		done(&all[i])
	}
	for n, i := range wide {
		found[i].Twin = inB[keys[n]]
	}
	return nil
}

// key returns what tensors of one shape and kind have in common only if their weights
// are the same.
func (w *workers) key(seed maphash.Seed, m *matrix) (string, error) {
	rows, cols := m.dims()
	sums := make([]uint64, chunkCount(rows, cols))
	err := w.chunks(rows, cols, func(i, lo, hi int, s *scratch) {
		n := (hi - lo) * cols
		if m.ternary != nil {
			codes := grow(&s.ca, n)
			m.codes(codes, lo, hi)
			sums[i] = maphash.Bytes(seed, convert.Bytes(codes))
			return
		}
		v := grow(&s.a, n)
		m.values(v, nil, lo, hi)
		sums[i] = maphash.Bytes(seed, convert.Bytes(v))
	})
	return fmt.Sprint(m.ternary != nil, m.shape, sums), err
}
