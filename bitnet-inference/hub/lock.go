package hub

import (
	"context"
	"os"
	"time"
)

// lock takes the lock of a blob, the same that Hugging Face's library takes, so that one process fetches
// it. Its owner loses it when it ends, however it ends. Where a file system has no locks it is not sole: others may be
// at the same blob. waiting is called once if another process has it.
func (s *Store) lock(ctx context.Context, repo, blob string, waiting func()) (unlock func(), sole bool, err error) {
	for first := true; ; first = false {
		unlock, sole, err := s.tryLock(repo, blob)
		if err != nil || unlock != nil {
			return unlock, sole, err
		}
		if first {
			waiting()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}

// tryLock is lock without waiting: unlock is nil if another process has it.
func (s *Store) tryLock(repo, blob string) (unlock func(), sole bool, err error) {
	name := lockPath(repo, blob)
	if err := s.mkdirs(name); err != nil {
		return nil, false, err
	}
	f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o664)
	if err != nil {
		return nil, false, s.failed(name, err)
	}
	taken, possible := flock(f)
	if possible && !(taken && s.isStill(name, f)) {
		_ = f.Close()
		return nil, false, nil
	}
	return func() { _ = f.Close() }, possible, nil // which gives the lock back
}

// flock takes the lock of a file, unless another one has it, where that is possible. Tests put other file systems in
// its place.
var flock = lockFile

// isStill reports whether an open file still has its name: a lock of a file that was removed keeps nobody out.
func (s *Store) isStill(name string, f *os.File) bool {
	named, err := s.root.Stat(name)
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(named, open)
}
