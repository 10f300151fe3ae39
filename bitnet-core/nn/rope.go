package nn

import "math"

// A Rope rotates query and key heads by their position (RoFormer,
// arXiv:2104.09864). It holds the angles of every position up to a limit and may
// be shared by goroutines.
type Rope struct {
	half     int
	adjacent bool
	cos, sin []float32 // (positions, half)
}

// NewRope prepares rotations of heads of width headDim, an even number, for
// positions 0 <= p < positions. Pair i turns by p·theta^(-2i/headDim). Pairs are
// (i, i+headDim/2) as in Hugging Face checkpoints, or (2i, 2i+1) if adjacent, as
// in GGUF files of architecture llama.
func NewRope(headDim, positions int, theta float64, adjacent bool) *Rope {
	if headDim < 0 || headDim%2 != 0 || positions < 0 {
		panic("nn: NewRope shape")
	}
	half := headDim / 2
	r := &Rope{half: half, adjacent: adjacent, cos: make([]float32, positions*half), sin: make([]float32, positions*half)}
	for i := range half {
		freq := math.Pow(theta, -2*float64(i)/float64(headDim))
		for p := range positions {
			sin, cos := math.Sincos(float64(p) * freq)
			r.cos[p*half+i], r.sin[p*half+i] = float32(cos), float32(sin)
		}
	}
	return r
}

// Apply rotates the heads in x, shape (heads, headDim), in place to position p. All
// products are rounded before they are added, so that every kernel gives the same bits.
func (r *Rope) Apply(x []float32, p int) {
	if r.half == 0 || len(x)%(2*r.half) != 0 {
		panic("nn: Rope.Apply length")
	}
	cos, sin := r.cos[p*r.half:(p+1)*r.half], r.sin[p*r.half:(p+1)*r.half]
	for h := 0; h < len(x); h += 2 * r.half {
		head := x[h : h+2*r.half]
		if r.adjacent {
			for i, c := range cos {
				a, b := head[2*i], head[2*i+1]
				head[2*i] = float32(a*c) - float32(b*sin[i])
				head[2*i+1] = float32(a*sin[i]) + float32(b*c)
			}
			continue
		}
		lo, hi := head[:r.half], head[r.half:]
		for i := turnVec(lo, hi, cos, sin); i < len(lo); i++ {
			a, b, c := lo[i], hi[i], cos[i]
			lo[i] = float32(a*c) - float32(b*sin[i])
			hi[i] = float32(a*sin[i]) + float32(b*c)
		}
	}
}
