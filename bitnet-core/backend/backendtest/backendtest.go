// Package backendtest tells whether a [backend.Backend] keeps the interface's promises.
// Every backend calls it in its tests:
//
//	func TestBackend(t *testing.T) {
//		err := backendtest.Check(func(o backend.Options) (backend.Backend, error) { return Open(o) })
//		require.NoError(t, err)
//	}
//
// It needs 64 MiB of the device's memory and leaves nothing behind.
package backendtest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
)

// An Opener opens the backend under test.
type Opener func(backend.Options) (backend.Backend, error)

// limit is that of the backends on which limits are tried, and of what others are asked
// for at a time.
const limit = 64 << 20

// Check returns what is wrong with the backends that open opens, all of it, nil if nothing
// is. It opens several, one after the other.
func Check(open Opener) error {
	var faults []error
	for _, c := range []struct {
		name  string
		check func(Opener) error
	}{
		{"name", with(backend.Options{}, checkName)},
		{"allocation", checkBuffers},
		{"zeroed memory", with(backend.Options{}, checkZeroed)},
		{"requests that are mistakes", with(backend.Options{}, checkMistakes)},
		{"usage", with(backend.Options{}, checkUsage)},
		{"limit", with(backend.Options{MemoryLimit: limit}, checkLimit)},
		{"pressure", checkPressure},
		{"leak", checkLeak},
		{"close", checkClose},
	} {
		if err := c.check(open); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(faults...)
}

// with returns a check of a backend that is opened with o and must close without
// complaint.
func with(o backend.Options, check func(backend.Backend) error) func(Opener) error {
	return func(open Opener) error {
		b, err := open(o)
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		err = check(b)
		if closing := b.Close(); err == nil && closing != nil {
			err = fmt.Errorf("close with nothing held: %w", closing)
		}
		return err
	}
}

// checkBuffers leaves out several goroutines where one alone gets buffers that overlap.
func checkBuffers(open Opener) error {
	if err := with(backend.Options{}, checkAllocation)(open); err != nil {
		return err
	}
	if err := with(backend.Options{}, checkParallel)(open); err != nil {
		return fmt.Errorf("on several goroutines: %w", err)
	}
	return nil
}

func checkName(b backend.Backend) error {
	kind, number, numbered := strings.Cut(b.Name(), ":")
	if !consists(kind, "abcdefghijklmnopqrstuvwxyz0123456789") || numbered && !consists(number, "0123456789") {
		return fmt.Errorf("%q, want lower-case letters and digits, perhaps with a colon and a number", b.Name())
	}
	return nil
}

// consists reports whether s is one of the characters or more.
func consists(s, characters string) bool { return s != "" && strings.Trim(s, characters) == "" }
