package calibrate

import "math"

// MagnitudeBins is the number of bins of [Magnitudes].
const MagnitudeBins = 4*magnitudeOctaves + 2

const (
	magnitudeOctaves = 48
	magnitudeLow     = -24 // the first octave begins at 2^-24
)

// Magnitudes counts |x| in bins that four to an octave divide 2^-24 to 2^24 linearly:
// [2^k, 1.25·2^k), [1.25·2^k, 1.5·2^k) and so on. The first bin has what is smaller, with
// zeros, the last what is larger. Counts are exact.
type Magnitudes [MagnitudeBins]uint64

// magnitudeBin returns the bin of a finite a ≥ 0.
func magnitudeBin(a float32) int {
	// The exponent and two bits of the mantissa number the bins.
	const first = (127 + magnitudeLow) << 2
	return min(max(int(math.Float32bits(a)>>21)-first+1, 0), MagnitudeBins-1)
}

// Bounds returns what bin i holds: from ≤ |x| < to. The last bin ends at infinity.
func (*Magnitudes) Bounds(i int) (from, to float64) {
	bound := func(i int) float64 { // where bin i+1 begins
		return math.Ldexp(1+float64(i%4)/4, magnitudeLow+i/4)
	}
	if i > 0 {
		from = bound(i - 1)
	}
	if i == MagnitudeBins-1 {
		return from, math.Inf(1)
	}
	return from, bound(i)
}

// ShareBins is the number of bins of [Shares]: sixteen to a step of int8, and one for the
// largest magnitude of each row itself, the only one that is sure to be cut off.
const ShareBins = evenBins + 1

const evenBins = 2048

// Shares sums, for each bin of |x|/max|x| between 0 and 1, the squares of max|x| of the
// rows that such x are in: the weight of errors that are measured in units of max|x|.
// Zeros, which are rounded without an error, are left out. The last bin is for exactly 1,
// the others divide what is below it evenly.
type Shares [ShareBins]float64

// add takes in a finite row whose largest magnitude is given.
func (h *Shares) add(row []float32, largest float32) {
	if largest == 0 {
		return
	}
	weight := float64(largest) * float64(largest)
	scale := evenBins / float64(largest)
	for _, v := range row {
		switch a := abs(v); a {
		case 0:
		case largest:
			h[evenBins] += weight
		default:
			h[min(int(float64(a)*scale), evenBins-1)] += weight
		}
	}
}

// Error returns the squared error of rounding to int8 with rows cut off at a share of
// their largest magnitude, 0 < share ≤ 1, summed over all activations. What a bin holds is
// taken to be spread evenly over it: the error is the mean over the bin, not that of its
// middle, which where steps are a whole number of bins is always the same part of a step.
func (h *Shares) Error(share float64) float64 {
	const levels = 127
	step := share / levels
	// integral is ∫ (v - step·n(v))² dv from 0 to u: a whole step has step³/12.
	integral := func(u float64) float64 {
		n := min(math.RoundToEven(u/step), levels)
		d := u - n*step
		return n*step*step*step/12 + d*d*d/3
	}
	var sum, from float64
	for i, weight := range h[:evenBins] {
		to := integral(float64(i+1) / evenBins)
		sum += weight * (to - from) * evenBins
		from = to
	}
	cut := 1 - step*min(math.RoundToEven(1/step), levels)
	return sum + h[evenBins]*cut*cut
}
