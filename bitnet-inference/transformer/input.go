package transformer

import (
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// An input is activations that one or more linears read: T float rows and, if any
// linear is ternary, the same rows as int8.
//
// Linears with a norm of their own read a normed copy each. Those that share a norm, as
// in most models, share the input.
type input struct {
	values    []float32 // (T, width)
	width     int
	quantized int8act.Rows
	ternary   bool // quantized holds values

	gain []float32 // of the norm that made values of another input's, or nil
	eps  float32   // of such norms

	normed []input   // copies in use, in the order of their linears
	copies []input   // room for them
	rows   []float32 // (len(copies), T, width), their values
}

// reset announces values, which are about to be computed, as the input of
// linears. Who computes a row calls ready, while it is in the cache.
func (x *input) reset(values []float32, width int, linears []linear) {
	x.begin(values, width, nil)
	x.normed = x.copies[:0]
	for i := range linears {
		l, to := &linears[i], x
		if l.norm != nil {
			n := len(x.normed)
			x.normed = x.copies[:n+1]
			to = &x.normed[n]
			to.begin(x.rows[n*len(values):][:len(values)], width, l.norm)
		}
		if l.ternary != nil {
			to.ternary, to.quantized.Order = true, l.ternary.W[0].Order // which all that read it share
		}
	}
	x.resize()
	for i := range x.normed {
		x.normed[i].resize()
	}
}

func (x *input) begin(values []float32, width int, gain []float32) {
	x.values, x.width, x.ternary, x.gain = values, width, false, gain
}

func (x *input) resize() {
	if x.ternary {
		x.quantized.Resize(len(x.values)/x.width, x.width)
	}
}

// ready makes of row t what linears read: its norms, and all of it rounded if they
// want that.
func (x *input) ready(t int) {
	x.quantize(t)
	for i := range x.normed {
		n := &x.normed[i]
		nn.RMSNorm(n.values[t*x.width:(t+1)*x.width], x.values[t*x.width:(t+1)*x.width], n.gain, x.eps)
		n.quantize(t)
	}
}

func (x *input) quantize(t int) {
	if x.ternary {
		x.quantized.QuantizeRow(t, x.values[t*x.width:(t+1)*x.width])
	}
}

// ownNorms returns how many of the projections that share an input norm it for
// themselves.
func ownNorms(l *layer) int {
	most := 0
	for _, linears := range l.inputs() {
		n := 0
		for i := range *linears {
			if (*linears)[i].norm != nil {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
