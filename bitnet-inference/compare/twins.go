package compare

import (
	"fmt"
	"hash/maphash"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
)

// unlike is from where on a tensor differs so much that another may have its weights:
// random codes agree in a third of all places or more.
const unlike = 0.1

// findTwins looks for the weights of tensors that differ widely among those of B that
// do.
func (w *workers) findTwins(found []Tensor, all []pair) error {
	seed := maphash.MakeSeed()
	inB := map[string]string{}
	keys := make([]string, len(all))
	for i := range found {
		t := &found[i]
		if all[i].size() == 0 || t.distance() < unlike {
			continue
		}
		a, err := w.key(seed, &all[i].a)
		if err != nil {
			return err
		}
		b, err := w.key(seed, &all[i].b)
		if err != nil {
			return err
		}
		keys[i] = a
		if _, ok := inB[b]; !ok {
			inB[b] = t.Name
		}
	}
	for i, k := range keys {
		if k != "" {
			found[i].Twin = inB[k]
		}
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
