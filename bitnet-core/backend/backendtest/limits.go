package backendtest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// checkLimit takes memory until there is no more, gives it back and takes it again.
func checkLimit(b backend.Backend) error {
	const n = 4 << 20
	for round := range 2 {
		var held []memory.Buffer
		var refused error
		for len(held) <= limit/n && refused == nil {
			buf, err := b.Memory().Alloc(n, 0)
			if err == nil {
				held = append(held, buf)
			}
			refused = err
		}
		count := len(held)
		for _, h := range held {
			h.Release()
		}
		switch {
		case refused == nil:
			return fmt.Errorf("%d buffers of %d bytes fit into %d bytes", count, n, limit)
		case count < limit/n/2:
			return fmt.Errorf("round %d: after %d buffers of %d bytes no more of %d bytes are left: %w", round, count, n, limit, refused)
		case !strings.Contains(refused.Error(), b.Name()):
			return fmt.Errorf("an error that does not name the backend: %w", refused)
		}
	}
	return nil
}

// checkPressure listens while memory is taken.
func checkPressure(open Opener) error {
	const n = 8 << 20
	var most, said int64
	told := func(committed, limit int64) { most, said = max(most, committed), limit }
	err := with(backend.Options{MemoryLimit: limit, Pressure: told}, func(b backend.Backend) error {
		buf, err := b.Memory().Alloc(n, 0)
		if err == nil {
			buf.Release()
		}
		return err
	})(open)
	switch {
	case err != nil:
		return err
	case most < n:
		return fmt.Errorf("%d bytes were held, and Pressure was told of %d at most", n, most)
	case said <= 0 || said > limit:
		return fmt.Errorf("Pressure was told of a limit of %d bytes, want %d at most", said, limit)
	}
	return nil
}

// checkLeak closes a backend whose memory is still held.
func checkLeak(open Opener) error {
	b, err := open(backend.Options{})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	buf, err := b.Memory().Alloc(5<<20, 0)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	fill(buf.Bytes(), 7)
	leak := b.Close()
	whole := full(buf.Bytes(), 7) // a backend that unmapped it ends the test here
	buf.Release()
	switch {
	case leak == nil:
		return errors.New("a buffer is held, and Close says nothing")
	case !whole:
		return errors.New("a buffer that is held changed in Close")
	}
	return nil
}

// checkClose uses a backend that is closed.
func checkClose(open Opener) error {
	b, err := open(backend.Options{})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if err := b.Close(); err != nil {
		return fmt.Errorf("with nothing held: %w", err)
	}
	if err := b.Close(); err != nil {
		return fmt.Errorf("the second time: %w", err)
	}
	for _, n := range []int{64, 5 << 20} {
		if buf, err := b.Memory().Alloc(n, 0); err == nil {
			buf.Release()
			return fmt.Errorf("%d bytes of a closed backend are no error", n)
		}
	}
	return nil
}
