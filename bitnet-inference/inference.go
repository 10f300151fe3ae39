// Package inference opens a language model and generates text with it:
//
//	m, err := inference.Open("model.gguf", inference.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer m.Close()
//	for piece, err := range m.Continue(ctx, "Once upon a time", engine.Options{MaxTokens: 64}) {
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Print(piece)
//	}
//
// It joins the packages below it, each of which is of use alone: checkpoint
// reads files, transformer runs the graph, engine generates token ids, chat
// renders conversations, score measures perplexity.
package inference

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/embed"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Options say how to run a model. The zero value works.
type Options struct {
	Threads       int              // 0: device.DefaultThreads
	ContextLength int              // tokens of prompt and answer together; 0: the model's own
	Memory        memory.Allocator // for packed weights, KV caches and activations; nil: a pool of the Model's own, within the control groups' limit
	CacheType     dtype.DType      // of keys and values, F32, F16 or Q8_0; Invalid: the checkpoint's own
	Head          transformer.Head // whether single logits are found without computing all; the zero value: where that pays
	HeadType      dtype.DType      // of the output head, which F16, Q8_0 and Q6_K round; Invalid: the checkpoint's
}

func (o Options) withDefaults(ck *checkpoint.Checkpoint) Options {
	if o.Threads == 0 {
		o.Threads = device.DefaultThreads()
	}
	if o.CacheType == dtype.Invalid {
		o.CacheType = ck.CacheType
	}
	return o
}

// A Model is an opened model, ready to run. It owns its files, memory and
// threads. Its session computes one text at a time; for several, open sessions
// of Transformer.
type Model struct {
	Checkpoint  *checkpoint.Checkpoint
	Transformer *transformer.Model
	Tokenizer   tokenizer.Tokenizer
	Session     *engine.Session

	threads *parallel.Pool
	device  backend.Backend // whose memory it has; nil if that is the caller's
}

// Open opens the GGUF file or Hugging Face directory at path.
func Open(path string, o Options) (*Model, error) {
	ck, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	return New(ck, o)
}

// New prepares an opened checkpoint to run, and takes it over: it is closed with
// the Model, or at once if New fails.
func New(ck *checkpoint.Checkpoint, o Options) (m *Model, err error) {
	o = o.withDefaults(ck)
	m = &Model{Checkpoint: ck, threads: parallel.New(o.Threads)}
	defer func() {
		if err != nil {
			_ = m.Close() // the first error is the one to show
			m = nil
		}
	}()
	if o.Memory == nil {
		if m.device, err = backend.Open(cpu.Name, backend.Options{}); err != nil {
			return m, err
		}
		o.Memory = m.device.Memory()
	}
	weights, err := ck.Weights()
	if err != nil {
		return m, err
	}
	if m.Tokenizer, err = ck.Tokenizer(); err != nil {
		return m, err
	}
	if m.Transformer, err = transformer.New(ck.Config, weights, transformer.Options{
		Pool: m.threads, Memory: o.Memory, CacheType: o.CacheType, Head: o.Head, HeadType: o.HeadType,
	}); err != nil {
		return m, fmt.Errorf("%s: %w", ck.Name, err)
	}
	m.Session, err = engine.NewSession(m.Transformer, o.ContextLength)
	return m, err
}

// Close frees everything the Model owns. Sessions of others, and States, that are still
// open are an error: their memory is the Model's.
func (m *Model) Close() error {
	if m.Session != nil {
		m.Session.Close()
	}
	if m.Transformer != nil {
		m.Transformer.Close()
	}
	m.threads.Close()
	var err error
	if m.device != nil {
		err = m.device.Close()
	}
	return errors.Join(err, m.Checkpoint.Close())
}

// Continue generates text after prompt, piece by piece. Generation also ends at
// the model's own end-of-text tokens, which are not text. The last pair holds the
// error, if there was one.
func (m *Model) Continue(ctx context.Context, prompt string, o engine.Options) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		ids := m.Tokenizer.Encode(nil, prompt, tokenizer.Options{})
		o.Stop = append(o.Stop, m.Checkpoint.Generation.EOS...)
		stream := tokenizer.NewStream(m.Tokenizer, true)
		stream.Seed(ids)
		stopped := false
		_, err := m.Session.Generate(ctx, ids, o, func(id int32) bool {
			if piece := stream.Next(id); piece != "" {
				stopped = !yield(piece, nil)
			}
			return !stopped
		})
		if stopped {
			return
		}
		if rest := stream.Flush(); rest != "" && !yield(rest, nil) {
			return
		}
		if err != nil {
			yield("", err)
		}
	}
}

// Embed returns one vector (D) of length 1 for each text, as package embed describes. The
// Session is not touched.
func (m *Model) Embed(ctx context.Context, texts []string, o embed.Options) ([][]float32, error) {
	e, err := embed.New(m.Transformer, m.Tokenizer, m.Checkpoint, o)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	vectors := make([][]float32, len(texts))
	done, err := e.Embed(ctx, texts, func(i, _ int, vector []float32) error {
		vectors[i] = vector
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("text %d: %w", done+1, err)
	}
	return vectors, nil
}
