package check

import (
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// How far, as a logarithm, what projections give is from 1 where scales are called
// swapped, and how much closer it must come with their reciprocals.
const (
	farFromOne = 3
	closer     = 2
)

// scaleTensor checks a scale of a projection that is a tensor of its own.
func (c *checker) scaleTensor(r *checkpoint.Role) {
	if _, err := c.ck.Scale(r); err != nil {
		c.add(Finding{Severity: Error, Kind: Scale, Where: c.ck.ScaleName(r), What: err.Error() + ": the data is damaged; get the model anew"})
	}
}

// magnitude notes what a projection gives: used is the mean number of weights other
// than 0 in a row.
func (c *checker) magnitude(t *qtensor.Tensor, gain []float32, used float64) {
	var square, scale float64
	for _, g := range gain {
		square += float64(g) * float64(g)
	}
	for _, s := range t.Scale {
		scale += float64(s) / float64(len(t.Scale))
	}
	v, s := math.Log(math.Sqrt(used*square/float64(len(gain)))), math.Log(scale)
	if math.IsNaN(v+s) || math.IsInf(v+s, 0) {
		return // gains, or a scale that is missing: reported
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outputs = append(c.outputs, v+s)
	c.reciprocal = append(c.reciprocal, v-s)
}

// scales says if the scales as a whole are reciprocals of what they should be.
func (c *checker) scales() {
	if len(c.outputs) == 0 {
		return
	}
	as, other := median(c.outputs), median(c.reciprocal)
	if math.Abs(as) < farFromOne || math.Abs(as)-math.Abs(other) < closer {
		return
	}
	f := Finding{Severity: Error, Kind: SwappedScale, Where: "scales of ternary tensors"}
	f.What = fmt.Sprintf("make outputs of about %.2g of normed inputs, where their reciprocals make %.2g: they are stored the other way round", math.Exp(as), math.Exp(other))
	if !c.ck.IsGGUF() {
		f.Where = "config.json: quantization_config.linear_class"
		class, way := "autobitlinear", "multiply"
		if !c.ck.ScalesDivide() {
			class, way = "bitlinear", "divide"
		}
		f.What = fmt.Sprintf("weight_scale, read as linear_class says, makes outputs of about %.2g of normed inputs, its reciprocal %.2g: the class should be %q, whose scales %s", math.Exp(as), math.Exp(other), class, way)
		f.Repair = c.repair("--weight-scale", way)
	} else {
		f.What += "; convert the model anew from what it was made of"
	}
	c.add(f)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
