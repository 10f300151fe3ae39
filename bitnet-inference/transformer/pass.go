package transformer

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// MaxBatch is the number of tokens that one pass over the weights computes at
// most. Longer prompts take several passes: with 512 tokens the weights' share
// of the time is already small, and scratch stays bounded.
const MaxBatch = 512

// A Run is what a pass appends to a sequence: one token at least.
type Run struct {
	State *State
	IDs   []int32
}

// A Pass computes tokens of one sequence or several with one pass over the weights, which
// is the faster the more tokens there are: it is the scratch of that, and any States of
// its model may take turns in it. A token's result is the same, to the bit, whatever else
// is in the pass. Release frees the scratch.
type Pass struct {
	m      *Model
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
}

// bodies are the methods that loops call, bound once.
type bodies struct {
	attend                                   func(slot int)
	put, heads, activate, norm, add, product func(lo, hi int)
}

// NewPass returns a Pass without scratch, which comes with the first tokens.
func (m *Model) NewPass() *Pass {
	p := &Pass{m: m}
	p.in.copies, p.in.eps = make([]input, m.copies), float32(m.config.NormEps)
	p.bodies = bodies{
		attend: p.attendSlot, put: p.putTokens, heads: p.finishHeads, activate: p.activateTokens,
		norm: p.normTokens, add: p.addTokens, product: p.multiply,
	}
	return p
}

// Release frees the scratch.
func (p *Pass) Release() {
	if !p.held.IsZero() {
		p.held.Release()
	}
}

// Forward appends the tokens of runs, each to a State of its own, where they must fit: 1
// to [MaxBatch] together. It returns their final hidden states (T, D), run by run, normed
// for [Model.Logits] and valid until the next call. Token ids must lie in the vocabulary.
// When ctx ends, or memory for the scratch is not to be had, all sequences stay as they
// were.
func (p *Pass) Forward(ctx context.Context, runs ...Run) ([]float32, error) {
	c := &p.m.config
	tokens := 0
	for i, r := range runs {
		if r.State.m != p.m || len(r.IDs) == 0 || r.State.Len()+len(r.IDs) > r.State.Cap() {
			panic("transformer: Forward run")
		}
		for _, before := range runs[:i] {
			if before.State == r.State {
				panic("transformer: Forward runs of one State")
			}
		}
		tokens += len(r.IDs)
	}
	if tokens == 0 || tokens > MaxBatch {
		panic("transformer: Forward length")
	}
	if err := p.grow(runs, tokens); err != nil {
		return nil, err
	}
	for _, r := range runs {
		r.State.cache.Pin()
	}
	defer func() {
		for _, r := range runs {
			r.State.cache.Unpin()
		}
	}()
	t := 0
	for _, r := range runs {
		if err := c.CheckIDs(r.IDs); err != nil {
			return nil, err
		}
		for _, id := range r.IDs {
			x := p.x[t*c.Dim : (t+1)*c.Dim]
			p.m.embed.Row(x, int(id))
			if c.EmbedScale != 0 {
				nn.Scale(x, x, float32(c.EmbedScale))
			}
			t++
		}
	}
	p.expect(0, tokens)
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.norm)
	for i := range p.m.layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.layer = p.next
		p.attention(i, tokens)
		p.feedForward(i, tokens)
	}
	for _, r := range runs {
		r.State.cache.Extend(len(r.IDs))
	}
	return p.h[:tokens*c.Dim], nil
}

// expect says what follows the next norm: layer i, or the end of the graph.
func (p *Pass) expect(i, tokens int) {
	var linears []linear
	p.gain = p.m.norm
	if i < len(p.m.layers) {
		// Taken once: the products must get the order of activations that was asked for.
		p.next = p.m.layers[i].Load()
		p.gain, linears = p.next.attnNorm, p.next.qkv
	}
	p.in.reset(p.h[:tokens*p.m.config.Dim], p.m.config.Dim, linears)
}

// attention adds the attention block of layer i to p.x, for the next T
// tokens. Like [Pass.feedForward] it expects the normed input in p.h
// and leaves the next block's there.
func (p *Pass) attention(i, tokens int) {
	c := &p.m.config
	qDim := c.QDim()
	p.observe(i, InputQKV, p.layer.qkv)
	p.apply(p.layer.qkv, p.qkv, padded(qDim+2*c.KVDim()))
	p.att.layer = i
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.put)
	p.attend()
	p.in.reset(p.h[:tokens*qDim], qDim, p.layer.o)
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.heads)
	p.observe(i, InputO, p.layer.o)
	p.apply(p.layer.o, p.y, padded(c.Dim))
	p.post, p.gain = p.layer.attnPost, p.layer.ffnNorm
	p.in.reset(p.h[:tokens*c.Dim], c.Dim, p.layer.gateUp)
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.add)
}

// feedForward adds the feed-forward block of layer i to p.x.
func (p *Pass) feedForward(i, tokens int) {
	c := &p.m.config
	p.observe(i, InputGateUp, p.layer.gateUp)
	p.apply(p.layer.gateUp, p.gateUp, padded(2*c.FFN))
	p.in.reset(p.act[:tokens*c.FFN], c.FFN, p.layer.down)
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.activate)
	p.observe(i, InputDown, p.layer.down)
	p.apply(p.layer.down, p.y, padded(c.Dim))
	p.post = p.layer.ffnPost
	p.expect(i+1, tokens)
	p.m.pool.Split(tokens, 1, coarseParts, p.bodies.add)
}

// finishHeads completes the attention of tokens lo <= t < hi in p.h.
func (p *Pass) finishHeads(lo, hi int) {
	p.mergeChunks(lo, hi)
	c := &p.m.config
	for t := lo; t < hi; t++ {
		if c.SubNorms {
			row := p.h[t*c.QDim() : (t+1)*c.QDim()]
			nn.RMSNorm(row, row, p.layer.attnSubNorm, float32(c.NormEps))
		}
		p.in.ready(t)
	}
}

// activateTokens computes the gate of tokens lo <= t < hi.
func (p *Pass) activateTokens(lo, hi int) {
	c := &p.m.config
	for t := lo; t < hi; t++ {
		row, a := p.gateUp[t*padded(2*c.FFN):][:2*c.FFN], p.act[t*c.FFN:(t+1)*c.FFN]
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
			nn.RMSNorm(a, a, p.layer.ffnSubNorm, float32(c.NormEps))
		}
		p.in.ready(t)
	}
}

// addTokens adds a block's output to the residual stream and norms that for the
// next block.
func (p *Pass) addTokens(lo, hi int) {
	d := p.m.config.Dim
	for t := lo; t < hi; t++ {
		y := p.y[t*padded(d):][:d]
		if p.post != nil {
			nn.RMSNorm(y, y, p.post, float32(p.m.config.NormEps))
		}
		nn.Add(p.x[t*d:(t+1)*d], y)
		p.normTokens(t, t+1)
	}
}

// normTokens sets rows of p.h to the norm of those of p.x.
func (p *Pass) normTokens(lo, hi int) {
	d := p.m.config.Dim
	for t := lo; t < hi; t++ {
		nn.RMSNorm(p.h[t*d:(t+1)*d], p.x[t*d:(t+1)*d], p.gain, float32(p.m.config.NormEps))
		p.in.ready(t)
	}
}
