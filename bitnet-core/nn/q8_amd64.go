//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A q8Set is the kernels for Q8_0 of one vector width.
type q8Set struct {
	rows    [3]int // of a call
	columns int    // that one call of values adds
	scores  [3]func(dst *float32, ld int, q *byte, stride, width int, keys *byte, blocks int)
	values  [3]func(dst *float32, ld int, w, v *byte, stride, ahead int)
}

var (
	q8AVX2 = q8Set{
		rows: [3]int{6, 4, 1}, columns: 16,
		scores: [3]func(*float32, int, *byte, int, int, *byte, int){scoresQ8AVX2x6, scoresQ8AVX2x4, scoresQ8AVX2x1},
		values: [3]func(*float32, int, *byte, *byte, int, int){valuesQ8AVX2x6, valuesQ8AVX2x4, valuesQ8AVX2x1},
	}
	q8AVX512 = q8Set{
		rows: [3]int{12, 4, 1}, columns: 32,
		scores: [3]func(*float32, int, *byte, int, int, *byte, int){scoresQ8AVX512x12, scoresQ8AVX512x4, scoresQ8AVX512x1},
		values: [3]func(*float32, int, *byte, *byte, int, int){valuesQ8AVX512x12, valuesQ8AVX512x4, valuesQ8AVX512x1},
	}
)

var q8VNNI = q8Set{
	rows: [3]int{12, 4, 1}, columns: 32,
	scores: [3]func(*float32, int, *byte, int, int, *byte, int){scoresQ8VNNIx12, scoresQ8VNNIx4, scoresQ8VNNIx1},
	values: [3]func(*float32, int, *byte, *byte, int, int){valuesQ8VNNIx12, valuesQ8VNNIx4, valuesQ8VNNIx1},
}

// wideQ8 returns the kernels for 64-byte vectors, nil if they may not be used.
func wideQ8() *q8Set {
	switch {
	case kernels.level < simd.AVX512:
		return nil
	case simd.Has(simd.AVX512VNNI):
		return &q8VNNI
	}
	return &q8AVX512
}

// factorsVec is factors, and reports whether it could do it.
func factorsVec(dst []byte, stride int, x []float32, ld, rows int, scales []byte, ahead int) bool {
	switch {
	case kernels.level >= simd.AVX512:
		factorsAVX512(&dst[0], stride, &x[0], ld, rows, &scales[0], ahead)
	case kernels.level >= simd.AVX2:
		factorsAVX2(&dst[0], stride, &x[0], ld, rows, &scales[0], ahead)
	default:
		return false
	}
	return true
}

// scoresQ8Vec sets dst (rows, ld) to the scores of blocks of keys for the factors q
// (rows, groups, factorBytes), and reports whether it could do it.
func scoresQ8Vec(dst []float32, ld int, q []byte, rows, width int, keys []byte, blocks int) bool {
	if kernels.level < simd.AVX2 || width%4 != 0 {
		return false
	}
	set := wideQ8()
	if set == nil {
		set = &q8AVX2
	}
	stride := groups(width) * factorBytes
	for r := 0; r < rows; {
		t := take(&set.rows, rows-r)
		set.scores[t](&dst[r*ld], ld, &q[r*stride], stride, width, &keys[0], blocks)
		r += set.rows[t]
	}
	return true
}

// valuesQ8Vec is valuesQ8, and returns for how many of the columns, from the first
// on, it could do it.
func valuesQ8Vec(dst []float32, width, rows, columns int, w, values []byte, ahead int) int {
	if kernels.level < simd.AVX2 {
		return 0
	}
	c, wide := 0, wideQ8()
	for c+q8AVX2.columns <= columns {
		set := &q8AVX2
		if wide != nil && c+wide.columns <= columns {
			set = wide
		}
		for r := 0; r < rows; {
			t := take(&set.rows, rows-r)
			set.values[t](&dst[r*width+c], width, &w[r*factorBytes], &values[2*c], 2*width, ahead)
			r += set.rows[t]
		}
		c += set.columns
	}
	return c
}
