package check

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// ternary checks a matrix.
func (c *checker) ternary(info *checkpoint.TensorInfo, l qtensor.Layout) {
	name := info.Name
	x, err := c.ck.Tensor(name)
	if err != nil || len(info.Shape) != 2 {
		return // Structure says so, if the model needs it
	}
	data := x.Bytes()
	defer c.ck.Forget(data)
	rows, cols := info.Shape[0], info.Shape[1]
	r := c.projection(name)
	if l == qtensor.HF { // r has it
		if rows != (r.Rows+3)/4 {
			return // Structure says so
		}
		rows = r.Rows
	}
	t, err := qtensor.Parse(l, data, rows, cols)
	if err != nil {
		c.add(Finding{Severity: Error, Kind: Ternary, Where: name, What: strings.TrimPrefix(err.Error(), "qtensor: ") + "; get the model anew"})
		return
	}
	if r != nil && c.ck.ScaleName(r) != "" {
		by, err := c.ck.Scale(r)
		if err != nil {
			return // scaleTensor says so
		}
		if len(t.Scale) == 0 {
			t.Scale = []float32{1} // of packed data, which has none
		}
		for i := range t.Scale {
			t.Scale[i] *= by
		}
	}
	for _, s := range t.Scale {
		if !(s > 0) || math.IsInf(float64(s), 0) {
			c.add(Finding{Severity: Error, Kind: Scale, Where: name, What: fmt.Sprintf("has the scale %v, want a positive number: the data is damaged; get the model anew", s)})
			return
		}
	}
	nonzero, zeroRows, first := count(t)
	switch {
	case nonzero == 0:
		c.add(Finding{Severity: Error, Kind: ZeroRows, Where: name, What: "holds zeros only: the data is lost; get the model anew"})
		return
	case zeroRows > 0:
		c.add(Finding{Severity: Warning, Kind: ZeroRows, Where: name, What: fmt.Sprintf("%d of %d rows, row %d first, are zeros", zeroRows, rows, first)})
	}
	if r == nil {
		return
	}
	gain := c.gains(r)
	if len(gain) != cols {
		return
	}
	c.magnitude(t, gain, float64(nonzero)/float64(rows))
	if l == qtensor.I2S {
		var e qtensor.OrderEvidence
		if e.Add(t, gain) {
			c.mu.Lock()
			c.evidence.Merge(e)
			c.mu.Unlock()
		}
	}
}

// count returns how many weights are not 0, and in how many rows all are.
func count(t *qtensor.Tensor) (nonzero, zeroRows, first int) {
	const few = 1 << 18 // weights at a time
	step := max(4, few/max(1, t.Cols)/4*4)
	codes := make([]int8, min(step, t.Rows)*t.Cols)
	for lo := 0; lo < t.Rows; lo += step {
		hi := min(lo+step, t.Rows)
		t.Decode(codes[:(hi-lo)*t.Cols], lo, hi)
		for r := lo; r < hi; r++ {
			n := odd(convert.Bytes(codes[(r-lo)*t.Cols : (r-lo+1)*t.Cols]))
			if n == 0 {
				if zeroRows == 0 {
					first = r
				}
				zeroRows++
			}
			nonzero += n
		}
	}
	return nonzero, zeroRows, first
}

// odd counts the bytes of weights that are not 0: -1 and 1 are odd.
func odd(b []byte) int {
	n := 0
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b) & 0x0101010101010101)
	}
	for _, v := range b {
		n += int(v & 1)
	}
	return n
}

// i2sOrder says if the weights are in the other order.
func (c *checker) i2sOrder() {
	if l, sure := c.evidence.Layout(); !sure || l != qtensor.I2SARM {
		return
	}
	c.add(Finding{
		Severity: Error, Kind: I2SOrder, Where: "I2_S tensors",
		Repair: c.repair("--i2s-order", "arm"),
		What:   fmt.Sprintf("the weights are in the order of ARM builds, which x86 builds and this program read as others: columns go with their norms in that order (%d tensors, %.0f deviations)", c.evidence.Tensors, c.evidence.Deviations()),
	})
}
