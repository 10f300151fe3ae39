package tune

import (
	"context"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// Collect runs a model on sequences of 1 to Config.ContextLength tokens and calls visit
// with the statistics of each: of every input of its projections, which are "qkv", "o",
// "gate_up" and "down" of each layer, or "q", "k", "v", "gate" and "up" where these norm
// their inputs for themselves. The same sequence makes the same statistics to the bit.
// known, if not nil, is what they are to be merged with: of another model it is an error,
// before anything is run. Errors of visit end it and are returned.
func Collect(ctx context.Context, m *Model, known *calibrate.Statistics, sequences [][]int32, visit func(i int, s *calibrate.Statistics) error) error {
	var c calibrate.Collector
	x, err := m.run(m.Weights, func(layer int, input transformer.Input, rows []float32, width int) {
		c.Add(calibrate.Key{Layer: layer, Group: input.String()}, rows, width)
	})
	if err != nil {
		return err
	}
	defer x.Close()
	none := empty(m.Weights, fingerprint(x))
	if known != nil {
		if err := none.Fits(known); err != nil {
			return fmt.Errorf("the statistics to merge are not of this model: %w", err)
		}
	}
	for i, ids := range sequences {
		if err := forward(ctx, x, ids); err != nil {
			return err
		}
		s := c.Statistics(none.Model)
		for k, in := range s.Inputs {
			in.Rounded = none.Inputs[k].Rounded
		}
		if err := visit(i, s); err != nil {
			return err
		}
	}
	return nil
}

// empty returns statistics of all inputs of projections that have seen nothing.
func empty(w *model.Weights, model string) *calibrate.Statistics {
	s := &calibrate.Statistics{Model: model, Inputs: map[calibrate.Key]*calibrate.Input{}}
	rounds := rounded(w)
	for _, p := range projections(w) {
		_, width := p.Shape()
		s.Inputs[p.key()] = &calibrate.Input{Rounded: rounds[p.key()], AbsMax: make([]float32, width), SumSq: make([]float64, width)}
	}
	return s
}

func forward(ctx context.Context, m *transformer.Model, ids []int32) error {
	if len(ids) == 0 {
		return nil
	}
	s, err := m.NewState(len(ids))
	if err != nil {
		return err
	}
	defer s.Release()
	for len(ids) > 0 {
		n := min(len(ids), transformer.MaxBatch)
		if _, err := s.Forward(ctx, ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// A projection is one of the seven of a layer.
type projection struct {
	*model.Linear
	layer int
	name  string
	group transformer.Input // that it reads with others
	own   transformer.Input // that it reads behind a norm of its own
}

// key names the input that the projection reads.
func (p *projection) key() calibrate.Key {
	input := p.group
	if p.Norm != nil {
		input = p.own
	}
	return calibrate.Key{Layer: p.layer, Group: input.String()}
}

// roles lists those of projections, in the order of these.
func roles(ck *checkpoint.Checkpoint) []checkpoint.Role {
	return slices.DeleteFunc(ck.Roles(ck.Tied()), func(r checkpoint.Role) bool { return r.Kind != checkpoint.KindProjection })
}

// projections lists those of all layers, in the order of checkpoint.Roles.
func projections(w *model.Weights) []projection {
	var all []projection
	for i := range w.Layers {
		l := &w.Layers[i]
		all = append(all,
			projection{&l.Q, i, "q", transformer.InputQKV, transformer.InputQ},
			projection{&l.K, i, "k", transformer.InputQKV, transformer.InputK},
			projection{&l.V, i, "v", transformer.InputQKV, transformer.InputV},
			projection{&l.O, i, "o", transformer.InputO, transformer.InputO},
			projection{&l.Gate, i, "gate", transformer.InputGateUp, transformer.InputGate},
			projection{&l.Up, i, "up", transformer.InputGateUp, transformer.InputUp},
			projection{&l.Down, i, "down", transformer.InputDown, transformer.InputDown},
		)
	}
	return all
}

// inputs finds the statistics of every projection's input, which must be there and as wide.
func inputs(w *model.Weights, s *calibrate.Statistics) (map[calibrate.Key]*calibrate.Input, error) {
	all := map[calibrate.Key]*calibrate.Input{}
	for _, p := range projections(w) {
		k := p.key()
		in := s.Inputs[k]
		_, width := p.Shape()
		if in == nil {
			return nil, fmt.Errorf("the statistics have nothing of %v: they are %w", k, ErrOtherModel)
		}
		if in.Width() != width {
			return nil, fmt.Errorf("the statistics of %v have %d channels, and the model has %d: they are %w", k, in.Width(), width, ErrOtherModel)
		}
		all[k] = in
	}
	return all, nil
}

// replaced returns weights with other projections, in the order of projections.
func replaced(w *model.Weights, with []model.Linear) *model.Weights {
	made := *w
	made.Layers = append([]model.Layer(nil), w.Layers...)
	for i, p := range projections(&made) {
		*p.Linear = with[i]
	}
	return &made
}
