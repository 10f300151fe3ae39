//go:build memtrace && linux

package pool

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// guarding reports whether every buffer has pages of its own: in builds with the tag
// memtrace, on Linux.
const guarding = true

// quarantined is how much released memory stays unreachable before its addresses may
// serve again.
const quarantined = 1 << 30

// quarantinedMappings is how many such areas there may be: Linux allows a process
// 65,530, and a buffer in use takes three.
const quarantinedMappings = 8 << 10

// A quarantine holds released mappings, oldest first.
type quarantine struct {
	mappings [][]byte
	bytes    int
}

// guarded maps n bytes that end at a page nobody may touch, as far as align lets
// them. When they are released, nobody may touch them either.
func (p *Pool) guarded(n, align int, zero bool) (memory.Buffer, error) {
	page := os.Getpagesize()
	have := (n + align + page - 1) / page * page
	p.mu.Lock()
	err := p.commitLocked(int64(have))
	if err == nil {
		p.large++
		p.largeMade++
		p.largeAsk += int64(n)
		p.largeHave += int64(have)
		p.reserved += int64(have + 2*page)
	}
	p.mu.Unlock()
	p.tell()
	if err != nil {
		return memory.Buffer{}, err
	}
	mapping, err := unix.Mmap(-1, 0, have+2*page, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err == nil {
		err = unix.Mprotect(mapping[page:page+have], unix.PROT_READ|unix.PROT_WRITE)
	}
	if err != nil {
		return memory.Buffer{}, fmt.Errorf("pool: map %d bytes: %w", have, err)
	}
	end := uintptr(unsafePointer(mapping)) + uintptr(page+have)
	at := int((end-uintptr(n))&^uintptr(align-1) - uintptr(unsafePointer(mapping)))
	data := mapping[at:][:n]
	if !zero {
		for i := range data {
			data[i] = 0xa5
		}
	}
	return memory.NewBuffer(data, func() { p.freeGuarded(mapping, n, have) }), nil
}

func (p *Pool) freeGuarded(mapping []byte, n, have int) {
	if err := unix.Mprotect(mapping, unix.PROT_NONE); err != nil {
		panic("pool: mprotect: " + err.Error())
	}
	_ = unix.Madvise(mapping, unix.MADV_DONTNEED)
	p.untold.Store(true)
	defer p.tell()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.large--
	p.largeAsk -= int64(n)
	p.largeHave -= int64(have)
	p.committed -= int64(have)
	p.reserved -= int64(len(mapping))
	q := &p.quarantine
	q.mappings = append(q.mappings, mapping)
	q.bytes += len(mapping)
	for q.bytes > quarantined || len(q.mappings) > quarantinedMappings || p.closed.Load() && len(q.mappings) > 0 {
		q.bytes -= len(q.mappings[0])
		unmap(q.mappings[0])
		q.mappings = q.mappings[1:]
	}
}

// unmap ends the quarantine.
func (q *quarantine) unmap() {
	for _, m := range q.mappings {
		unmap(m)
	}
	*q = quarantine{}
}
