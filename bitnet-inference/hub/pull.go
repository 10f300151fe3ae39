package hub

import (
	"context"
	"fmt"
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
	if err := c.store.room(p.Fetch()); err != nil {
		return "", fmt.Errorf("%s: %w", p.Ref.Repo, err)
	}
	c.store.tag()
	m := newMeter(p, progress)
	// Small files all at once, each on one connection; large ones in turn, each on all of them.
	var small, large []File
	for _, f := range p.Files {
		if f.Size <= c.partSize {
			small = append(small, f)
		} else {
			large = append(large, f)
		}
	}
	all, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	turns := make(chan struct{}, c.connections)
	for _, f := range small {
		running.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if all.Err() == nil {
				if err := c.pullFile(all, p, f, m); err != nil {
					cancel(err)
				}
			}
		})
	}
	running.Wait()
	for _, f := range large {
		if all.Err() == nil {
			if err := c.pullFile(all, p, f, m); err != nil {
				cancel(err)
			}
		}
	}
	c.http.CloseIdleConnections()
	if all.Err() != nil {
		m.now()
		return "", fmt.Errorf("%s: %w", p.Ref.Repo, context.Cause(all))
	}
	// Last, so that a revision never names a commit that is not here.
	if err := c.store.setRef(p.Ref.Repo, p.Ref.revision(), p.Commit); err != nil {
		return "", err
	}
	m.phase(Done)
	return p.Path, nil
}
