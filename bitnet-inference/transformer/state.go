package transformer

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
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
	slide  *nn.Rope // of layers with a sliding window, if there are any
	in     input
	x      []float32 // (T, D) residual stream
	h      []float32 // (T, max(D, H·HeadDim)) normed input, attention output
	qkv    []float32 // (T, (H+2G)·HeadDim), rows padded
	gateUp []float32 // (T, 2·FFN), rows padded
	act    []float32 // (T, FFN)
	y      []float32 // (T, D) output of a block, rows padded
	att    attention
	held   memory.Buffer // which these lie in

	// What the bodies of loops work on.
	bodies bodies
	layer  *layer    // at work
	next   *layer    // whose input is being prepared
	post   []float32 // gain of the norm of a block's output, or nil
	gain   []float32 // of the norm that follows a block
	job    product

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
	cache, err := kvcache.New(memory.Tagged(m.alloc, "kv cache"), kvcache.Shape{Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Positions: positions, Type: m.cache})
	if err != nil {
		return nil, err
	}
	s := &State{m: m, cache: cache, rope: nn.NewRope(c.HeadDim, positions, c.RopeTheta, c.RopeAdjacent)}
	if c.Sliding != nil {
		s.slide = nn.NewRope(c.HeadDim, positions, c.SlidingTheta, c.RopeAdjacent)
	}
	s.in.copies, s.in.eps = make([]input, m.copies), float32(c.NormEps)
	s.bodies = bodies{
		attend: s.attendSlot, put: s.putTokens, heads: s.finishHeads, activate: s.activateTokens,
		norm: s.normTokens, add: s.addTokens, product: s.multiply,
	}
	return s, nil
}

// bodies are the methods that loops call, bound once.
type bodies struct {
	attend                                   func(slot int)
	put, heads, activate, norm, add, product func(lo, hi int)
}

// Release frees the KV cache and the scratch.
func (s *State) Release() {
	s.cache.Release()
	if !s.held.IsZero() {
		s.held.Release()
	}
}

// Len returns the number of tokens in the sequence.
func (s *State) Len() int { return s.cache.Len() }

// Cap returns the number of tokens that fit.
func (s *State) Cap() int { return s.cache.Cap() }

// Cache returns the keys and values of the sequence, which stay the State's.
func (s *State) Cache() *kvcache.Cache { return s.cache }

// Truncate drops all tokens from position n on.
func (s *State) Truncate(n int) { s.cache.Truncate(n) }

// Forward appends 1 to [MaxBatch] tokens, which must fit, and returns their final
// hidden states (T, D), normed for [Model.Logits] and valid until the next call.
// Token ids must lie in the vocabulary. When ctx ends, or memory for the scratch is not
// to be had, the sequence stays as it was.
func (s *State) Forward(ctx context.Context, ids []int32) ([]float32, error) {
	c, first := &s.m.config, s.cache.Len()
	if len(ids) == 0 || len(ids) > MaxBatch || first+len(ids) > s.cache.Cap() {
		panic("transformer: Forward length")
	}
	if err := s.grow(first, len(ids)); err != nil {
		return nil, err
	}
	s.cache.Pin()
	defer s.cache.Unpin()
	for t, id := range ids {
		if id < 0 || int(id) >= c.VocabSize {
			return nil, fmt.Errorf("token id %d is outside the vocabulary of %d", id, c.VocabSize)
		}
		x := s.x[t*c.Dim : (t+1)*c.Dim]
		s.m.embed.Row(x, int(id))
		if c.EmbedScale != 0 {
			nn.Scale(x, x, float32(c.EmbedScale))
		}
	}
	s.expect(0, len(ids))
	s.m.pool.Split(len(ids), 1, coarseParts, s.bodies.norm)
	for i := range s.m.layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.layer = s.next
		s.attention(i, len(ids))
		s.feedForward(i, len(ids))
	}
	s.cache.Extend(len(ids))
	return s.h[:len(ids)*c.Dim], nil
}

// expect says what follows the next norm: layer i, or the end of the graph.
func (s *State) expect(i, tokens int) {
	var linears []linear
	s.gain = s.m.norm
	if i < len(s.m.layers) {
		// Taken once: the products must get the order of activations that was asked for.
		s.next = s.m.layers[i].Load()
		s.gain, linears = s.next.attnNorm, s.next.qkv
	}
	s.in.reset(s.h[:tokens*s.m.config.Dim], s.m.config.Dim, linears)
}

// attention adds the attention block of layer i to s.x, for the next T
// tokens. Like [State.feedForward] it expects the normed input in s.h
// and leaves the next block's there.
func (s *State) attention(i, tokens int) {
	c := &s.m.config
	qDim := c.QDim()
	s.apply(s.layer.qkv, s.qkv, padded(qDim+2*c.KVDim()))
	s.att.layer = i
	s.m.pool.Split(tokens, 1, coarseParts, s.bodies.put)
	s.attend()
	s.in.reset(s.h[:tokens*qDim], qDim, s.layer.o)
	s.m.pool.Split(tokens, 1, coarseParts, s.bodies.heads)
	s.apply(s.layer.o, s.y, padded(c.Dim))
	s.post, s.gain = s.layer.attnPost, s.layer.ffnNorm
	s.in.reset(s.h[:tokens*c.Dim], c.Dim, s.layer.gateUp)
	s.m.pool.Split(tokens, 1, coarseParts, s.bodies.add)
}

// feedForward adds the feed-forward block of layer i to s.x.
func (s *State) feedForward(i, tokens int) {
	c := &s.m.config
	s.apply(s.layer.gateUp, s.gateUp, padded(2*c.FFN))
	s.in.reset(s.act[:tokens*c.FFN], c.FFN, s.layer.down)
	s.m.pool.Split(tokens, 1, coarseParts, s.bodies.activate)
	s.apply(s.layer.down, s.y, padded(c.Dim))
	s.post = s.layer.ffnPost
	s.expect(i+1, tokens)
	s.m.pool.Split(tokens, 1, coarseParts, s.bodies.add)
}

// finishHeads completes the attention of tokens lo <= t < hi in s.h.
func (s *State) finishHeads(lo, hi int) {
	s.mergeChunks(lo, hi)
	c := &s.m.config
	for t := lo; t < hi; t++ {
		if c.SubNorms {
			row := s.h[t*c.QDim() : (t+1)*c.QDim()]
			nn.RMSNorm(row, row, s.layer.attnSubNorm, float32(c.NormEps))
		}
		s.in.ready(t)
	}
}

// activateTokens computes the gate of tokens lo <= t < hi.
func (s *State) activateTokens(lo, hi int) {
	c := &s.m.config
	for t := lo; t < hi; t++ {
		row, a := s.gateUp[t*padded(2*c.FFN):][:2*c.FFN], s.act[t*c.FFN:(t+1)*c.FFN]
		switch gate, up := row[:c.FFN], row[c.FFN:]; c.Activation {
		case model.ReLU2:
			nn.ReLU2Mul(a, gate, up)
		case model.SiLU:
			nn.SiLUMul(a, gate, up)
		case model.GELUTanh:
			vecmath.GELUTanh(a, gate)
			vec.Mul(a, a, up)
		}
		if c.SubNorms {
			nn.RMSNorm(a, a, s.layer.ffnSubNorm, float32(c.NormEps))
		}
		s.in.ready(t)
	}
}

// addTokens adds a block's output to the residual stream and norms that for the
// next block.
func (s *State) addTokens(lo, hi int) {
	d := s.m.config.Dim
	for t := lo; t < hi; t++ {
		y := s.y[t*padded(d):][:d]
		if s.post != nil {
			nn.RMSNorm(y, y, s.post, float32(s.m.config.NormEps))
		}
		nn.Add(s.x[t*d:(t+1)*d], y)
		s.normTokens(t, t+1)
	}
}

// normTokens sets rows of s.h to the norm of those of s.x.
func (s *State) normTokens(lo, hi int) {
	d := s.m.config.Dim
	for t := lo; t < hi; t++ {
		nn.RMSNorm(s.h[t*d:(t+1)*d], s.x[t*d:(t+1)*d], s.gain, float32(s.m.config.NormEps))
		s.in.ready(t)
	}
}
