package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A loaded is a model that is ready to run.
type loaded struct {
	ck    *checkpoint.Checkpoint
	pool  *parallel.Pool
	cache dtype.DType // of keys and values
	model *transformer.Model
	own   backend.Backend // whose memory it has, if that is not the caller's

	tok    tokenizer.Tokenizer // nil if tokErr is not
	tokErr error

	took time.Duration
}

// maxThreads is far above what a loop can use, and below what a typing error
// can ask for.
const maxThreads = 1024

// threads checks the value of -t; 0 means as many as suit the machine.
func threads(flag int) (int, error) {
	if flag < 0 || flag > maxThreads {
		return 0, usagef("-t is %d, want 1 to %d threads, or 0 for one a core", flag, maxThreads)
	}
	if flag == 0 {
		return device.DefaultThreads(), nil
	}
	return flag, nil
}

// load opens a model and makes it ready; the caller closes it. A tokenizer that
// is missing or broken is left to whoever needs text. o says in what form
// things are kept and from where memory comes; a CacheType of dtype.Invalid is the one
// that the checkpoint recommends, a Memory of nil a pool of its own.
func load(ctx context.Context, s *Streams, m *modelArg, threads int, o transformer.Options) (*loaded, error) {
	if err := m.obtain(ctx, s); err != nil {
		return nil, err
	}
	start := time.Now()
	p := newProgress(s)
	p.later("loading " + m.path + " …")
	defer p.done()

	l := &loaded{}
	if o.Memory == nil {
		own, err := newMemory()
		if err != nil {
			return nil, err
		}
		o.Memory, l.own = own.Memory(), own
	}
	ck, err := m.open(o.Memory)
	if err != nil {
		l.closeMemory()
		return nil, err
	}
	if o.CacheType == dtype.Invalid {
		o.CacheType = ck.CacheType
	}
	l.ck, l.pool, l.cache = ck, parallel.New(threads), o.CacheType
	o.Pool = l.pool
	tokenizerReady := inBackground(func() { l.tok, l.tokErr = ck.Tokenizer() })
	err = l.prepare(ctx, o)
	tokenizerReady()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	l.took = time.Since(start)
	return l, nil
}

func (l *loaded) prepare(ctx context.Context, o transformer.Options) error {
	w, err := l.ck.WeightsContext(ctx)
	if err != nil {
		return err
	}
	l.model, err = transformer.New(l.ck.Config, w, o)
	return err
}

// inBackground runs f on another goroutine and returns a function that waits for
// it. A panic of f becomes one of the waiting function, where it is reported.
func inBackground(f func()) (wait func()) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	return func() {
		if fault := <-done; fault != nil {
			panic(fault)
		}
	}
}

func (l *loaded) close() {
	if l.model != nil {
		l.model.Close()
	}
	l.pool.Close()
	_ = l.ck.Close() // nothing was written
	l.closeMemory()
}

func (l *loaded) closeMemory() {
	if l.own != nil {
		_ = l.own.Close() // what is held still is gone with the process
	}
}

// needTokenizer explains what a model without a usable tokenizer still can do.
func (l *loaded) needTokenizer() error {
	if l.tokErr != nil {
		return fmt.Errorf("%w (without a tokenizer the model takes token ids: --ids)", l.tokErr)
	}
	return nil
}

// largeCache is the size of KV cache below which asking the machine for its
// memory is not worth the time.
const largeCache = 256 << 20

// session starts a session of contextLength tokens, 0 for the model's own length.
func (l *loaded) session(contextLength int) (*engine.Session, error) {
	c := &l.ck.Config
	n := contextLength
	if n == 0 {
		n = c.ContextLength
	}
	if n < 0 || n > c.ContextLength {
		return nil, usagef("-c is %d, and this model's context takes 1 to %d tokens", n, c.ContextLength)
	}
	shape := kvcache.Shape{Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Positions: n, Type: l.cache}
	if need := shape.Bytes(); need > largeCache {
		if have := freeMemory(); have > 0 && need > have {
			fits := int(float64(n) * float64(have) / float64(need))
			return nil, fmt.Errorf("a context of %d tokens needs %s of memory and %s are free; choose a shorter one, such as -c %d, or --cache-type q8_0", n, size(need), size(have), max(fits/2, 1))
		}
	}
	return engine.NewSession(l.model, n)
}

// freeMemory returns the bytes this process can still have, 0 if unknown.
func freeMemory() int64 { return int64(free(device.Detect())) }

// begin returns the ids of a text that the model is to continue.
func (l *loaded) begin(text string) ([]int32, error) {
	if err := l.needTokenizer(); err != nil {
		return nil, err
	}
	ids := l.tok.Encode(nil, text, tokenizer.Options{})
	if len(ids) == 0 && l.ck.Generation.BOS >= 0 {
		ids = []int32{l.ck.Generation.BOS}
	}
	if len(ids) == 0 {
		return nil, engine.ErrEmptyPrompt
	}
	return ids, l.ck.Config.CheckIDs(ids)
}
