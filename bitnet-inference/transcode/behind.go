package transcode

import (
	"os"
	"sync"
)

// A behind writes a file in a goroutine of its own, so that the next tensor is worked on
// while the last is on its way, and has the system begin to put it on disk: at the end
// there is little left to wait for.
type behind struct {
	f     *os.File
	full  chan []byte // to be written, in order
	empty chan []byte // whoever has one fills it
	buf   []byte      // being filled
	wg    sync.WaitGroup

	mu  sync.Mutex
	err error // the first of writing
}

const (
	behindBytes = 1 << 20
	behindCount = 24       // buffers: all of a tensor's I2_S weights, most often
	flushBytes  = 16 << 20 // how much is given to the disk at a time
)

// newBehind begins at the start of f. It has to be closed before f is.
func newBehind(f *os.File) *behind {
	b := &behind{f: f, full: make(chan []byte, behindCount), empty: make(chan []byte, behindCount)}
	for range behindCount {
		b.empty <- nil
	}
	b.wg.Go(b.write)
	return b
}

// write is the goroutine.
func (b *behind) write() {
	var at, flushed int64
	for data := range b.full {
		if b.failed() == nil {
			n, err := b.f.Write(data)
			if err != nil {
				b.mu.Lock()
				b.err = err
				b.mu.Unlock()
			}
			if at += int64(n); at-flushed >= flushBytes {
				startFlush(b.f, flushed, at-flushed)
				flushed = at
			}
		}
		b.empty <- data[:0]
	}
}

func (b *behind) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Write takes data over. An error may be that of data before.
func (b *behind) Write(data []byte) (int, error) {
	n := 0
	for len(data) > 0 {
		if b.buf == nil {
			if err := b.failed(); err != nil {
				return n, err
			}
			if b.buf = <-b.empty; cap(b.buf) == 0 {
				b.buf = make([]byte, 0, behindBytes)
			}
		}
		part := min(len(data), behindBytes-len(b.buf))
		b.buf = append(b.buf, data[:part]...)
		if data, n = data[part:], n+part; len(b.buf) == behindBytes {
			b.full <- b.buf
			b.buf = nil
		}
	}
	return n, nil
}

// Close writes the rest and waits for it, but not for the disk.
func (b *behind) Close() error {
	if len(b.buf) > 0 {
		b.full <- b.buf
	}
	close(b.full)
	b.wg.Wait()
	return b.err
}
