package bench

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

const (
	checkRows  = ternary.GroupRows + 3 // rows of a matrix that are checked: whole tiles of the kernels and a rest
	screenRows = 512
	checkBatch = 5 // activation rows of the products with several

	// checkTiles is the number of activation rows of the third product with ternary
	// weights, for kernels of matrix units, which fewer rows do not reach.
	checkTiles = 33
)

// Check compares the kernels that this CPU was given with plain arithmetic, on
// rows of every projection of the model's first layer and of its head, with one
// and with several rows of activations. Integer products have to be equal, dense
// ones as near as float32 sums in any order are. It takes some 50 ms. A
// mistake is an error: a speed would be that of wrong results.
func Check(w *model.Weights) error {
	return kernels{(*ternary.Matrix).Mul, (*nn.Matrix).Mul}.check(w)
}

// kernels are what Check checks.
type kernels struct {
	ternary func(m *ternary.Matrix, dst []int32, ld int, x *int8act.Rows, lo, hi int)
	dense   func(m *nn.Matrix, dst []float32, ld int, x []float32, lo, hi int)
}

var projectionNames = [...]string{"query", "key", "value", "attention output", "gate", "up", "down"}

func (k kernels) check(w *model.Weights) error {
	if len(w.Layers) > 0 {
		for i, p := range projections(&w.Layers[0]) {
			name := projectionNames[i] + " projection of the first layer"
			var err error
			if p.Ternary != nil {
				err = k.checkTernary(name, p.Ternary)
			} else {
				err = k.checkDense(name, p.Dense)
			}
			if err != nil {
				return err
			}
		}
	}
	return k.checkHead(&w.Head)
}

// CheckHead is [Check] for a head alone: one that was made of the model's.
func CheckHead(head *nn.Matrix) error {
	return kernels{(*ternary.Matrix).Mul, (*nn.Matrix).Mul}.checkHead(head)
}

func (k kernels) checkHead(head *nn.Matrix) error {
	if err := k.checkDense("output head", head); err != nil {
		return err
	}
	return checkScreen(head)
}

// checkScreen asks the screen of some rows of the head for the largest logit. A head
// that cannot be screened is none of its business.
func checkScreen(head *nn.Matrix) error {
	m := *head
	m.Rows = min(m.Rows, screenRows)
	m.Data = m.Data[:len(head.Data)/max(head.Rows, 1)*m.Rows]
	pool := parallel.New(1)
	defer pool.Close()
	h, err := screen.New(&m, memory.Heap(), pool)
	if err != nil {
		return nil
	}
	defer h.Release()
	search := h.NewSearch(pool)
	search.Limit = m.Rows
	random := rand.New(rand.NewPCG(7, 8))
	x, logits := make([]float32, m.Cols), make([]float32, m.Rows)
	for range checkBatch {
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		if !search.Scan(x) {
			continue
		}
		m.Mul(logits, m.Rows, x, 0, m.Rows)
		id := sample.Greedy(logits)
		want := screen.Candidate{Logit: logits[id], ID: id}
		if got, _ := search.Top(nil, 1); len(got) != 1 || got[0] != want {
			return fmt.Errorf("the screened head is wrong on this machine: its largest logit of %d is %v, the head's is %v", m.Rows, got, want)
		}
	}
	return nil
}

func (k kernels) checkTernary(name string, t *qtensor.Tensor) error {
	rows := min(t.Rows, checkRows)
	packed := ternary.New(rows, t.Cols)
	t.PackInto(&packed, 0, 0, rows)
	var all []ternary.Matrix // as models have them
	view, ok := t.View()
	if ok {
		all = append(all, view)
	}
	switch {
	case ternary.Smallest(t.Rows, t.Cols) == ternary.Base3:
		m := ternary.NewBase3(rows, t.Cols)
		for g := 0; g*ternary.GroupRows < rows; g++ {
			lo, hi := g*ternary.GroupRows, min((g+1)*ternary.GroupRows, rows)
			m.SetGroup(g, &ternary.Matrix{Rows: hi - lo, Cols: t.Cols, Data: packed.Data[lo*ternary.Stride(t.Cols) : hi*ternary.Stride(t.Cols)]})
		}
		all = append(all, m)
	case !ok:
		all = append(all, packed)
	}
	for i := range all {
		if err := k.checkMatrix(name, t, &all[i], rows); err != nil {
			return err
		}
	}
	return nil
}

// checkMatrix compares products with the first rows of m, which holds the weights of t.
func (k kernels) checkMatrix(name string, t *qtensor.Tensor, m *ternary.Matrix, rows int) error {
	random := rand.New(rand.NewPCG(3, 4))
	for _, tokens := range []int{1, checkBatch, checkTiles} {
		x := int8act.Rows{Order: m.Order}
		x.Resize(tokens, t.Cols)
		values := make([]float32, tokens*t.Cols)
		for i := range tokens {
			row := values[i*t.Cols : (i+1)*t.Cols]
			for c := range row {
				row[c] = float32(random.IntN(255) - 127)
			}
			row[random.IntN(t.Cols)] = 127 // the scale is 1: values stay what they are
			x.QuantizeRow(i, row)
		}
		got := make([]int32, tokens*rows)
		k.ternary(m, got, rows, &x, 0, rows)
		codes := make([]int8, t.Cols)
		for r := range rows {
			t.Codes(codes, r)
			for i := range tokens {
				var want int32
				for c, w := range codes {
					want += int32(w) * int32(values[i*t.Cols+c])
				}
				if got[i*rows+r] != want {
					return fmt.Errorf("the ternary kernels are wrong on this machine: row %d of the %s times activation row %d of %d is %d, want %d",
						r, name, i, tokens, got[i*rows+r], want)
				}
			}
		}
	}
	return nil
}

func (k kernels) checkDense(name string, m *nn.Matrix) error {
	rows := min(m.Rows, checkRows)
	random := rand.New(rand.NewPCG(5, 6))
	x := make([]float32, checkBatch*m.Cols)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	row := make([]float32, m.Cols)
	for _, tokens := range []int{1, checkBatch} {
		got := make([]float32, tokens*m.Rows)
		k.dense(m, got, m.Rows, x[:tokens*m.Cols], 0, rows)
		for r := range rows {
			m.Row(row, r)
			for i := range tokens {
				var want, magnitude float64
				for c, v := range row {
					p := float64(v) * float64(x[i*m.Cols+c])
					want += p
					magnitude += math.Abs(p)
				}
				// Every term passes through fewer than Cols+1 roundings of 2⁻²⁴.
				bound := magnitude * float64(m.Cols+1) * 0x1p-24
				if diff := math.Abs(float64(got[i*m.Rows+r]) - want); !(diff <= bound) && finite(row) {
					return fmt.Errorf("the dense kernels are wrong on this machine: row %d of the %s times activation row %d of %d is %g, want %g ± %.2g",
						r, name, i, tokens, got[i*m.Rows+r], want, bound)
				}
			}
		}
	}
	return nil
}
