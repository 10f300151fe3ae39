package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// session runs workers, follower and journal until all is there or one fails, and waits for them.
func (d *download) session(parent context.Context) (sum string, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	d.mu.Lock()
	d.grown = make(chan struct{}, 1)
	d.hashed.Store(0)
	d.recent = &recent{limit: int(min(d.c.window(), mostKept)) / d.c.block, size: d.c.block}
	d.before = d.done.prefix()
	d.queue = d.done.missing(d.size())
	missing := len(d.queue) > 0
	d.mu.Unlock()
	var fetching, others sync.WaitGroup
	if d.whole && missing {
		fetching.Go(func() {
			if err := d.stream(ctx); err != nil {
				cancel(err)
			}
		})
	} else {
		for range d.c.connections {
			fetching.Go(func() {
				if err := d.work(ctx); err != nil {
					cancel(err)
				}
			})
		}
	}
	stop := make(chan struct{})
	others.Go(func() {
		if err := d.journal(stop); err != nil {
			cancel(err)
		}
	})
	others.Go(func() {
		f := follower{file: d.file, size: d.size(), hash: d.source.file.Digest(), recent: d.recent, prefix: d.prefix, grown: d.grown, hashed: &d.hashed}
		var err error
		if sum, err = f.run(ctx); err != nil {
			cancel(err)
		}
	})
	fetching.Wait()
	close(stop)
	others.Wait()
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	return sum, nil
}

// next cuts a part off what nobody fetches yet; ok is false if that is nothing.
func (d *download) next() (part span, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return span{}, false
	}
	first := &d.queue[0]
	part = span{first.from, first.from + min(first.size(), d.c.partSize)}
	if first.from = part.to; first.size() == 0 {
		d.queue = d.queue[1:]
	}
	return part, true
}

func (d *download) prefix() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done.prefix()
}

// work fetches one part after the other.
func (d *download) work(ctx context.Context) error {
	for {
		part, ok := d.next()
		if !ok {
			return nil
		}
		err := d.c.retry(ctx, func() (bool, error) {
			n, err := d.receive(ctx, part)
			part.from += n
			return n > 0, err
		})
		if err != nil {
			return err
		}
	}
}

// stream fetches the file from its beginning, whatever of it is here: the server knows no other way.
func (d *download) stream(ctx context.Context) error {
	return d.c.retry(ctx, func() (bool, error) {
		before := d.prefix()
		_, err := d.receive(ctx, span{0, d.size()})
		return d.prefix() > before, err
	})
}

// receive asks for a span and writes what comes, up to the first fault. It returns how many bytes
// came; asked again for the rest, it goes on there.
func (d *download) receive(ctx context.Context, part span) (n int64, err error) {
	w := newWatchdog(ctx, d.c.stall)
	defer w.stop()
	b, err := d.source.open(w.ctx, part)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	d.meter.phase(d.source.file, Fetching)
	r := w.reader(b)
	in := d.recent.start(part.from)
	defer func() { d.handOn(in) }()
	for n < b.length {
		if d.ahead(part.from + n) {
			d.pace(w, part.from+n)
		}
		got, err := r.Read(in.room(b.length - n))
		if got > 0 {
			if err := d.write(in, got); err != nil {
				return n, err
			}
			if n += int64(got); in.full() {
				d.handOn(in)
				in = d.recent.start(part.from + n)
			}
		}
		switch {
		case n == b.length:
		case errors.Is(err, io.EOF):
			return n, fmt.Errorf("%s: %w", d.source.host(), errShort)
		case err != nil:
			return n, d.c.networkError(w.ctx, d.source.address(), err)
		}
	}
	// Without a length a body may go on; with one, this lets the connection be used again.
	if got, _ := r.Read(make([]byte, 1)); got > 0 {
		return n, permanent("%w: %s sends more than %d bytes", ErrCorrupt, d.source.host(), d.size())
	}
	return n, nil
}

// ahead reports whether hashing is further behind a place than the parts that come at once, and has more than a
// part to do. Where a network is faster than hashing, connections then leave the processors to it: else they would
// be done first and it would go on alone. Nobody waits where it waits itself, for a slow connection, nor while it
// reads what was here before.
func (d *download) ahead(at int64) bool {
	hashed := d.hashed.Load()
	return hashed >= d.before && at > hashed+d.c.window() && d.prefix() > hashed+d.c.partSize
}

// pace waits until a place is no longer ahead. Meanwhile nothing is expected to come.
func (d *download) pace(w *watchdog, at int64) {
	d.wake() // it has not heard of blocks that are not full
	for d.ahead(at) && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
		w.timer.Reset(w.stall)
	}
}

// write puts the next bytes of a block into the file, but for those that are there.
func (d *download) write(in *block, n int) error {
	p, at := in.data[len(in.data):len(in.data)+n], in.end()
	d.mu.Lock()
	gaps := d.done.missingIn(span{at, at + int64(n)})
	d.mu.Unlock()
	for _, g := range gaps {
		if _, err := d.file.WriteAt(p[g.from-at:g.to-at], g.from); err != nil {
			return d.c.store.failed(d.part(), err)
		}
		d.mu.Lock()
		d.done.add(g)
		d.mu.Unlock()
		d.meter.add(d.source.file, g.size())
	}
	in.data = in.data[:len(in.data)+n]
	in.old = in.old || gaps.total() < int64(n)
	return nil
}

// handOn gives a block that is written to the follower.
func (d *download) handOn(b *block) {
	d.recent.keep(b)
	d.wake()
}

// wake lets the follower look at what is there.
func (d *download) wake() {
	select {
	case d.grown <- struct{}{}:
	default: // it has not looked at the last change yet
	}
}
