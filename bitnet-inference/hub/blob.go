package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A download brings one blob into the store:
//
//	workers    fetch parts and write them where they belong
//	follower   hashes what is there from the beginning on
//	journal    puts it on disk and notes that in the sidecar, twice a second
//
// Bytes that are noted are never written again: the hash is that of the bytes on disk.
type download struct {
	c      *Client
	repo   string
	source *source
	meter  *meter
	file   *os.File
	note   *os.File // the sidecar, written at its end

	mu      sync.Mutex
	done    ranges        // written
	noted   ranges        // of these, those in the sidecar
	queue   ranges        // parts that nobody fetches yet
	grown   chan struct{} // for the follower
	hashed  atomic.Int64  // bytes from the beginning on that the follower has read
	before  int64         // bytes from the beginning on that were here when the session began
	resumed bool          // some of it was here before
	whole   bool          // the server sends whole files only
}

// fetchBlob makes sure that a blob is in the store.
func (c *Client) fetchBlob(ctx context.Context, r Ref, commit string, f File, m *meter) error {
	s := c.store
	blob := blobPath(r.Repo, f.Blob)
	if s.sized(blob, f.Size) {
		_ = s.root.Remove(notePath(r.Repo, f.Blob)) // of a process that was killed before it could
		m.skip(f)
		return nil
	}
	if err := s.mkdirs(blob); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, r.Repo, f.Blob, func() { m.phase(Waiting) })
	if err != nil {
		return err
	}
	defer unlock()
	if s.sized(blob, f.Size) { // another process was faster
		m.skip(f)
		return nil
	}
	d := &download{c: c, repo: r.Repo, source: c.source(r, commit, f), meter: m}
	if err := d.open(); err != nil {
		return err
	}
	err = d.run(ctx)
	if err == nil {
		err = d.commit()
	}
	if closed := d.close(); err == nil {
		err = closed
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", f.Path, err)
	}
	return err
}

func (d *download) size() int64  { return d.source.file.Size }
func (d *download) part() string { return partPath(d.repo, d.source.file.Blob) }
func (d *download) side() string { return notePath(d.repo, d.source.file.Blob) }

// open finds out what is here.
func (d *download) open() error {
	s := d.c.store
	for _, name := range []string{d.part(), d.side()} {
		if info, err := s.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
			if err := s.root.Remove(name); err != nil {
				return s.failed(name, err)
			}
		}
	}
	var err error
	if d.file, err = s.root.OpenFile(d.part(), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return s.failed(d.part(), err)
	}
	info, err := d.file.Stat()
	if err != nil {
		return s.failed(d.part(), err)
	}
	var done ranges
	if info.Size() <= d.size() {
		done = readSidecar(s.root, d.side(), d.size()).within(info.Size())
	}
	d.resumed = len(done) > 0
	return d.begin(done)
}

// begin starts from what is done, with a sidecar that says so in as few lines as that takes.
func (d *download) begin(done ranges) error {
	s := d.c.store
	if d.note != nil {
		_ = d.note.Close() // what it says is void
		d.note = nil
	}
	if len(done) == 0 {
		if err := d.file.Truncate(0); err != nil {
			return s.failed(d.part(), err)
		}
	}
	if err := s.replace(d.side(), sidecarOf(done, d.size())); err != nil {
		return err
	}
	note, err := s.root.OpenFile(d.side(), os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return s.failed(d.side(), err)
	}
	d.note = note
	d.mu.Lock()
	d.done, d.noted = append(ranges{}, done...), append(ranges{}, done...)
	d.mu.Unlock()
	d.meter.set(d.source.file, done.total())
	return nil
}

func (d *download) close() error {
	var errs []error
	for _, f := range []*os.File{d.note, d.file} {
		if f != nil {
			errs = append(errs, bare(f.Close()))
		}
	}
	d.note, d.file = nil, nil
	return errors.Join(errs...)
}

// run fetches what is missing until the hash is right. What was here before, or came from a file that changed
// on the way, gets a second chance from the beginning; a hub that sends wrong bytes does not.
func (d *download) run(ctx context.Context) error {
	for again := 0; ; {
		sum, err := d.session(ctx)
		if err == nil && sum != d.source.file.Blob {
			err = permanent("%w: its hash is %.12s…, that of the listing %.12s…; nothing of it is kept", ErrCorrupt, sum, d.source.file.Blob)
			if beginErr := d.begin(nil); beginErr != nil {
				return errors.Join(err, beginErr)
			}
			if !d.resumed {
				return err
			}
			d.resumed = false
			continue
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errNoRange) && !d.whole:
			d.whole = true
		case errors.Is(err, errChanged) && again < 2:
			again++
			if err := d.begin(nil); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// session runs workers, follower and journal until all is there or one fails, and waits for them.
func (d *download) session(parent context.Context) (sum string, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	d.mu.Lock()
	d.grown = make(chan struct{}, 1)
	d.hashed.Store(0)
	d.before = d.done.prefix()
	d.queue = parts(d.done.missing(d.size()), d.c.partSize)
	workers := min(d.c.connections, len(d.queue))
	d.mu.Unlock()
	var fetching, others sync.WaitGroup
	if d.whole && workers > 0 {
		fetching.Go(func() {
			if err := d.stream(ctx); err != nil {
				cancel(err)
			}
		})
	} else {
		for range workers {
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
		f := follower{file: d.file, size: d.size(), hash: newDigest(d.source.file.Blob, d.size()), prefix: d.prefix, grown: d.grown, hashed: &d.hashed}
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

// parts divides what is missing.
func parts(missing ranges, size int64) (list ranges) {
	for _, s := range missing {
		for at := s.from; at < s.to; at += size {
			list = append(list, span{at, min(at+size, s.to)})
		}
	}
	return list
}

func (d *download) prefix() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done.prefix()
}

// work fetches one part after the other.
func (d *download) work(ctx context.Context) error {
	buf := make([]byte, 256<<10)
	for {
		d.mu.Lock()
		if len(d.queue) == 0 {
			d.mu.Unlock()
			return nil
		}
		part := d.queue[0]
		d.queue = d.queue[1:]
		d.mu.Unlock()
		err := d.c.retry(ctx, func() (bool, error) {
			n, err := d.receive(ctx, part, buf)
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
	buf := make([]byte, 256<<10)
	return d.c.retry(ctx, func() (bool, error) {
		before := d.prefix()
		_, err := d.receive(ctx, span{0, d.size()}, buf)
		return d.prefix() > before, err
	})
}

// receive asks for a span and writes what comes, up to the first fault. It returns how many bytes
// came; asked again for the rest, it goes on there.
func (d *download) receive(ctx context.Context, part span, buf []byte) (n int64, err error) {
	w := newWatchdog(ctx, d.c.stall)
	defer w.stop()
	b, err := d.source.open(w.ctx, part)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	d.meter.phase(Fetching)
	r := w.reader(b)
	for n < b.length {
		if d.ahead(part.from + n) {
			d.pace(w.ctx, part.from+n)
			w.timer.Reset(w.stall)
		}
		got, err := r.Read(buf[:min(int64(len(buf)), b.length-n)])
		if got > 0 {
			if err := d.write(buf[:got], part.from+n); err != nil {
				return n, err
			}
			n += int64(got)
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
	if got, _ := r.Read(buf[:1]); got > 0 {
		return n, permanent("%w: %s sends more than the %d bytes that the listing says", ErrCorrupt, d.source.host(), d.size())
	}
	return n, nil
}

// ahead reports whether hashing is further behind a place than the parts that come at once. Where a
// network is faster than hashing, connections then leave the processors to it: else they would be done first
// and it would go on alone. The connection of the part that hashing waits for is never ahead, and while what was
// here before is read again none is.
func (d *download) ahead(at int64) bool {
	hashed := d.hashed.Load()
	return hashed >= d.before && at > hashed+int64(d.c.connections)*d.c.partSize
}

// pace waits until a place is no longer ahead.
func (d *download) pace(ctx context.Context, at int64) {
	for d.ahead(at) && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// write puts bytes into the file, but for those that are there.
func (d *download) write(p []byte, at int64) error {
	d.mu.Lock()
	gaps := d.done.missingIn(span{at, at + int64(len(p))})
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
	select {
	case d.grown <- struct{}{}:
	default: // it has not looked at the last change yet
	}
	return nil
}

// commit gives the blob its name.
func (d *download) commit() error {
	s := d.c.store
	d.meter.phase(Storing)
	if err := d.file.Sync(); err != nil {
		return s.failed(d.part(), err)
	}
	if err := d.close(); err != nil { // Windows renames only what is closed
		return err
	}
	blob := blobPath(d.repo, d.source.file.Blob)
	if err := s.root.Rename(d.part(), blob); err != nil {
		return s.failed(blob, err)
	}
	s.syncDirectory(blob)
	_ = s.root.Remove(d.side()) // it says nothing of a blob that has its name
	return nil
}
