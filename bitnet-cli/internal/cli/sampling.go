package cli

import (
	"math/rand/v2"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
)

// samplingFlags are the flags that say how tokens are picked, under the names
// that llama.cpp gave them. One that is not given leaves the model's own value.
type samplingFlags struct {
	temp, topP, minP            float32
	repeat, frequency, presence float32
	topK, lastN                 int
	seed                        int64
}

func (f *samplingFlags) register(fs *pflag.FlagSet) {
	fs.Float32Var(&f.temp, "temp", 0.8, "`TEMPERATURE`: 0 always takes the likeliest token")
	fs.IntVar(&f.topK, "top-k", 40, "draw from the `K` likeliest tokens, 0 from all")
	fs.Float32Var(&f.topP, "top-p", 0.95, "draw from the likeliest tokens that make up probability `P`, 1 from all")
	fs.Float32Var(&f.minP, "min-p", 0.05, "leave out tokens less likely than `P` times the likeliest")
	fs.Float32Var(&f.repeat, "repeat-penalty", 1, "make tokens that occurred lately less likely by this `FACTOR`")
	fs.Float32Var(&f.frequency, "frequency-penalty", 0, "subtract `X` from a token's logit for each time it occurred")
	fs.Float32Var(&f.presence, "presence-penalty", 0, "subtract `X` from a token's logit if it occurred")
	fs.IntVar(&f.lastN, "repeat-last-n", 64, "`N` tokens that the penalties look back on, 0 none, -1 all")
	fs.Int64VarP(&f.seed, "seed", "s", -1, "`SEED` of the random numbers; -1 takes another each time")
}

// options merges the flags that were given over the model's recommendation, or
// over the common defaults where there is none.
func (f *samplingFlags) options(fs *pflag.FlagSet, recommended *checkpoint.Sampling) (sample.Options, error) {
	o := sample.Default()
	if r := recommended; r != nil {
		o = sample.Options{Temperature: r.Temperature, TopK: r.TopK, TopP: r.TopP, MinP: r.MinP, RepeatPenalty: r.Repeat}
	}
	override(fs, "temp", &o.Temperature, f.temp)
	override(fs, "top-k", &o.TopK, f.topK)
	override(fs, "top-p", &o.TopP, f.topP)
	override(fs, "min-p", &o.MinP, f.minP)
	override(fs, "repeat-penalty", &o.RepeatPenalty, f.repeat)
	override(fs, "frequency-penalty", &o.FrequencyPenalty, f.frequency)
	override(fs, "presence-penalty", &o.PresencePenalty, f.presence)
	override(fs, "repeat-last-n", &o.PenaltyWindow, f.lastN)
	if fs.Changed("repeat-last-n") && f.lastN == 0 {
		o.RepeatPenalty, o.FrequencyPenalty, o.PresencePenalty = 1, 0, 0
	}
	o.Seed = uint64(f.seed)
	if f.seed < 0 {
		o.Seed = uint64(rand.Uint32()) // short enough to be typed again
	}
	if err := o.Validate(); err != nil {
		return o, usagef("%s", flagNames.Replace(err.Error()))
	}
	return o, nil
}

// flagNames puts our flags' names in the place of the library's option names.
var flagNames = strings.NewReplacer(
	"sample: temperature", "--temp",
	"sample: top-k", "--top-k",
	"sample: top-p", "--top-p",
	"sample: min-p", "--min-p",
	"sample: repeat penalty", "--repeat-penalty",
	"sample: frequency penalty", "--frequency-penalty",
	"sample: presence penalty", "--presence-penalty",
	"sample: penalty window", "--repeat-last-n",
)

func override[T any](fs *pflag.FlagSet, name string, dst *T, value T) {
	if fs.Changed(name) {
		*dst = value
	}
}
