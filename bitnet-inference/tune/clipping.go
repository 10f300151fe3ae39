package tune

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// Clipping is what cutting activations off would do.
type Clipping struct {
	// Cut is how many of Inputs, those that are rounded to int8, are cut off. Where it is 0
	// nothing else is measured.
	Cut    int     `json:"cut"`
	Inputs int     `json:"inputs"`
	Effect *Effect `json:"effect"`
	// Exact compares with the same weights on activations that are not rounded at all;
	// nil where that takes too much memory, or clipping ruins the model.
	Exact *Exact `json:"exact"`
}

// Exact is how far rounded activations lead away from those that are not.
type Exact struct {
	AsIs    compare.Distribution `json:"as_is"` // KL in nats
	Clipped compare.Distribution `json:"clipped"`
	// Gain is the share of the mean divergence that clipping takes away; below 0 it adds.
	Gain float64 `json:"gain"`
}

// maxExact is below how many bytes of float32 weights are made for [Exact].
const maxExact = 2 << 30

// Clipping finds where to cut off each input for the least error of int8, and measures
// what all of it does. Inputs that dense projections read are not rounded, and not cut.
func (b *Bench) Clipping(ctx context.Context, s *calibrate.Statistics) (*Clipping, error) {
	known, err := inputs(b.model.Weights, s)
	if err != nil {
		return nil, err
	}
	c, clips := &Clipping{}, map[calibrate.Key]calibrate.Clip{}
	for k, is := range rounded(b.model.Weights) {
		if is {
			clips[k] = known[k].Shares.Clip()
		}
	}
	for _, clip := range clips {
		c.Inputs++
		if clip.Share < 1 {
			c.Cut++
		}
	}
	if c.Cut == 0 {
		return c, nil
	}
	observe := func(layer int, input transformer.Input, rows []float32, width int) {
		if clip, ok := clips[calibrate.Key{Layer: layer, Group: input.String()}]; ok {
			clip.Apply(rows, width)
		}
	}
	b.progress("clipped activations")
	weights, free, err := b.floats(ctx)
	if err != nil {
		return nil, err
	}
	if weights == nil {
		c.Effect, err = b.effect(ctx, b.model.Weights, observe)
		return c, err
	}
	defer free()
	c.Effect, c.Exact, err = b.effectAndExact(ctx, observe, weights)
	return c, err
}

// rounded tells of each input of projections whether all that read it are ternary, and so
// round it.
func rounded(w *model.Weights) map[calibrate.Key]bool {
	all := map[calibrate.Key]bool{}
	for _, p := range projections(w) {
		others, known := all[p.key()]
		all[p.key()] = p.Ternary != nil && (others || !known)
	}
	return all
}

// floats returns weights whose ternary ones are the same in float32, and what frees them;
// nil where there is no room for these.
func (b *Bench) floats(ctx context.Context) (*model.Weights, func(), error) {
	all := projections(b.model.Weights)
	size := int64(0)
	for _, p := range all {
		if p.Ternary != nil {
			size += 4 * int64(p.Ternary.Rows) * int64(p.Ternary.Cols)
		}
	}
	var buf memory.Buffer
	if size < maxExact {
		if made, err := b.model.alloc(int(size)); err == nil { // else there is no room
			buf = made
		}
	}
	if buf.IsZero() {
		return nil, nil, nil
	}
	dense := make([]model.Linear, len(all))
	rest := buf.Bytes()
	for i, p := range all {
		dense[i] = *p.Linear
		if t := p.Ternary; t != nil {
			n := 4 * t.Rows * t.Cols
			dense[i] = model.Linear{Dense: &nn.Matrix{Rows: t.Rows, Cols: t.Cols, Type: dtype.F32, Data: rest[:n:n]}, Norm: p.Norm}
			rest = rest[n:]
		}
	}
	err := b.model.each(ctx, len(all), func(i int) {
		if t := all[i].Ternary; t != nil {
			float(dense[i].Dense.Data, t)
		}
	})
	if err != nil {
		buf.Release()
		return nil, nil, err
	}
	return replaced(b.model.Weights, dense), buf.Release, nil
}

// effectAndExact compares the model as it is, with changed activations, and with exact ones
// on weights that are the same in float32. All three run side by side, block by block, so
// that each runs once and none of their logits have to be kept.
func (b *Bench) effectAndExact(ctx context.Context, observe observer, weights *model.Weights) (*Effect, *Exact, error) {
	changed, err := b.model.run(b.model.Weights, observe)
	if err != nil {
		return nil, nil, err
	}
	defer changed.Close()
	exact, err := b.model.run(weights, nil)
	if err != nil {
		return nil, nil, err
	}
	defer exact.Close()
	nextChanged, stop := iter.Pull2(b.logits(ctx, changed))
	defer stop()
	nextExact, stop := iter.Pull2(b.logits(ctx, exact))
	defer stop()

	var effect, asIs, clipped score.Comparison
	for x, err := range b.baseLogits(ctx) {
		if err != nil {
			return nil, nil, err
		}
		at := asIs.Positions()
		y, err, _ := nextChanged() // as many rows in as many blocks
		if err == nil {
			err = b.block(&effect, at, x, y)
		}
		if errors.Is(err, score.ErrLogits) { // which those of the base are not
			return &Effect{Verdict: Ruins}, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		z, err, _ := nextExact()
		if err == nil {
			err = b.block(&asIs, at, z, x)
		}
		if err == nil {
			err = b.block(&clipped, at, z, y)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("on exact activations: %w", err)
		}
	}
	e := &Exact{AsIs: distribution(&asIs), Clipped: distribution(&clipped)}
	e.Gain = lessKL(e.AsIs, e.Clipped)
	return newEffect(&effect), e, nil
}

// float sets dst, float32 (rows, cols), to what ternary weights stand for. As such they
// compute on activations as they are.
func float(dst []byte, t *qtensor.Tensor) {
	w, _ := convert.View[float32](dst) // aligned
	codes := make([]int8, t.Cols)
	for r := range t.Rows {
		t.Decode(codes, r, r+1)
		scale := t.RowScale(r)
		for c, code := range codes {
			w[r*t.Cols+c] = scale * float32(code)
		}
	}
}
