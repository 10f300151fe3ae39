package transformer

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
)

// A State is one sequence: its KV cache.
type State struct {
	m     *Model
	cache *kvcache.Cache
	ropes *ropes
	pass  *Pass // of Forward
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
	return &State{m: m, cache: cache, ropes: m.ropesFor(positions), pass: m.NewPass()}, nil
}

// Release frees the KV cache and the scratch of Forward.
func (s *State) Release() {
	s.cache.Release()
	s.pass.Release()
}

// Len returns the number of tokens in the sequence.
func (s *State) Len() int { return s.cache.Len() }

// Cap returns the number of tokens that fit.
func (s *State) Cap() int { return s.cache.Cap() }

// Cache returns the keys and values of the sequence, which stay the State's.
func (s *State) Cache() *kvcache.Cache { return s.cache }

// Truncate drops all tokens from position n on.
func (s *State) Truncate(n int) { s.cache.Truncate(n) }

// Forward is [Pass.Forward] of this sequence alone, in scratch of its own.
func (s *State) Forward(ctx context.Context, ids []int32) ([]float32, error) {
	return s.pass.Forward(ctx, Run{s, ids})
}
