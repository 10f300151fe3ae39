package cli

import (
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/track"
)

// newMemory returns the device that models run on: its memory keeps within what control
// groups allow this process.
func newMemory() (backend.Backend, error) { return backend.Open(cpu.Name, backend.Options{}) }

// A trackedMemory is a device's memory whose allocations are accounted for: --mem-report.
type trackedMemory struct {
	device  backend.Backend
	tracker *track.Tracker
}

func newTrackedMemory() (*trackedMemory, error) {
	d, err := newMemory()
	if err != nil {
		return nil, err
	}
	return &trackedMemory{device: d, tracker: track.New(d.Memory(), track.Options{Level: track.Detailed})}, nil
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
	return m.device.Close()
}
