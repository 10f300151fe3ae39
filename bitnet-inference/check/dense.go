package check

import (
	"fmt"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// A dense is a tensor of floats or of blocks of them: a vector is one row. It has Data
// while it is read.
type dense struct {
	nn.Matrix
	name string

	mu     sync.Mutex
	broken int // rows that hold NaN or infinity
	first  int // the first of them
	zero   int // rows of zeros only
	empty  int // the first of them
}

// newDense returns nil for types and shapes that hold no floats.
func newDense(t dtype.DType, info *checkpoint.TensorInfo) *dense {
	rows, cols := 1, 1
	switch shape := info.Shape; len(shape) {
	case 0:
	case 1:
		cols = shape[0]
	case 2:
		rows, cols = shape[0], shape[1]
	default:
		return nil
	}
	n, ok := nn.RowBytes(t, cols)
	if !ok || n == 0 || info.Bytes != int64(rows)*int64(n) {
		return nil
	}
	return &dense{Matrix: nn.Matrix{Rows: rows, Cols: cols, Type: t}, name: info.Name}
}

func (d *dense) rowBytes() int { return len(d.Data) / max(1, d.Rows) }

func (d *dense) bytes(lo, hi int) []byte { return d.Data[lo*d.rowBytes() : hi*d.rowBytes()] }

// read looks at rows lo ≤ r < hi.
func (d *dense) read(lo, hi int) {
	var row []float32 // of blocks, which have to be decoded
	if !checkpoint.IsFloat(d.Type) {
		row = make([]float32, d.Cols)
	}
	for r := lo; r < hi; r++ {
		data, kind := d.bytes(r, r+1), d.Type
		if row != nil {
			d.Row(row, r)
			data, kind = convert.Bytes(row), dtype.F32
		}
		finite, zero := dtype.Finite(data, kind), isZero(data, kind)
		if finite && !zero {
			continue
		}
		d.mu.Lock()
		if !finite {
			if d.broken == 0 || r < d.first {
				d.first = r
			}
			d.broken++
		} else {
			if d.zero == 0 || r < d.empty {
				d.empty = r
			}
			d.zero++
		}
		d.mu.Unlock()
	}
}

// isZero reports whether all floats are 0 or -0. Most rows tell by their first.
func isZero(data []byte, d dtype.DType) bool {
	size, _ := d.Size(1)
	for ; len(data) > 0; data = data[size:] {
		for _, b := range data[:size-1] {
			if b != 0 {
				return false
			}
		}
		if data[size-1]&0x7f != 0 {
			return false
		}
	}
	return true
}

// judge says what was found, when all rows have been read.
func (d *dense) judge(c *checker) {
	if d.broken > 0 {
		f := Finding{Severity: Error, Kind: NotFinite, Where: d.name}
		f.What = "holds NaN or infinity: the data is damaged, or was when it was converted; get the model anew"
		if d.Rows > 1 {
			f.What = fmt.Sprintf("%d of %d rows, row %d first, hold NaN or infinity: the data is damaged, or was when it was converted; get the model anew", d.broken, d.Rows, d.first)
		}
		c.add(f)
	}
	r := c.roles[d.name]
	switch {
	case d.zero == 0:
	case r != nil && r.BelowOne && !c.ck.IsGGUF(): // they are stored less 1: gains of 1
	case d.zero == d.Rows:
		c.add(Finding{Severity: Error, Kind: ZeroRows, Where: d.name, What: "holds zeros only: the data is lost; get the model anew"})
	default:
		f := Finding{Severity: Warning, Kind: ZeroRows, Where: d.name}
		f.What = fmt.Sprintf("%d of %d rows, row %d first, are zeros", d.zero, d.Rows, d.empty)
		if c.projection(d.name) == nil {
			f.Severity = Note // of an embedding or head: tokens that training did not meet
		}
		c.add(f)
	}
}
