package track

import (
	"fmt"
	"slices"
)

const (
	smallBlock    = 1 << 10 // bytes of the largest small block
	pageBytes     = 4 << 10
	fewPages      = 8   // that show nothing yet
	sustainedPart = 0.1 // of the trace, that fragmentation has to last
)

// A pageUse is what a trace says of a page's small blocks.
type pageUse struct {
	live, holes int64 // bytes
	blocks      int   // live
}

// A blockMap follows small blocks through a trace. Only holes that the trace shows to
// come about count: memory that it says nothing of may be in use since before.
type blockMap struct {
	pages  map[uintptr]*pageUse
	blocks map[uintptr]Event // the last one at an address; Free if released
	// Sums of the pages that are held by a block.
	held        int
	live, holes int64
}

// change applies f to a page and keeps the sums.
func (m *blockMap) change(page uintptr, f func(*pageUse)) {
	p := m.pages[page]
	if p == nil {
		p = &pageUse{}
		m.pages[page] = p
	}
	m.count(p, -1)
	f(p)
	m.count(p, 1)
}

func (m *blockMap) count(p *pageUse, sign int64) {
	if p.blocks > 0 {
		m.held += int(sign)
		m.live += sign * p.live
		m.holes += sign * min(p.holes, max(pageBytes-p.live, 0))
	}
}

func (m *blockMap) alloc(e Event) {
	old, seen := m.blocks[e.Addr]
	m.change(e.Addr/pageBytes, func(p *pageUse) {
		if seen && old.Free {
			p.holes -= old.Bytes
		}
		p.live += e.Bytes
		p.blocks++
	})
	m.blocks[e.Addr] = e
}

func (m *blockMap) free(e Event) {
	if old, seen := m.blocks[e.Addr]; !seen || old.Free || old.ID != e.ID {
		return // from before the trace
	}
	m.change(e.Addr/pageBytes, func(p *pageUse) {
		p.live -= e.Bytes
		p.blocks--
		p.holes += e.Bytes
	})
	m.blocks[e.Addr] = e
}

// smallBlocks looks for pages that a few small blocks keep from being used for
// anything else.
func smallBlocks(events []Event) Pattern {
	m := blockMap{pages: map[uintptr]*pageUse{}, blocks: map[uintptr]Event{}}
	type sample struct {
		waste       float64
		pages       int
		live, holes int64
	}
	samples := make([]sample, 0, len(events))
	for _, e := range events {
		if e.Bytes > 0 && e.Bytes <= smallBlock && e.Addr != 0 {
			if e.Free {
				m.free(e)
			} else {
				m.alloc(e)
			}
		}
		s := sample{pages: m.held, live: m.live, holes: m.holes}
		if m.held >= fewPages {
			s.waste = float64(m.holes) / float64(m.holes+m.live)
		}
		samples = append(samples, s)
	}
	if len(samples) == 0 {
		return Pattern{}
	}
	slices.SortFunc(samples, func(a, b sample) int {
		switch {
		case a.waste > b.waste:
			return -1
		case a.waste < b.waste:
			return 1
		}
		return 0
	})
	s := samples[int(float64(len(samples))*sustainedPart)]
	return Pattern{
		Kind:       SmallBlockFragmentation,
		Confidence: ramp(s.waste, 0.4, 0.8) * enough(s.pages),
		Evidence: fmt.Sprintf("small blocks of %s in all keep %d pages, in which %s were released",
			byteText(s.live), s.pages, byteText(s.holes)),
		Suggestion: fmt.Sprintf("give blocks of up to %s that live long an allocator of their own", byteText(smallBlock)),
	}
}
