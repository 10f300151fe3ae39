package cli

import (
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/track"
)

// newMemory returns a pool for a model, within what control groups allow this process:
// beyond it an allocation is an error that says so, where the system would end the
// process.
func newMemory() (*pool.Pool, error) {
	limit := int64(device.Detect().MemoryLimit)
	return pool.New(pool.Options{SystemLimit: func() int64 { return limit }})
}

// A trackedMemory is a pool whose allocations are accounted for: --mem-report.
type trackedMemory struct {
	pool    *pool.Pool
	tracker *track.Tracker
}

func newTrackedMemory() (*trackedMemory, error) {
	p, err := newMemory()
	if err != nil {
		return nil, err
	}
	return &trackedMemory{pool: p, tracker: track.New(p, track.Options{Level: track.Detailed})}, nil
}

// write prints the account for people. It does nothing for a nil m.
func (m *trackedMemory) write(w io.Writer) error {
	if m == nil {
		return nil
	}
	if _, err := fmt.Fprintln(w, "\nmemory of weights, keys and values, and activations (mapped files are not in it)"); err != nil {
		return err
	}
	return m.tracker.Report().WriteText(w)
}

// report returns the account for JSON, nil for a nil m.
func (m *trackedMemory) report() *track.Report {
	if m == nil {
		return nil
	}
	r := m.tracker.Report()
	return &r
}

// close ends it when everything should have been released, and returns an error if
// something was not.
func (m *trackedMemory) close() error {
	if m == nil {
		return nil
	}
	if err := m.tracker.Close(); err != nil {
		return fmt.Errorf("memory that was not released (a fault of this program, please report it): %w", err)
	}
	return m.pool.Close()
}
