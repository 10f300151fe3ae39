package tune

import (
	"encoding/hex"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// Importance returns how much an error in each column of a projection matters (cols): the mean
// of x² of its input, by the projection's name in GGUF files, such as "blk.0.attn_q". m is the
// model of ck. Statistics that are of no model, or of one with other layers, are an error; so
// are inputs that they lack or know no token of.
func Importance(ck *checkpoint.Checkpoint, m *Model, s *calibrate.Statistics) (map[string][]float64, error) {
	x, err := m.run(m.Weights, nil)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	if own := fingerprint(x); s.Model != own {
		return nil, fmt.Errorf("the statistics are of another model, whose layers are %.12q and not %.12q", s.Model, own)
	}
	known, err := inputs(m.Weights, s)
	if err != nil {
		return nil, err
	}
	made := map[string][]float64{}
	all := projections(m.Weights)
	for _, r := range ck.Roles(ck.Tied()) {
		if r.Kind != checkpoint.KindProjection {
			continue
		}
		k := all[len(made)].key()
		if known[k].Tokens == 0 {
			return nil, fmt.Errorf("the statistics have no token of %v (%d left out that are not finite)", k, known[k].NotFinite)
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
