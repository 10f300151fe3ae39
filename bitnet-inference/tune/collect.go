package tune

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// Collect runs a model on sequences of 1 to Config.ContextLength tokens and returns
// statistics of every input of its projections: "qkv", "o", "gate_up" and "down" of each
// layer, or "q", "k", "v", "gate" and "up" where these norm their inputs for themselves.
// Progress, if not nil, is told the number of tokens done. The same sequences make the
// same statistics to the bit.
func Collect(ctx context.Context, m *Model, sequences [][]int32, progress func(done, total int)) (*calibrate.Statistics, error) {
	var c calibrate.Collector
	r, err := m.run(m.Threads, m.Weights, func(layer int, input transformer.Input, rows []float32, width int) {
		c.Add(calibrate.Key{Layer: layer, Group: input.String()}, rows, width)
	})
	if err != nil {
		return nil, err
	}
	defer r.close()
	total, done := 0, 0
	for _, ids := range sequences {
		total += len(ids)
	}
	for _, ids := range sequences {
		if err := forward(ctx, r, ids); err != nil {
			return nil, err
		}
		if done += len(ids); progress != nil {
			progress(done, total)
		}
	}
	print := r.Fingerprint()
	stats := c.Statistics(hex.EncodeToString(print[:]))
	for k, is := range rounded(m.Weights) {
		if in := stats.Inputs[k]; in != nil {
			in.Rounded = is
		}
	}
	return stats, nil
}

func forward(ctx context.Context, r *running, ids []int32) error {
	if len(ids) == 0 {
		return nil
	}
	s, err := r.NewState(len(ids))
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
			return nil, fmt.Errorf("the statistics have nothing of %v: they are of another model", k)
		}
		if in.Width() != width {
			return nil, fmt.Errorf("the statistics of %v have %d channels, and the model has %d: they are of another model", k, in.Width(), width)
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
