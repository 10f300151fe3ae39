package track

import "math/bits"

// A histogram counts numbers by powers of two: those of n bits at index n, so that
// 2^(n-1) is the first of them.
type histogram [65]uint64

func (h *histogram) add(v uint64) { h[bits.Len64(v)]++ }

func (h *histogram) merge(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// A Bucket counts the numbers of a histogram that are at least From and less than
// twice that. Zeros are in a bucket of their own, with From 0.
type Bucket struct {
	From  int64 `json:"from"` // bytes, or nanoseconds
	Count int64 `json:"count"`
}

// buckets returns the buckets between the first and the last that count anything.
func (h *histogram) buckets() []Bucket {
	first, last := 0, len(h)-1
	for first < len(h) && h[first] == 0 {
		first++
	}
	for last > first && h[last] == 0 {
		last--
	}
	var b []Bucket
	for i := first; i <= last; i++ {
		b = append(b, Bucket{From: bucketFrom(i), Count: int64(h[i])})
	}
	return b
}

func bucketFrom(i int) int64 {
	if i == 0 {
		return 0
	}
	return 1 << (i - 1)
}
