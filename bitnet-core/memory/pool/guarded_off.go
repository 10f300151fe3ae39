//go:build !memtrace || !linux

package pool

import "github.com/bitnet-go/bitnet/bitnet-core/memory"

// guarding reports whether every buffer has pages of its own: in builds with the tag
// memtrace, on Linux.
const guarding = false

func (*Pool) guarded(int, int, bool) (memory.Buffer, error) { panic("pool: no guarded buffers") }

// A quarantine is for guarded buffers.
type quarantine struct{}

func (quarantine) unmap() {}
