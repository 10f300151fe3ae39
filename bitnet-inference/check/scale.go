package check

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// How far, as a logarithm, what projections give is from 1 where scales are called
// swapped, and how much closer it must come with their reciprocals.
const (
	farFromOne = 3
	closer     = 2
)

// scaleTensor checks a scale that is a tensor of its own.
func (c *checker) scaleTensor(name string) {
	v, ok := c.floats(name)
	if !ok {
		return // Structure says so, if the model needs it
	}
	for _, s := range v {
		if !(s > 0) || math.IsInf(float64(s), 0) {
			c.add(Finding{Severity: Error, Kind: Scale, Where: name, What: fmt.Sprintf("is %v, want a positive number: the data is damaged; get the model anew", s)})
			return
		}
	}
}

// magnitude notes what a projection gives: used is the mean number of weights other
// than 0 in a row.
func (c *checker) magnitude(name string, t *qtensor.Tensor, gain []float32, used float64) {
	var square, scale float64
	for _, g := range gain {
		square += float64(g) * float64(g)
	}
	for _, s := range t.Scale {
		scale += float64(s) / float64(len(t.Scale))
	}
	if own, ok := c.ownScale(name); ok && len(t.Scale) > 0 {
		scale *= own
	} else if ok {
		scale = own
	}
	v, s := math.Log(math.Sqrt(used*square/float64(len(gain)))), math.Log(scale)
	if math.IsNaN(v+s) || math.IsInf(v+s, 0) {
		return // the tensors it comes from are reported
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outputs = append(c.outputs, v+s)
	c.reciprocal = append(c.reciprocal, v-s)
}

// ownScale returns the scale that is a tensor beside a weight, as it multiplies.
func (c *checker) ownScale(weight string) (float64, bool) {
	if v, ok := c.floats(weight + "_scale"); ok && len(v) == 1 {
		if c.ck.ScalesDivide() {
			return 1 / float64(v[0]), true
		}
		return float64(v[0]), true
	}
	if v, ok := c.floats(strings.TrimSuffix(weight, ".weight") + ".scale"); ok && len(v) == 1 {
		return float64(v[0]), true
	}
	return 0, false
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
