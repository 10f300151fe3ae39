package sample

import "math"

// Noise holds a number for each token, independent of the others and of Gumbel's
// distribution, G = -log(-log(u)) with u uniform in (0, 1). The token with the
// largest sum of logit / temperature and noise is a draw from the softmax at that
// temperature (the Gumbel-max trick; Maddison, Tarlow and Minka, arXiv:1411.0030).
// Unlike a draw along cumulative sums it needs no sum over the vocabulary, so tokens
// that cannot win need no logit.
type Noise struct{ key uint64 }

// A uniform number is (h + 1/2)·2^-noiseBits, h an integer below 2^noiseBits: exact,
// and neither 0 nor 1. So the noise lies between -3.61 and 36.74.
const noiseBits = 52

// At returns the noise of a token, or reports false if it is below least and the
// tables tell so without a logarithm. least may be NaN, which rules nothing out.
func (n *Noise) At(id int32, least float64) (noise float64, ok bool) {
	h := mix(n.key+uint64(uint32(id))*pcgStream) >> (64 - noiseBits)
	if at := (least - noiseFloor) * noiseSteps; at >= 0 {
		if at >= float64(len(noiseBelow)) || h < noiseBelow[int(at)] {
			return 0, false
		}
	}
	u := (float64(h) + 0.5) * (1.0 / (1 << noiseBits))
	return -log(-log(u)), true
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014), whose stream the numbers of successive
// tokens are.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const (
	noiseFloor = -4.0
	noiseSteps = 8 // of the table for each unit of noise
)

// noiseBelow[i] is an h below which the noise is less than noiseFloor + i/noiseSteps.
var noiseBelow = func() (t [41 * noiseSteps]uint64) {
	for i := range t {
		least := noiseFloor + float64(i)/noiseSteps
		// u = exp(-exp(-least)), as its distance from 1, which keeps its digits
		// where u is near 1; a few steps less make up for rounding.
		away := math.Ceil(-math.Expm1(-math.Exp(-least)) * (1 << noiseBits))
		t[i] = uint64(max(0, 1<<noiseBits-away-8))
	}
	return t
}()
