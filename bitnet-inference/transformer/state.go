package transformer

import (
	"context"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// MaxBatch is the number of tokens that one pass over the weights computes at
// most. Longer prompts take several passes: with 512 tokens the weights' share
// of the time is already small, and scratch stays bounded.
const MaxBatch = 512

// A State is one sequence: its KV cache and the scratch of a forward pass.
type State struct {
	m      *Model
	cache  *kvcache.Cache
	rope   *nn.Rope
	in     input
	x      []float32 // (T, D) residual stream
	h      []float32 // (T, max(D, H·HeadDim)) normed input, attention output
	qkv    []float32 // (T, (H+2G)·HeadDim)
	gateUp []float32 // (T, 2·FFN)
	act    []float32 // (T, FFN)
	y      []float32 // (T, D) output of a block
	scores []float32 // (H, positions)

	// observe, set by tests, sees every input of ternary projections in the
	// order they are computed: four a layer.
	observe func(q *int8act.Rows)
}

// NewState starts an empty sequence of up to positions tokens. Release frees it.
func (m *Model) NewState(positions int) (*State, error) {
	c := &m.config
	if positions < 1 || positions > c.ContextLength {
		return nil, fmt.Errorf("a context of %d tokens was asked for; this model takes 1 to %d", positions, c.ContextLength)
	}
	cache, err := kvcache.New(m.alloc, kvcache.Shape{Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Positions: positions, Type: m.cache})
	if err != nil {
		return nil, err
	}
	return &State{
		m:      m,
		cache:  cache,
		rope:   nn.NewRope(c.HeadDim, positions, c.RopeTheta, c.RopeAdjacent),
		scores: make([]float32, c.Heads*positions),
	}, nil
}

// Release frees the KV cache.
func (s *State) Release() { s.cache.Release() }

// Len returns the number of tokens in the sequence.
func (s *State) Len() int { return s.cache.Len() }

// Cap returns the number of tokens that fit.
func (s *State) Cap() int { return s.cache.Cap() }

// Truncate drops all tokens from position n on.
func (s *State) Truncate(n int) { s.cache.Truncate(n) }

// Forward appends 1 to [MaxBatch] tokens, which must fit, and returns their final
// hidden states (T, D), normed for [Model.Logits] and valid until the next call.
// Token ids must lie in the vocabulary. When ctx ends the sequence stays as it was.
func (s *State) Forward(ctx context.Context, ids []int32) ([]float32, error) {
	c, first := &s.m.config, s.cache.Len()
	if len(ids) == 0 || len(ids) > MaxBatch || first+len(ids) > s.cache.Cap() {
		panic("transformer: Forward length")
	}
	s.grow(len(ids))
	for t, id := range ids {
		if id < 0 || int(id) >= c.VocabSize {
			return nil, fmt.Errorf("token id %d is outside the vocabulary of %d", id, c.VocabSize)
		}
		s.m.embed.Row(s.x[t*c.Dim:(t+1)*c.Dim], int(id))
	}
	for i := range s.m.layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l := &s.m.layers[i]
		s.attention(i, l, first, len(ids))
		s.feedForward(l, len(ids))
	}
	s.cache.Extend(len(ids))
	s.norm(s.h, s.x, c.Dim, s.m.norm)
	return s.h[:len(ids)*c.Dim], nil
}

// attention adds the attention block of layer i to s.x, for T tokens from
// position first on.
func (s *State) attention(i int, l *layer, first, tokens int) {
	c, pool := &s.m.config, s.m.pool
	qDim, kvDim := c.QDim(), c.KVDim()
	width := qDim + 2*kvDim
	s.norm(s.h, s.x, c.Dim, l.attnNorm)
	s.in.reset(s.h[:tokens*c.Dim], c.Dim)
	s.apply(l.qkv, s.qkv, width)

	s.eachToken(tokens, func(t int) {
		row := s.qkv[t*width : (t+1)*width]
		s.rope.Apply(row[:qDim+kvDim], first+t)
		s.cache.Put(i, first+t, row[qDim:qDim+kvDim], row[qDim+kvDim:])
	})
	scale := float32(1 / math.Sqrt(float64(c.HeadDim)))
	out := s.h[:tokens*qDim]
	pool.Run(c.Heads, func(head int) {
		k, v := s.cache.Keys(i, head/(c.Heads/c.KVHeads)), s.cache.Values(i, head/(c.Heads/c.KVHeads))
		scores := s.scores[head*s.cache.Cap() : (head+1)*s.cache.Cap()]
		for t := range tokens {
			at := t*qDim + head*c.HeadDim
			q := s.qkv[t*width+head*c.HeadDim:][:c.HeadDim]
			nn.Attend(out[at:at+c.HeadDim], q, k, v, s.cache.Type(), scores, first+t+1, scale)
		}
	})
	if c.SubNorms {
		s.norm(out, out, qDim, l.attnSubNorm)
	}
	s.in.reset(out, qDim)
	s.apply(l.o, s.y, c.Dim)
	nn.Add(s.x[:tokens*c.Dim], s.y[:tokens*c.Dim])
}

// feedForward adds the feed-forward block of a layer to s.x.
func (s *State) feedForward(l *layer, tokens int) {
	c := &s.m.config
	s.norm(s.h, s.x, c.Dim, l.ffnNorm)
	s.in.reset(s.h[:tokens*c.Dim], c.Dim)
	s.apply(l.gateUp, s.gateUp, 2*c.FFN)
	act := s.act[:tokens*c.FFN]
	s.eachToken(tokens, func(t int) {
		row, a := s.gateUp[t*2*c.FFN:(t+1)*2*c.FFN], act[t*c.FFN:(t+1)*c.FFN]
		if c.Activation == model.ReLU2 {
			nn.ReLU2Mul(a, row[:c.FFN], row[c.FFN:])
		} else {
			nn.SiLUMul(a, row[:c.FFN], row[c.FFN:])
		}
		if c.SubNorms {
			nn.RMSNorm(a, a, l.ffnSubNorm, float32(c.NormEps))
		}
	})
	s.in.reset(act, c.FFN)
	s.apply(l.down, s.y, c.Dim)
	nn.Add(s.x[:tokens*c.Dim], s.y[:tokens*c.Dim])
}

// apply runs linears on s.in.
func (s *State) apply(linears []linear, dst []float32, ld int) {
	apply(s.m.pool, linears, dst, ld, &s.in)
	if s.observe != nil && s.in.current {
		s.observe(&s.in.quantized)
	}
}

// norm applies an RMS norm to every row of x.
func (s *State) norm(dst, x []float32, width int, gain []float32) {
	tokens := len(s.x) / s.m.config.Dim
	s.eachToken(tokens, func(t int) {
		nn.RMSNorm(dst[t*width:(t+1)*width], x[t*width:(t+1)*width], gain, float32(s.m.config.NormEps))
	})
}

// eachToken spreads the tokens of a prefill over the pool; one token stays on
// the caller, where its data is.
func (s *State) eachToken(tokens int, body func(t int)) {
	if tokens == 1 {
		body(0)
		return
	}
	s.m.pool.Range(tokens, 1, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			body(t)
		}
	})
}

// grow sizes the scratch for T tokens.
func (s *State) grow(tokens int) {
	c := &s.m.config
	for _, b := range []struct {
		buf   *[]float32
		width int
	}{
		{&s.x, c.Dim},
		{&s.h, max(c.Dim, c.QDim())},
		{&s.qkv, c.QDim() + 2*c.KVDim()},
		{&s.gateUp, 2 * c.FFN},
		{&s.act, c.FFN},
		{&s.y, c.Dim},
	} {
		n := tokens * b.width
		if cap(*b.buf) < n {
			*b.buf = make([]float32, n)
		}
		*b.buf = (*b.buf)[:n]
	}
}
