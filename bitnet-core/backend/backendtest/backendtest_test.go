package backendtest

import (
	"errors"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// A fake is a backend that is right but for what a test changes.
type fake struct {
	name  string
	pool  *pool.Pool
	alloc func(p *pool.Pool, n, align int) (memory.Buffer, error)
	close func(p *pool.Pool) error
}

func (f *fake) Name() string             { return f.name }
func (f *fake) Memory() memory.Allocator { return f }
func (f *fake) Close() error             { return f.close(f.pool) }

func (f *fake) Alloc(n, align int) (memory.Buffer, error) { return f.alloc(f.pool, n, align) }

// opener opens fakes with one change.
func opener(change func(*fake, *pool.Options)) Opener {
	return func(o backend.Options) (backend.Backend, error) {
		f := &fake{name: "fake", alloc: (*pool.Pool).Alloc, close: (*pool.Pool).Close}
		po := pool.Options{Device: "fake", Limit: o.MemoryLimit, Pressure: o.Pressure}
		if change != nil {
			change(f, &po)
		}
		var err error
		f.pool, err = pool.New(po)
		return f, err
	}
}

func TestCheckOfARightOne(t *testing.T) {
	require.NoError(t, Check(opener(nil)))
}

// TestCheckFindsFaults breaks one promise at a time.
func TestCheckFindsFaults(t *testing.T) {
	for want, change := range map[string]func(*fake, *pool.Options){
		`name: "Fake"`:    func(f *fake, _ *pool.Options) { f.name = "Fake" },
		`name: "fake:"`:   func(f *fake, _ *pool.Options) { f.name = "fake:" },
		`name: ""`:        func(f *fake, _ *pool.Options) { f.name = "" },
		`name: "fake:0a"`: func(f *fake, _ *pool.Options) { f.name = "fake:0a" },

		"allocation: 1 bytes, want 0": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) { return p.Alloc(n+1, align) }
		},
		"allocation: 1 bytes lie at 0x": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, _ int) (memory.Buffer, error) { return p.Alloc(n, 64) }
		},
		"allocation: buffers that are held at the same time share bytes": func(f *fake, _ *pool.Options) {
			shared := make([]byte, 8<<20)
			skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(shared))) % (1 << 20))
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) {
				if n > len(shared)-skip || n < 0 {
					return p.Alloc(n, align)
				}
				return memory.Wrap(shared[skip:][:n]), nil
			}
		},
		"allocation: on several goroutines: busy": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) {
				if n == 128 {
					return memory.Buffer{}, errors.New("busy")
				}
				return p.Alloc(n, align)
			}
		},
		"mistakes: a negative size does not panic": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) { return p.Alloc(max(n, 0), align) }
		},
		"mistakes: an alignment that is no power of two does not panic": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) {
				if align == 3 {
					return memory.Buffer{}, errors.New("an odd alignment")
				}
				return p.Alloc(n, align)
			}
		},
		"bytes are no error": func(f *fake, _ *pool.Options) {
			f.alloc = func(p *pool.Pool, n, align int) (memory.Buffer, error) {
				return p.Alloc(min(n, 1<<20), align)
			}
		},
		"limit: 17 buffers of 4194304 bytes fit into 67108864 bytes": func(_ *fake, o *pool.Options) { o.Limit = 0 },
		"limit: round 0: after":    func(_ *fake, o *pool.Options) { o.Limit /= 4 },
		"that does not name the":   func(_ *fake, o *pool.Options) { o.Device = "other" },
		"was told of 0 at most":    func(_ *fake, o *pool.Options) { o.Pressure = nil },
		"told of a limit of 0 byt": func(_ *fake, o *pool.Options) { o.Limit = 0 },
		"leak: a buffer is held, and Close says nothing": func(f *fake, _ *pool.Options) {
			f.close = func(p *pool.Pool) error { _ = p.Close(); return nil }
		},
		"close: the second time: closed already": func(f *fake, _ *pool.Options) {
			closed := false
			f.close = func(p *pool.Pool) error {
				if closed {
					return errors.New("closed already")
				}
				closed = true
				return p.Close()
			}
		},
		"close: 64 bytes of a closed backend are no error": func(f *fake, _ *pool.Options) { f.close = func(*pool.Pool) error { return nil } },
		"usage: close with nothing held": func(f *fake, _ *pool.Options) {
			f.close = func(*pool.Pool) error { return errors.New("busy") }
		},
	} {
		require.ErrorContains(t, Check(opener(change)), want)
	}

	err := Check(func(backend.Options) (backend.Backend, error) { return nil, errors.New("no such device") })
	require.ErrorContains(t, err, "close: open: no such device")
	require.ErrorContains(t, err, "name: open: no such device")
}

// A dirty backend has an AllocZeroed that does not clear, a proud one counts what it
// does not have, and a leaking one never counts down.
type dirty struct{ *fake }

func (d dirty) Memory() memory.Allocator                        { return d }
func (d dirty) AllocZeroed(n, align int) (memory.Buffer, error) { return d.pool.Alloc(n, align) }

type proud struct {
	*fake
	usage memory.Usage
}

func (p proud) Memory() memory.Allocator { return p }
func (p proud) Usage() memory.Usage      { return p.usage }

func TestCheckFindsFaultsOfExtras(t *testing.T) {
	around := func(wrap func(*fake) backend.Backend) Opener {
		return func(o backend.Options) (backend.Backend, error) {
			b, err := opener(nil)(o)
			return wrap(b.(*fake)), err
		}
	}
	err := Check(around(func(f *fake) backend.Backend { return dirty{f} }))
	require.ErrorContains(t, err, "zeroed memory: 64 bytes are not all zero")
	err = Check(around(func(f *fake) backend.Backend { return proud{f, memory.Usage{}} }))
	require.ErrorContains(t, err, "usage: 3145728 bytes are held, and Usage says")
	all := memory.Usage{Requested: 3 << 20, Allocated: 3 << 20, Committed: 3 << 20}
	err = Check(around(func(f *fake) backend.Backend { return proud{f, all} }))
	require.ErrorContains(t, err, "usage: nothing is held, and Usage says")
}
