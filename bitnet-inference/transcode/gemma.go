package transcode

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// gemmaMetadata adds what the graph of Gemma 3 has of its own, and refuses what engines
// compute otherwise.
func (p *Plan) gemmaMetadata(put func(key string, v any)) error {
	c := &p.src.ck.Config
	width := checkpoint.Gemma3QueryWidth(c)
	if scale := 1 / math.Sqrt(float64(width)); math.Abs(c.Scale()-scale) > 1e-9*scale {
		return fmt.Errorf("%s: query_pre_attn_scalar is not %d, which GGUF files of gemma3 mean", p.Source, width)
	}
	period, err := slidingPeriod(c.Sliding)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Source, err)
	}
	if c.Window == 0 || period == 1 {
		return nil
	}
	put("attention.sliding_window", uint32(c.Window))
	if period != checkpoint.Gemma3Period {
		put("attention.sliding_window_pattern", uint32(period))
		p.note("every %d. layer sees everything, where published models have every %d.: llama.cpp does not read attention.sliding_window_pattern in all versions", period, checkpoint.Gemma3Period)
	}
	if c.SlidingTheta != checkpoint.GGUFGraph(p.arch()).SlidingTheta {
		put("rope.freq_base_swa", float32(c.SlidingTheta))
	}
	return nil
}

// slidingPeriod returns the number n such that every n-th layer sees everything, 1 if
// all do.
func slidingPeriod(sliding []bool) (int, error) {
	if len(sliding) == 0 {
		return 1, nil
	}
	period := slices.Index(sliding, false) + 1
	if period == 0 && len(sliding) < checkpoint.Gemma3Period {
		period = checkpoint.Gemma3Period
	}
	for i, s := range sliding {
		if period == 0 || s != ((i+1)%period != 0) {
			return 0, errors.New("layer_types is not periodic, which GGUF files of gemma3 are")
		}
	}
	return period, nil
}

// gemmaConfig adds the keys of config.json that Gemma 3 has of its own.
func (p *Plan) gemmaConfig(config map[string]any) {
	c := &p.src.ck.Config
	delete(config, "hidden_act")
	config["hidden_activation"] = string(c.Activation)
	config["query_pre_attn_scalar"] = math.Round(1 / (c.Scale() * c.Scale()))
	types := make([]string, c.Layers)
	for i := range types {
		types[i] = "full_attention"
		if c.WindowOf(i) > 0 {
			types[i] = "sliding_attention"
		}
	}
	config["layer_types"] = types
	if c.Window > 0 {
		config["sliding_window"] = c.Window
		config["rope_local_base_freq"] = c.SlidingTheta
	}
}
