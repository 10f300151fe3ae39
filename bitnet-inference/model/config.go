package model

import (
	"errors"
	"fmt"
	"math"
)

// An Activation is the non-linearity of the feed-forward gate.
type Activation string

const (
	ReLU2    Activation = "relu2"             // relu(x)², BitNet b1.58 2B-4T
	SiLU     Activation = "silu"              // x·sigmoid(x), Llama
	GELUTanh Activation = "gelu_pytorch_tanh" // x·Φ(x) with its approximation by tanh, Gemma
)

// Config fixes the graph of one model:
//
//	x = embed[token] [·EmbedScale]
//	every layer:
//	  h = rms(x)·attnNorm; q, k, v = Wq·h, Wk·h, Wv·h; [norm heads of q, k;] rotate q, k
//	  x += Wo·(attention [sub-norm]) [post-norm]
//	  h = rms(x)·ffnNorm; a = act(Wgate·h)·(Wup·h)
//	  x += Wdown·(a [sub-norm]) [post-norm]
//	logits = head·(rms(x)·outputNorm)
//
// A projection of h may norm it once more, with a gain of its own: see [Linear].
type Config struct {
	Architecture  string // as the file names it: "bitnet-b1.58", "llama", "BitNetForCausalLM"
	VocabSize     int    // V
	Dim           int    // D, width of the residual stream
	FFN           int    // width of the feed-forward gate
	Layers        int
	Heads         int // H
	KVHeads       int // G; H is a multiple of G
	HeadDim       int // width of one head, even
	ContextLength int // positions the model was trained for
	RopeTheta     float64
	RopeAdjacent  bool // rotate pairs (2i, 2i+1) rather than (i, i+HeadDim/2)
	NormEps       float64
	Activation    Activation
	SubNorms      bool // RMS norms before Wo and Wdown, as BitNet b1.58 has
	HeadNorms     bool // RMS norms of each head of queries and keys before the rotation, as Qwen3 has
	PostNorms     bool // RMS norms of what a block adds to the residual stream, as Gemma has

	EmbedScale float64 // multiplies embeddings; 0 means 1
	QueryScale float64 // multiplies queries; 0 means 1/√HeadDim

	// Layers that Sliding names see the last Window positions only, their own
	// included, and rotate by SlidingTheta.
	Sliding      []bool // by layer; nil if none does
	Window       int
	SlidingTheta float64
}

// limits keep products of dimensions far from overflow; the largest models that
// people run on a CPU stay a hundred times below them.
const (
	maxWidth  = 1 << 20
	MaxLayers = 1 << 12
	maxVocab  = 1 << 24
	maxTokens = 1 << 24
)

// Validate reports every fault of c at once.
func (c *Config) Validate() error {
	var errs []error
	between := func(name string, v, lo, hi int) bool {
		if v < lo || v > hi {
			errs = append(errs, fmt.Errorf("%s is %d, want %d to %d", name, v, lo, hi))
			return false
		}
		return true
	}
	between("vocabulary size", c.VocabSize, 1, maxVocab)
	between("hidden size", c.Dim, 1, maxWidth)
	between("feed-forward size", c.FFN, 1, maxWidth)
	between("number of layers", c.Layers, 1, MaxLayers)
	heads := between("number of attention heads", c.Heads, 1, maxWidth)
	groups := between("number of key-value heads", c.KVHeads, 1, maxWidth)
	between("context length", c.ContextLength, 1, maxTokens)
	if heads && groups && c.Heads%c.KVHeads != 0 {
		errs = append(errs, fmt.Errorf("%d attention heads are not a multiple of %d key-value heads", c.Heads, c.KVHeads))
	}
	if between("head size", c.HeadDim, 2, maxWidth) && c.HeadDim%2 != 0 {
		errs = append(errs, fmt.Errorf("head size is %d, want an even number (rotary embedding turns pairs)", c.HeadDim))
	}
	if heads && c.HeadDim > 0 && c.Heads > maxWidth/c.HeadDim {
		errs = append(errs, fmt.Errorf("%d heads of size %d are wider than %d", c.Heads, c.HeadDim, maxWidth))
	}
	if !(c.RopeTheta > 0) || math.IsInf(c.RopeTheta, 0) {
		errs = append(errs, fmt.Errorf("rope theta is %v, want a positive number", c.RopeTheta))
	}
	if !(c.NormEps >= 0 && c.NormEps < 1) {
		errs = append(errs, fmt.Errorf("RMS norm epsilon is %v, want 0 to 1", c.NormEps))
	}
	if c.Activation != ReLU2 && c.Activation != SiLU && c.Activation != GELUTanh {
		errs = append(errs, fmt.Errorf("activation is %q, want %q, %q or %q", c.Activation, ReLU2, SiLU, GELUTanh))
	}
	positive := func(name string, v float64) {
		if !(v > 0) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("%s is %v, want a positive number", name, v))
		}
	}
	if c.EmbedScale != 0 {
		positive("scale of the embedding", c.EmbedScale)
	}
	if c.QueryScale != 0 {
		positive("scale of the queries", c.QueryScale)
	}
	if c.Sliding != nil {
		between("sliding window", c.Window, 1, math.MaxInt32)
		positive("rope theta of layers with a sliding window", c.SlidingTheta)
		if len(c.Sliding) != c.Layers {
			errs = append(errs, fmt.Errorf("%d layers are said to have a sliding window or not, of %d", len(c.Sliding), c.Layers))
		}
	}
	return errors.Join(errs...)
}

// QDim returns the width of all query heads together.
func (c *Config) QDim() int { return c.Heads * c.HeadDim }

// Group returns how many query heads share a key-value head.
func (c *Config) Group() int { return c.Heads / c.KVHeads }

// WindowOf returns how many positions a token sees in a layer, its own included; 0
// means all.
func (c *Config) WindowOf(layer int) int {
	if c.Sliding == nil || !c.Sliding[layer] {
		return 0
	}
	return c.Window
}

// Scale returns what queries are multiplied by before the softmax.
func (c *Config) Scale() float64 {
	if c.QueryScale != 0 {
		return c.QueryScale
	}
	return 1 / math.Sqrt(float64(c.HeadDim))
}

// KVDim returns the width of all key heads together.
func (c *Config) KVDim() int { return c.KVHeads * c.HeadDim }

// CheckIDs reports the first id that there is no embedding of.
func (c *Config) CheckIDs(ids []int32) error {
	for _, id := range ids {
		if id < 0 || int(id) >= c.VocabSize {
			return fmt.Errorf("token id %d is outside the vocabulary of %d (0 to %d)", id, c.VocabSize, c.VocabSize-1)
		}
	}
	return nil
}
