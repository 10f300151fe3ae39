package tune

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// ErrOtherModel is of statistics that are not of the model that they are to be used with.
var ErrOtherModel = errors.New("of another model")

// Importance returns how much an error in each column of a projection matters (cols): the mean
// of x² of its input, by the projection's name in GGUF files, such as "blk.0.attn_q". m is the
// model of ck. Statistics that are of no model or of one with other layers, or that lack inputs, are
// an [ErrOtherModel]; inputs that they know no token of are an error, too.
func Importance(ck *checkpoint.Checkpoint, m *Model, s *calibrate.Statistics) (map[string][]float64, error) {
	x, err := m.run(m.Weights, nil)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	if own := fingerprint(x); s.Model != own {
		return nil, fmt.Errorf("the statistics are %w, whose layers are %.12q and not %.12q", ErrOtherModel, s.Model, own)
	}
	known, err := inputs(m.Weights, s)
	if err != nil {
		return nil, err
	}
	made := map[string][]float64{}
	all := projections(m.Weights)
	for i, r := range roles(ck) {
		k := all[i].key()
		if known[k].Tokens == 0 {
			return nil, fmt.Errorf("layer %d, %s, has no input that is finite in the statistics (%d tokens left out): collect them with another text, or do without", k.Layer, k.Group, known[k].NotFinite)
		}
		made[r.GGUF] = known[k].Importance()
	}
	return made, nil
}

// fingerprint names the layers of a model in statistics.
func fingerprint(x *transformer.Model) string {
	print := x.LayersFingerprint()
	return hex.EncodeToString(print[:])
}
