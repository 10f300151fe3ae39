package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/tune"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// A quantizeImportance is what quantize says of the statistics that scales are searched with.
type quantizeImportance struct {
	File      string `json:"file"`
	Tokens    uint64 `json:"tokens"`     // of each input, at least
	NotFinite uint64 `json:"not_finite"` // tokens left out, of an input, at most
	note      string // about these
}

// weigh has scales searched for with the statistics of --importance, if that is given. They are
// read at once, and held against the model when that is to be made ternary.
func (o *quantizeOptions) weigh(ctx context.Context, s *Streams) (*quantizeImportance, error) {
	if o.importance == "" {
		return nil, nil
	}
	stats, err := calibrate.Load(o.importance)
	if err != nil {
		return nil, fmt.Errorf("--importance: cannot read the statistics: %w", err)
	}
	o.Importance = func() (map[string][]float64, error) { return o.importanceOf(ctx, s, stats) }
	made := &quantizeImportance{File: o.importance, Tokens: leastTokens(stats, stats)}
	var known calibrateReport
	known.take(stats)
	at := known.notFinite()
	for _, in := range at {
		made.NotFinite = max(made.NotFinite, in.NotFinite)
	}
	if len(at) > 0 {
		made.note = "of the importance " + leftOut(at)
	}
	return made, nil
}

// importanceOf runs nothing, but makes the model as calibrate does, whose fingerprint tells whether
// the statistics are of it.
func (o *quantizeOptions) importanceOf(ctx context.Context, s *Streams, stats *calibrate.Statistics) (map[string][]float64, error) {
	show := newProgress(s)
	defer show.done()
	show.set("reading %s: is it the model of %s?", o.source, o.importance)
	own, err := newMemory()
	if err != nil {
		return nil, err
	}
	defer own.Close()
	ck, err := o.model.open(own.Memory())
	if err != nil {
		return nil, err
	}
	defer func() { _ = ck.Close() }() // nothing was written
	w, err := ck.WeightsContext(ctx)
	if err != nil {
		return nil, err
	}
	pool := parallel.New(o.text.threads)
	defer pool.Close()
	all, err := tune.Importance(ck, &tune.Model{Config: ck.Config, Weights: w, Pool: pool, Memory: own.Memory()}, stats)
	switch {
	case errors.Is(err, tune.ErrOtherModel):
		return nil, fmt.Errorf("--importance %s: %w; bitnet calibrate %s -f TEXT -o FILE collects those of this one", o.importance, err, o.source)
	case err != nil:
		return nil, fmt.Errorf("for --importance %s: %w", o.importance, err)
	}
	return all, nil
}
