package track

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A PatternKind names what [Patterns] looks for.
type PatternKind string

// The kinds of patterns.
const (
	RepeatedSize            PatternKind = "repeated size"
	SmallBlockFragmentation PatternKind = "small-block fragmentation"
	TemporalPeriod          PatternKind = "temporal period"
	DeviceAffinity          PatternKind = "device affinity"
	Thrash                  PatternKind = "alloc/free thrash"
)

// A Pattern is a habit in a program's use of memory that it could make use of.
type Pattern struct {
	Kind       PatternKind   `json:"kind"`
	Confidence float64       `json:"confidence"` // 0 to 1
	Evidence   string        `json:"evidence"`
	Suggestion string        `json:"suggestion"`
	Bytes      int64         `json:"bytes,omitempty"`  // RepeatedSize, Thrash: of one allocation
	Period     time.Duration `json:"period,omitempty"` // TemporalPeriod
}

const (
	// leastConfidence is that of patterns which are worth telling.
	leastConfidence = 0.2
	// fewEvents are too few to be sure of anything.
	fewEvents = 32
)

// Patterns returns the patterns that events show, the surest first. Their confidence
// tells how much of the trace follows the pattern, beyond what chance makes likely, and
// less if the trace is short. Events that are not in order of time are put in order.
func Patterns(events []Event) []Pattern {
	if !slices.IsSortedFunc(events, compareTimes) {
		events = slices.Clone(events)
		slices.SortStableFunc(events, compareTimes)
	}
	var allocs []Event
	for _, e := range events {
		if !e.Free {
			allocs = append(allocs, e)
		}
	}
	var found []Pattern
	for _, p := range []Pattern{
		repeatedSize(allocs), smallBlocks(events), temporalPeriod(allocs), deviceAffinity(allocs), thrash(events),
	} {
		if p.Confidence >= leastConfidence {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b Pattern) int { return -cmp.Compare(a.Confidence, b.Confidence) })
	return found
}

func compareTimes(a, b Event) int { return cmp.Compare(a.Time, b.Time) }

// ramp is 0 up to low, 1 from high on, and linear between.
func ramp(x, low, high float64) float64 { return min(max((x-low)/(high-low), 0), 1) }

// enough lowers the confidence in what n events show.
func enough(n int) float64 { return min(float64(n)/fewEvents, 1) }

// repeatedSize looks for a size that many allocations ask for.
func repeatedSize(allocs []Event) Pattern {
	counts := map[int64]int{}
	sites := map[int64]map[string]int{}
	var size int64
	for _, e := range allocs {
		if e.Bytes == 0 {
			continue
		}
		counts[e.Bytes]++
		if sites[e.Bytes] == nil {
			sites[e.Bytes] = map[string]int{}
		}
		sites[e.Bytes][e.Site]++
		if counts[e.Bytes] > counts[size] {
			size = e.Bytes
		}
	}
	n := counts[size]
	if n == 0 {
		return Pattern{}
	}
	p := Pattern{
		Kind: RepeatedSize, Bytes: size,
		Confidence: ramp(float64(n)/float64(len(allocs)), 0.2, 0.6) * enough(n),
		Evidence:   fmt.Sprintf("%d of %d allocations ask for %s", n, len(allocs), byteText(size)),
		Suggestion: fmt.Sprintf("keep buffers of %s in a free list of their own, or one that is used again", byteText(size)),
	}
	if site, most := most(sites[size]); site != "" {
		p.Evidence += fmt.Sprintf(", %d of them in %s", most, site)
	}
	return p
}

// most returns the key that counts most, the first of those by name.
func most(counts map[string]int) (key string, count int) {
	for k, n := range counts {
		if n > count || n == count && k < key {
			key, count = k, n
		}
	}
	return key, count
}

// thrashEvents is how close, in events, the allocation, the release and the next
// allocation of a buffer that thrashes follow each other.
const thrashEvents = 8

// thrash looks for buffers that are released just to be allocated again.
func thrash(events []Event) Pattern {
	type key struct {
		bytes       int64
		device, tag string
	}
	begun := map[uint64]int{} // by ID: index of the allocation
	ended := map[key]int{}    // index of the last release of a short-lived buffer
	counts := map[key]int{}
	allocs, again := 0, 0
	for i, e := range events {
		k := key{e.Bytes, e.Device, e.Tag}
		if e.Free {
			if at, ok := begun[e.ID]; ok && i-at <= thrashEvents {
				ended[k] = i
			}
			delete(begun, e.ID)
			continue
		}
		allocs++
		begun[e.ID] = i
		if at, ok := ended[k]; ok && i-at <= thrashEvents {
			again++
			counts[k]++
		}
		delete(ended, k)
	}
	if again == 0 {
		return Pattern{}
	}
	var worst key
	for k, n := range counts {
		if n > counts[worst] || n == counts[worst] && (k.bytes > worst.bytes || k.bytes == worst.bytes && k.tag < worst.tag) {
			worst = k
		}
	}
	return Pattern{
		Kind: Thrash, Bytes: worst.bytes,
		Confidence: ramp(float64(again)/float64(allocs), 0.2, 0.6) * enough(again),
		Evidence: fmt.Sprintf("%d of %d allocations ask for what was released just before, most often %s for %s on %s",
			again, allocs, byteText(worst.bytes), tagText(worst.tag), worst.device),
		Suggestion: fmt.Sprintf("allocate %s for %s once, outside of the loop, and use it again",
			byteText(worst.bytes), tagText(worst.tag)),
	}
}
