package embed

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Options say how a text becomes a vector. The zero value does as the model's files say.
type Options struct {
	Pooling checkpoint.Pooling // "": the checkpoint's, or the last token
}

// An Embedder computes one text at a time on the threads of its model. It keeps memory
// for the longest text so far; Close frees it.
type Embedder struct {
	model *transformer.Model
	tok   tokenizer.Tokenizer
	pool  checkpoint.Pooling
	end   int32 // appended to every text, or -1
	state *transformer.State
	sum   []float64 // (D)
}

// New returns an Embedder over parts that stay the caller's.
func New(m *transformer.Model, tok tokenizer.Tokenizer, ck *checkpoint.Checkpoint, o Options) (*Embedder, error) {
	e := &Embedder{model: m, tok: tok, pool: o.Pooling, end: -1, sum: make([]float64, m.Config().Dim)}
	if e.pool == "" {
		e.pool = ck.Pooling
	}
	switch e.pool {
	case "":
		e.pool = checkpoint.PoolLast
	case checkpoint.PoolLast, checkpoint.PoolMean:
	default:
		return nil, fmt.Errorf("embed: pooling is %q, want %q or %q", e.pool, checkpoint.PoolLast, checkpoint.PoolMean)
	}
	if e.pool == checkpoint.PoolLast && len(ck.Generation.EOS) > 0 && !endsTexts(tok) {
		e.end = ck.Generation.EOS[0]
	}
	return e, nil
}

// endsTexts reports whether the tokenizer puts a token behind texts.
func endsTexts(tok tokenizer.Tokenizer) bool {
	const text = "a"
	whole := tok.Encode(nil, text, tokenizer.Options{})
	plain := tok.Encode(nil, text, tokenizer.Options{NoPostProcess: true})
	return len(whole) > 0 && len(plain) > 0 && whole[len(whole)-1] != plain[len(plain)-1]
}

// Close frees the memory for texts.
func (e *Embedder) Close() {
	if e.state != nil {
		e.state.Release()
		e.state = nil
	}
}

// Pooling returns how vectors are made.
func (e *Embedder) Pooling() checkpoint.Pooling { return e.pool }

// IDs appends the tokens of a text as they are computed.
func (e *Embedder) IDs(dst []int32, text string) []int32 {
	dst = e.tok.Encode(dst, text, tokenizer.Options{})
	if e.end >= 0 {
		dst = append(dst, e.end)
	}
	return dst
}

// Embed returns the vector (D) of a text, of length 1, and the number of its tokens, those
// that are appended included. None, or more than the model's context, is an error.
func (e *Embedder) Embed(ctx context.Context, text string) (vector []float32, tokens int, err error) {
	ids := e.IDs(nil, text)
	vector, err = e.EmbedIDs(ctx, ids)
	return vector, len(ids), err
}

// EmbedIDs is Embed of tokens, to which it adds none.
func (e *Embedder) EmbedIDs(ctx context.Context, ids []int32) ([]float32, error) {
	c := e.model.Config()
	switch {
	case len(ids) == 0:
		return nil, errors.New("the text has no tokens")
	case len(ids) > c.ContextLength:
		return nil, fmt.Errorf("the text has %d tokens, and the model's context takes %d: divide it", len(ids), c.ContextLength)
	}
	if err := e.reserve(len(ids), c.ContextLength); err != nil {
		return nil, err
	}
	clear(e.sum)
	for at := 0; at < len(ids); at += transformer.MaxBatch {
		part := ids[at:min(at+transformer.MaxBatch, len(ids))]
		hidden, err := e.state.Forward(ctx, part)
		if err != nil {
			return nil, err
		}
		if e.pool == checkpoint.PoolLast {
			if at+len(part) < len(ids) {
				continue
			}
			hidden = hidden[len(hidden)-c.Dim:]
		}
		for i := 0; i < len(hidden); i += c.Dim {
			for d, v := range hidden[i : i+c.Dim] {
				e.sum[d] += float64(v)
			}
		}
	}
	return normalized(e.sum)
}

// reserve begins a text of that many tokens.
func (e *Embedder) reserve(tokens, most int) error {
	if e.state != nil && e.state.Cap() >= tokens {
		e.state.Truncate(0)
		return nil
	}
	e.Close()
	const fewest = 256
	n := fewest
	for n < tokens {
		n *= 2
	}
	state, err := e.model.NewState(min(n, most))
	if err != nil {
		return err
	}
	e.state = state
	return nil
}

// normalized returns x divided by its L2 norm.
func normalized(x []float64) ([]float32, error) {
	var squares float64
	for _, v := range x {
		squares += v * v
	}
	norm := math.Sqrt(squares)
	if !(norm > 0) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("the embedding's length is %v: the model's weights are damaged, or it needs something that this version does not do", norm)
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v / norm)
	}
	return y, nil
}
