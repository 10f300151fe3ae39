package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
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
	length int      // of the sidecar
	limit  int      // above which it is rewritten

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
	d := &download{c: c, repo: r.Repo, source: c.source(r, commit, f), meter: m, limit: longSidecar}
	if err = d.open(); err == nil {
		err = d.run(ctx)
	}
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
	if len(done) == 0 {
		if err := d.file.Truncate(0); err != nil {
			return d.c.store.failed(d.part(), err)
		}
	}
	if err := d.rewrite(done); err != nil {
		return err
	}
	d.mu.Lock()
	d.done, d.noted = append(ranges{}, done...), append(ranges{}, done...)
	d.mu.Unlock()
	d.meter.set(d.source.file, done.total())
	return nil
}

// rewrite puts a new sidecar in the place of what there is.
func (d *download) rewrite(done ranges) error {
	s := d.c.store
	if d.note != nil {
		_ = d.note.Close() // it is replaced
		d.note = nil
	}
	data := sidecarOf(done, d.size())
	if err := s.replace(d.side(), data); err != nil {
		return err
	}
	note, err := s.root.OpenFile(d.side(), os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return s.failed(d.side(), err)
	}
	d.note, d.length = note, len(data)
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
