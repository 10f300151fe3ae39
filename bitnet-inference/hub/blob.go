package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
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
// Bytes that are noted are never written again. The hash is that of the blocks received, and of what was on disk before
// or is read back from there because it found no place in memory.
type download struct {
	c      *Client
	repo   string
	name   string // of the files below, without their ends
	source *source
	meter  *meter
	file   *os.File
	note   *os.File // the sidecar, written at its end
	length int      // of the sidecar
	limit  int      // above which it is rewritten

	mu      sync.Mutex
	done    ranges        // written
	noted   ranges        // of these, those in the sidecar
	queue   ranges        // what nobody fetches yet
	recent  *recent       // blocks for the follower
	grown   chan struct{} // for it, too
	hashed  atomic.Int64  // bytes from the beginning on that the follower has hashed
	before  int64         // bytes from the beginning on that were here when the session began
	resumed bool          // some of it was here before
	whole   bool          // the server sends whole files only
}

// pullFile brings one file into its snapshot. It has the blob's lock until there is a link to it: who removes blobs
// that nothing leads to takes that lock first.
func (c *Client) pullFile(ctx context.Context, p *Plan, f File, m *meter) error {
	s, repo := c.store, p.Ref.Repo
	if s.sized(snapshotPath(repo, p.Commit, f.Path), f.Size) {
		m.skip(f)
		return nil
	}
	unlock, sole, err := s.lock(ctx, repo, f.Blob, func() { m.phase(f, Waiting) })
	if err != nil {
		return err
	}
	defer unlock()
	if s.sized(blobPath(repo, f.Blob), f.Size) {
		_ = s.root.Remove(notePath(repo, f.Blob)) // of a process that was killed before it could
		m.skip(f)
	} else {
		d := &download{c: c, repo: repo, name: unfinished(repo, f.Blob), source: c.source(repo, p.Commit, f), meter: m, limit: longSidecar}
		if !sole {
			d.name += fmt.Sprintf(".%08x", rand.Uint32())
			defer d.remove()
		}
		if err := d.fetch(ctx); err != nil {
			if ctx.Err() == nil {
				err = fmt.Errorf("%s: %w", f.Path, c.explain(err, p.Ref, p.Commit))
			}
			return err
		}
	}
	return s.link(repo, p.Commit, f)
}

// fetch makes the blob.
func (d *download) fetch(ctx context.Context) error {
	if err := d.c.store.mkdirs(d.name); err != nil {
		return err
	}
	err := d.open()
	if err == nil {
		err = d.run(ctx)
	}
	if err == nil {
		err = d.commit()
	}
	if closed := d.close(); err == nil {
		err = closed
	}
	if errors.Is(err, errRemoved) && d.c.store.sized(d.blob(), d.size()) { // another process has made it
		d.meter.skip(d.source.file)
		return nil
	}
	return err
}

func (d *download) size() int64  { return d.source.file.Size }
func (d *download) blob() string { return blobPath(d.repo, d.source.file.Blob) }
func (d *download) part() string { return d.name + ".part" }
func (d *download) side() string { return d.name + ".parts" }

// remove removes what came.
func (d *download) remove() {
	for _, name := range []string{d.part(), d.side()} {
		_ = d.c.store.root.Remove(name) // it may not be there
	}
}

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
	var done ranges
	file, err := s.root.OpenFile(d.part(), os.O_RDWR, 0)
	switch {
	case err == nil:
		d.file = file
		info, err := file.Stat()
		if err != nil {
			return s.failed(d.part(), err)
		}
		if info.Size() <= d.size() {
			done = readSidecar(s.root, d.side(), d.size()).within(info.Size())
		}
	case !errors.Is(err, fs.ErrNotExist):
		return s.failed(d.part(), err)
	}
	d.resumed = len(done) > 0
	return d.begin(done)
}

// begin starts from what is done, with a sidecar that says so in as few lines as that takes. From nothing it starts
// with a file of its own: where locks do not keep others out, one that is here may be what another process fills.
func (d *download) begin(done ranges) error {
	s := d.c.store
	if len(done) == 0 {
		if d.file != nil {
			_ = d.file.Close() // nobody wants it any more
			d.file = nil
		}
		err := s.root.Remove(d.part())
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			d.file, err = s.root.OpenFile(d.part(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		}
		if err != nil {
			return s.failed(d.part(), err)
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
	d.meter.phase(d.source.file, Storing)
	if err := d.file.Sync(); err != nil {
		return s.failed(d.part(), err)
	}
	if err := d.ours(); err != nil {
		return err
	}
	if err := d.close(); err != nil { // Windows renames only what is closed
		return err
	}
	blob := d.blob()
	if err := s.root.Rename(d.part(), blob); err != nil {
		return s.failed(blob, err)
	}
	s.syncDirectory(blob)
	_ = s.root.Remove(d.side()) // it says nothing of a blob that has its name
	return nil
}

// ours is an error if what bears the name of the unfinished file is not the file that is written here, or no longer
// has what was written.
func (d *download) ours() error {
	s := d.c.store
	d.mu.Lock()
	written := d.done.end()
	d.mu.Unlock()
	info, err := d.file.Stat()
	if err != nil {
		return s.failed(d.part(), err)
	}
	if info.Size() < written || !s.isStill(d.part(), d.file) {
		d.meter.set(d.source.file, 0)
		return s.failed(d.part(), errRemoved)
	}
	return nil
}
