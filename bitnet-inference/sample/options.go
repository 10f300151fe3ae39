package sample

import (
	"errors"
	"fmt"
	"math"
)

// defaultWindow is how many tokens back penalties look, as in llama.cpp.
const defaultWindow = 64

// Options say how tokens are picked. The zero value is greedy; [Default] has
// the values people know.
type Options struct {
	// Temperature divides the logits before the draw; 0 takes the largest
	// logit.
	Temperature float32
	// TopK keeps the k largest logits; 0 keeps all.
	TopK int
	// TopP keeps the most probable tokens that together reach p; 0 or >= 1
	// keeps all.
	TopP float32
	// MinP keeps tokens at least this fraction as probable as the best; 0
	// keeps all.
	MinP float32

	// RepeatPenalty divides a positive logit, and multiplies any other, of
	// every token in the window (arXiv:1909.05858); 0 and 1 are off.
	RepeatPenalty float32
	// FrequencyPenalty is subtracted once for each time the token occurs in
	// the window; 0 is off, negative values encourage repetition.
	FrequencyPenalty float32
	// PresencePenalty is subtracted once if the token occurs in the window.
	PresencePenalty float32
	// PenaltyWindow is how many of the last accepted tokens the penalties look
	// at; 0 means 64, -1 means all of them.
	PenaltyWindow int

	// Seed starts the random numbers.
	Seed uint64
}

// Default returns llama.cpp's defaults: temperature 0.8, top-k 40, top-p 0.95,
// min-p 0.05, no penalties, seed 0.
func Default() Options {
	return Options{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1}
}

// Validate reports every option that has no meaning, joined into one error.
func (o Options) Validate() error {
	var faults []error
	check := func(ok bool, name string, value any, want string) {
		if !ok {
			faults = append(faults, fmt.Errorf("sample: %s is %v, must be %s", name, value, want))
		}
	}
	check(finite(o.Temperature) && o.Temperature >= 0, "temperature", o.Temperature, "0 (greedy) or a positive number")
	check(o.TopK >= 0, "top-k", o.TopK, "0 (off) or a positive count")
	check(o.TopP >= 0, "top-p", o.TopP, "0 (off) or a probability")
	check(o.MinP >= 0 && o.MinP <= 1, "min-p", o.MinP, "from 0 (off) to 1")
	check(finite(o.RepeatPenalty) && o.RepeatPenalty >= 0, "repeat penalty", o.RepeatPenalty, "1 (off) or another positive number")
	check(finite(o.FrequencyPenalty), "frequency penalty", o.FrequencyPenalty, "a finite number")
	check(finite(o.PresencePenalty), "presence penalty", o.PresencePenalty, "a finite number")
	check(o.PenaltyWindow >= -1, "penalty window", o.PenaltyWindow, "-1 (all tokens), 0 (the default of 64) or a positive count")
	return errors.Join(faults...)
}

// withDefaults spells out what zero means.
func (o Options) withDefaults() Options {
	if o.RepeatPenalty == 0 {
		o.RepeatPenalty = 1
	}
	if o.PenaltyWindow == 0 {
		o.PenaltyWindow = defaultWindow
	}
	if o.TopP == 0 {
		o.TopP = 1
	}
	return o
}

func (o Options) penalises() bool {
	return o.RepeatPenalty != 1 || o.FrequencyPenalty != 0 || o.PresencePenalty != 0
}

func finite(x float32) bool {
	return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
}
