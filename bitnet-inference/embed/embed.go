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

// An Embedder computes texts on the threads of its model, short ones together. It keeps
// memory for as many tokens as were ever under way together, or twice as much at most;
// Close frees it.
type Embedder struct {
	model  *transformer.Model
	tok    tokenizer.Tokenizer
	pool   checkpoint.Pooling
	end    int32 // appended to every text, or -1
	pass   *transformer.Pass
	states *transformer.States
}

// New returns an Embedder over parts that stay the caller's.
func New(m *transformer.Model, tok tokenizer.Tokenizer, ck *checkpoint.Checkpoint, o Options) (*Embedder, error) {
	e := &Embedder{model: m, tok: tok, pool: o.Pooling, end: -1, pass: m.NewPass(), states: m.NewStates()}
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
	if e.pool == checkpoint.PoolLast && len(ck.Generation.EOS) > 0 {
		if _, behind, _ := tokenizer.Ends(tok); len(behind) == 0 {
			e.end = ck.Generation.EOS[0]
		}
	}
	return e, nil
}

// Close frees the memory for texts.
func (e *Embedder) Close() {
	e.pass.Release()
	e.states.Release()
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

// together is how many texts are under way at most: the memory of each is that of some
// tokens more than it has.
const together = 64

// Embed calls visit with the vector (D) of each text, of length 1, and the number of its
// tokens, in order. A text of no tokens, or of more than the model's context, is an error,
// as are those of visit. There, done is the number of texts before, all of them visited.
func (e *Embedder) Embed(ctx context.Context, texts []string, visit func(i, tokens int, vector []float32) error) (done int, err error) {
	var ids [][]int32
	var next []int32 // of the text after those, nil if it is not known yet
	for done < len(texts) {
		ids = ids[:0]
		for tokens := 0; done+len(ids) < len(texts); next = nil {
			if next == nil {
				next = e.IDs([]int32{}, texts[done+len(ids)])
			}
			if tokens += len(next); len(ids) > 0 && (tokens > transformer.MaxBatch || len(ids) == together) {
				break
			}
			ids = append(ids, next)
		}
		n, err := e.EmbedIDs(ctx, ids, func(i int, vector []float32) error { return visit(done+i, len(ids[i]), vector) })
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// EmbedIDs is Embed of tokens, to which it adds none. All texts are under way at once.
func (e *Embedder) EmbedIDs(ctx context.Context, texts [][]int32, visit func(i int, vector []float32) error) (done int, err error) {
	c := e.model.Config()
	e.states.Reset()
	bad, fault := len(texts), error(nil) // texts before the first that cannot be computed are
	for i, ids := range texts {
		switch {
		case len(ids) == 0:
			fault = errors.New("the text has no tokens")
		case len(ids) > c.ContextLength:
			fault = fmt.Errorf("the text has %d tokens, and the model's context takes %d: divide it", len(ids), c.ContextLength)
		default:
			fault = c.CheckIDs(ids)
		}
		if fault != nil {
			bad = i
			break
		}
	}
	under, err := e.begin(texts[:bad])
	if err != nil {
		return 0, err
	}
	for done < bad {
		// The pass takes what is left of the first text, and as many of the next as fit.
		var runs []transformer.Run
		room := transformer.MaxBatch
		for i := done; i < bad && room > 0; i++ {
			u := &under[i]
			n := min(len(u.rest), room)
			runs = append(runs, transformer.Run{State: u.state, IDs: u.rest[:n]})
			u.rest, room = u.rest[n:], room-n
		}
		hidden, err := e.pass.Forward(ctx, runs...)
		if err != nil {
			return done, err
		}
		for _, r := range runs {
			u := &under[done]
			e.add(u, hidden[:len(r.IDs)*c.Dim])
			hidden = hidden[len(r.IDs)*c.Dim:]
			if len(u.rest) > 0 {
				break // it is the last of this pass
			}
			vector, err := normalized(u.sum)
			if err == nil {
				err = visit(done, vector)
			}
			if err != nil {
				return done, err
			}
			done++
		}
	}
	return done, fault
}

// A going is a text under way.
type going struct {
	state *transformer.State
	rest  []int32
	sum   []float64 // (D) of the hidden states that are pooled
}

func (e *Embedder) begin(texts [][]int32) ([]going, error) {
	d := e.model.Config().Dim
	under := make([]going, len(texts))
	sums := make([]float64, len(texts)*d)
	for i, ids := range texts {
		state, err := e.states.Take(len(ids))
		if err != nil {
			return nil, err
		}
		under[i] = going{state, ids, sums[i*d : (i+1)*d]}
	}
	return under, nil
}

// add pools hidden states (T, D), after which u.rest is left.
func (e *Embedder) add(u *going, hidden []float32) {
	d := len(u.sum)
	if e.pool == checkpoint.PoolLast {
		if len(u.rest) > 0 {
			return
		}
		hidden = hidden[len(hidden)-d:]
	}
	for ; len(hidden) > 0; hidden = hidden[d:] {
		for i, v := range hidden[:d] {
			u.sum[i] += float64(v)
		}
	}
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
