package tune

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// Masters are the float weights of projections, in layers of seven: query, key, value,
// output, gate, up and down. A nil one has only its ternary form.
type Masters []*nn.Matrix

// FindMasters returns the float weights of a checkpoint whose weights are w: those that
// are made ternary while loading, and those of dense projections. It is nil if there are
// none. They are valid until the checkpoint is closed.
func FindMasters(ck *checkpoint.Checkpoint, w *model.Weights) (Masters, error) {
	all := projections(w)
	masters, any := make(Masters, len(all)), false
	for i, r := range roles(ck) {
		p := &all[i]
		switch {
		case p.Dense != nil:
			masters[i] = p.Dense
		case ck.Master(&r):
			t, err := ck.Tensor(r.HF + ".weight")
			if err != nil {
				return nil, err
			}
			if _, ok := nn.RowBytes(t.DType(), p.Ternary.Cols); ok { // packed weights may be among masters
				masters[i] = &nn.Matrix{Rows: p.Ternary.Rows, Cols: p.Ternary.Cols, Type: t.DType(), Data: t.Bytes()}
			}
		}
		any = any || masters[i] != nil
	}
	if !any {
		return nil, nil
	}
	return masters, nil
}

// Scales is what scales would do that mind how large inputs are.
type Scales struct {
	Tensors []TensorScale `json:"tensors"`
	// Absmean is the effect of making dense projections ternary with the usual scale;
	// nil where the model as it is does that.
	Absmean *Effect `json:"absmean"`
	// Weighted is the effect of making them so with the scales that were found; nil where
	// these are no others.
	Weighted *Effect `json:"weighted"`
	// KLGain is the share of the mean divergence from the dense model that the scales found
	// take away, below 0 where they add; 0 if the model is ternary as it is.
	KLGain float64 `json:"kl_gain"`
}

// A TensorScale is the search for one projection's scale.
type TensorScale struct {
	Layer   int     `json:"layer"`
	Name    string  `json:"name"`    // "q", "k", "v", "o", "gate", "up", "down"
	Absmean float32 `json:"absmean"` // the usual scale
	Scale   float32 `json:"scale"`
	// Before and After are what rounding changes in outputs, relatively: √(E/Σ m·w²).
	Before float64 `json:"error_absmean"`
	After  float64 `json:"error"`
	Gain   float64 `json:"gain"` // of squared error
}

// Scales searches the scale of each projection that has a master for the least error of
// its outputs, and measures what making the masters ternary with these does.
func (b *Bench) Scales(ctx context.Context, s *calibrate.Statistics, masters Masters) (*Scales, error) {
	known, err := inputs(b.model.Weights, s)
	if err != nil {
		return nil, err
	}
	all := projections(b.model.Weights)
	found, errs := make([]TensorScale, len(all)), make([]error, len(all))
	b.progress("scales")
	err = b.model.each(ctx, len(all), func(i int) {
		if p := &all[i]; masters[i] != nil {
			found[i], errs[i] = search(p, masters[i], known[p.key()].Importance())
		}
	})
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	made, dense, other := &Scales{}, false, false
	for i, f := range found {
		if masters[i] != nil {
			made.Tensors = append(made.Tensors, f)
			dense, other = dense || all[i].Dense != nil, other || f.Gain > 0
		}
	}
	if dense {
		b.progress("ternary weights with the usual scales")
		if made.Absmean, err = b.ternary(ctx, masters, func(i int) float32 { return found[i].Absmean }); err != nil {
			return nil, err
		}
	}
	if other {
		b.progress("ternary weights with the scales found")
		if made.Weighted, err = b.ternary(ctx, masters, func(i int) float32 { return found[i].Scale }); err != nil {
			return nil, err
		}
	}
	if dense && other && made.Absmean.Verdict != Ruins && made.Weighted.Verdict != Ruins {
		made.KLGain = lessKL(made.Absmean.KL, made.Weighted.KL)
	}
	return made, nil
}

// ternary measures the model with masters made ternary with scales.
func (b *Bench) ternary(ctx context.Context, masters Masters, scale func(i int) float32) (*Effect, error) {
	all := projections(b.model.Weights)
	made, errs := make([]model.Linear, len(all)), make([]error, len(all))
	err := b.model.each(ctx, len(all), func(i int) {
		made[i] = *all[i].Linear
		if masters[i] != nil {
			made[i].Dense = nil
			made[i].Ternary, errs[i] = round(masters[i], scale(i))
		}
	})
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return b.effect(ctx, replaced(b.model.Weights, made), nil)
}

func search(p *projection, m *nn.Matrix, importance []float64) (TensorScale, error) {
	found := TensorScale{Layer: p.layer, Name: p.name}
	var s calibrate.ScaleSearch
	var mean absmean.Mean
	row := make([]float32, m.Cols)
	for r := range m.Rows {
		m.Row(row, r)
		mean.Add(row)
		if err := s.Add(row, importance); err != nil {
			return found, fmt.Errorf("layer %d, %s, row %d: %w", p.layer, p.name, r, err)
		}
	}
	best := s.Best(mean.Scale())
	found.Absmean, found.Scale = mean.Scale(), best.Scale
	found.Before, found.After, found.Gain = best.Before, best.After, best.Gain
	return found, nil
}

// round makes a ternary matrix of m, as package absmean does with that scale.
func round(m *nn.Matrix, scale float32) (*qtensor.Tensor, error) {
	row := make([]float32, m.Cols)
	return qtensor.Make(m.Rows, m.Cols, scale, func(dst []int8, lo, hi int) {
		for r := lo; r < hi; r++ {
			m.Row(row, r)
			absmean.Round(dst[(r-lo)*m.Cols:(r-lo+1)*m.Cols], row, scale)
		}
	})
}
