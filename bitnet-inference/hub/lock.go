package hub

import (
	"context"
	"os"
	"time"
)

// lock takes the lock of a blob, the same that Hugging Face's library takes, so that one process fetches
// it. Its owner loses it when it ends, however it ends. Where a file system has no locks it is taken as given.
// waiting is called once if another process has it.
func (s *Store) lock(ctx context.Context, repo, blob string, waiting func()) (unlock func(), err error) {
	name := lockPath(repo, blob)
	if err := s.mkdirs(name); err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o664)
		if err != nil {
			return nil, s.failed(name, err)
		}
		if taken, possible := tryLock(f); !possible || taken && s.isStill(name, f) {
			return func() { _ = f.Close() }, nil // which gives the lock back
		}
		_ = f.Close()
		if first {
			waiting()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// isStill reports whether an open file still has its name: a lock of a file that was removed keeps nobody out.
func (s *Store) isStill(name string, f *os.File) bool {
	named, err := s.root.Stat(name)
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(named, open)
}
