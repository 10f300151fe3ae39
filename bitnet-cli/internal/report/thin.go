package report

import (
	"cmp"
	"math"
	"slices"
)

// point is a place in a figure, in pixels.
type point struct{ x, y float64 }

// thin keeps of the points in the same column of pixels the lowest and the highest,
// in their order. The line through them looks as the line through all of them.
func thin(points []point) []point {
	var kept []point
	for column := range columnsOf(points) {
		lo, hi := 0, 0
		for i, p := range column {
			if p.y < column[lo].y {
				lo = i
			}
			if p.y > column[hi].y {
				hi = i
			}
		}
		kept = append(kept, column[min(lo, hi)])
		if lo != hi {
			kept = append(kept, column[max(lo, hi)])
		}
	}
	return kept
}

// columnsOf yields the runs of points in the same column of pixels.
func columnsOf(points []point) func(yield func([]point) bool) {
	return func(yield func([]point) bool) {
		for len(points) > 0 {
			n := 1
			for n < len(points) && math.Floor(points[n].x) == math.Floor(points[0].x) {
				n++
			}
			if !yield(points[:n:n]) {
				return
			}
			points = points[n:]
		}
	}
}

// outline returns the closed path around a band, with one point of each edge for a
// column of pixels: the farthest out. low and high are of the same x; downwards y
// grows.
func outline(low, high []point) string {
	farthest := func(edge []point, sign float64) (out []point) {
		for column := range columnsOf(edge) {
			out = append(out, slices.MaxFunc(column, func(a, b point) int {
				return cmp.Compare(sign*a.y, sign*b.y)
			}))
		}
		return out
	}
	around := farthest(low, 1)
	back := farthest(high, -1)
	slices.Reverse(back)
	return polyline(append(around, back...)) + "Z"
}

// polyline is the path through points.
func polyline(points []point) string {
	xy := make([]float64, 0, 2*len(points))
	for _, p := range points {
		xy = append(xy, p.x, p.y)
	}
	return path(xy...)
}
