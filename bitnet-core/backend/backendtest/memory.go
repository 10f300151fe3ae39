package backendtest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"sync"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// checkAllocation holds buffers of many sizes and alignments, each full of a byte of its
// own, and looks at all of them before it releases the first.
func checkAllocation(b backend.Backend) (err error) {
	var held []memory.Buffer
	defer func() {
		for _, h := range held {
			h.Release()
		}
	}()
	for _, n := range []int{0, 1, 63, 64, 4097, 1 << 16, 1<<20 - 1, 1<<20 + 3} {
		for _, align := range []int{0, 1, 64, 128, 4096, 1 << 20} {
			buf, err := b.Memory().Alloc(n, align)
			if err != nil {
				return fmt.Errorf("%d bytes at a multiple of %d: %w", n, align, err)
			}
			held = append(held, buf)
			data := buf.Bytes()
			if len(data) != n || buf.Len() != n {
				return fmt.Errorf("%d bytes, want %d", len(data), n)
			}
			if align == 0 {
				align = memory.DefaultAlign
			}
			if at := uintptr(unsafe.Pointer(unsafe.SliceData(data))); n > 0 && at%uintptr(align) != 0 {
				return fmt.Errorf("%d bytes lie at %#x, want a multiple of %d", n, at, align)
			}
			fill(data, byte(len(held)))
		}
	}
	for i, h := range held {
		if !full(h.Bytes(), byte(i+1)) {
			return errors.New("buffers that are held at the same time share bytes")
		}
	}
	return nil
}

// checkZeroed asks for zeros where the memory has been in use.
func checkZeroed(b backend.Backend) error {
	for _, n := range []int{64, 4096, 3 << 20} {
		for range 8 {
			buf, err := memory.AllocZeroed(b.Memory(), n, 0)
			if err != nil {
				return err
			}
			zero := full(buf.Bytes(), 0)
			fill(buf.Bytes(), 0xa5)
			buf.Release()
			if !zero {
				return fmt.Errorf("%d bytes are not all zero", n)
			}
		}
	}
	return nil
}

// checkMistakes makes requests that must panic, and one that must be an error.
func checkMistakes(b backend.Backend) error {
	for _, r := range []struct {
		what     string
		n, align int
	}{{"a negative size", -1, 0}, {"a negative alignment", 1, -64}, {"an alignment that is no power of two", 1, 3}} {
		if !panics(func() {
			if buf, err := b.Memory().Alloc(r.n, r.align); err == nil {
				buf.Release()
			}
		}) {
			return fmt.Errorf("%s does not panic", r.what)
		}
	}
	if buf, err := b.Memory().Alloc(math.MaxInt, 0); err == nil {
		buf.Release()
		return fmt.Errorf("%d bytes are no error", math.MaxInt)
	}
	return nil
}

func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// checkUsage compares what a [memory.Meter] says with what is held.
func checkUsage(b backend.Backend) error {
	m, ok := b.Memory().(memory.Meter)
	if !ok {
		return nil
	}
	const n = 3 << 20
	buf, err := m.Alloc(n, 0)
	if err != nil {
		return err
	}
	during := m.Usage()
	buf.Release()
	after := m.Usage()
	if during.Requested != n || during.Allocated < n || during.Committed < n {
		return fmt.Errorf("%d bytes are held, and Usage says %+v", n, during)
	}
	if after.Requested != 0 {
		return fmt.Errorf("nothing is held, and Usage says %+v", after)
	}
	return nil
}

// checkParallel has goroutines allocate, write, read and release at the same time. Under
// the race detector it finds more.
func checkParallel(b backend.Backend) error {
	var wg sync.WaitGroup
	faults := make([]error, 4)
	for g := range faults {
		wg.Go(func() {
			for i := range 300 {
				n := 1 << (6 + (i+g)%11)
				buf, err := b.Memory().Alloc(n, 0)
				if err != nil {
					faults[g] = err
					return
				}
				mark := byte(4*i + g)
				fill(buf.Bytes(), mark)
				if !full(buf.Bytes(), mark) {
					faults[g] = errors.New("another goroutine's buffer shares bytes")
				}
				buf.Release()
			}
		})
	}
	wg.Wait()
	return errors.Join(faults...)
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// full reports whether all of b is v.
func full(b []byte, v byte) bool { return bytes.Count(b, []byte{v}) == len(b) }
