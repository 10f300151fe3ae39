package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// spareRoom stays free on a disk when everything has been fetched.
const spareRoom = 64 << 20

// Pull fetches what a plan lacks and returns the path of the model: a GGUF file, or a directory
// with the files of a checkpoint. progress may be nil; it is called from several goroutines, one at a time, and
// has to return soon.
//
// What has been fetched when it fails or is cancelled stays, and the next Pull goes on from there.
func (c *Client) Pull(ctx context.Context, p *Plan, progress func(Progress)) (string, error) {
	if c.offline {
		return "", fmt.Errorf("%s: %w", p.Ref, ErrOffline)
	}
	if err := c.Room(p); err != nil {
		return "", err
	}
	c.store.tag()
	m := newMeter(p, progress)
	all, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	phases := p.phases()
	for again := false; ; again = true {
		for _, files := range phases {
			if err := c.pullFiles(all, p, files, m); err != nil {
				cancel(err)
			}
		}
		// What is complete has no lock: who removes the revision meanwhile takes it.
		if all.Err() != nil || c.store.holds(p) {
			break
		}
		if again {
			cancel(errRemoved)
			break
		}
	}
	c.http.CloseIdleConnections()
	if all.Err() != nil {
		m.now()
		return "", fmt.Errorf("%s: %w", p.Ref.Repo, context.Cause(all))
	}
	// Last, so that a revision never names a commit that is not here.
	if err := c.store.setRef(p.Ref.Repo, p.Ref.revision(), p.Commit); err != nil {
		return "", fmt.Errorf("%s: %w", p.Ref.Repo, err)
	}
	m.phase(File{}, Done)
	return p.Path, nil
}

// phases are the files in the order in which they come: a tokenizer after the files that add tokens to it, of two the one
// that is used first, and weights last. What is there with the last of them is whole, whatever happens then.
func (p *Plan) phases() [][]File {
	phases := make([][]File, 1+len(tokenizers)+1)
	for _, f := range p.Files {
		i := 1 + slices.Index(tokenizers, f.Path) // 0 for those that are none
		if isWeights(f.Path) {
			i = len(phases) - 1
		}
		phases[i] = append(phases[i], f)
	}
	return phases
}

func isWeights(name string) bool {
	return strings.HasSuffix(name, ".safetensors") || isGGUF(name)
}

// pullFiles fetches small files all at once, each on one connection, and then large ones in turn, each on all of them.
func (c *Client) pullFiles(ctx context.Context, p *Plan, files []File, m *meter) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pull := func(f File) {
		if ctx.Err() == nil {
			if err := c.pullFile(ctx, p, f, m); err != nil {
				cancel(err)
			}
		}
	}
	var running sync.WaitGroup
	turns := make(chan struct{}, c.connections)
	for _, f := range files {
		if f.Size <= c.partSize {
			running.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				pull(f)
			})
		}
	}
	running.Wait()
	for _, f := range files {
		if f.Size > c.partSize {
			pull(f)
		}
	}
	return context.Cause(ctx)
}
