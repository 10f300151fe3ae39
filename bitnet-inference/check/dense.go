package check

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"

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
	look := lanes[d.Type]
	if look == (lane{}) {
		row = make([]float32, d.Cols)
	}
	for r := lo; r < hi; r++ {
		var finite, zero bool
		if row == nil {
			finite, zero = look.row(d.bytes(r, r+1))
		} else {
			d.Row(row, r)
			finite, zero = decoded(row)
		}
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

// A lane is a float type in 64-bit words: the bits of its exponents, the lowest of each,
// and its signs. An exponent of ones is infinity or NaN.
type lane struct{ exponent, lowest, sign uint64 }

var lanes = map[dtype.DType]lane{
	dtype.F32:  {0x7f8000007f800000, 0x0080000000800000, 0x8000000080000000},
	dtype.F16:  {0x7c007c007c007c00, 0x0400040004000400, 0x8000800080008000},
	dtype.BF16: {0x7f807f807f807f80, 0x0080008000800080, 0x8000800080008000},
}

// row reports whether all values are finite, and whether all are 0 or -0.
func (l lane) row(data []byte) (finite, zero bool) {
	var over, some uint64
	for ; len(data) >= 8; data = data[8:] {
		v := binary.LittleEndian.Uint64(data)
		some |= v
		// One more than all ones in an exponent is the sign.
		over |= v&l.exponent + l.lowest
	}
	var last [8]byte
	copy(last[:], data)
	v := binary.LittleEndian.Uint64(last[:])
	some |= v
	over |= v&l.exponent + l.lowest
	return over&l.sign == 0, some&^l.sign == 0
}

func decoded(row []float32) (finite, zero bool) {
	var over, some uint32
	for _, v := range row {
		b := math.Float32bits(v)
		some |= b
		over |= b&0x7f800000 + 0x00800000
	}
	return over>>31 == 0, some<<1 == 0
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
