package track

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// An Account is what was counted for a tag, a device, or everything. Peaks are of
// bytes and of counts by themselves: they need not fall together, and those of tags
// need not sum up to those of their device.
type Account struct {
	LiveBytes      int64 `json:"live_bytes"`
	PeakBytes      int64 `json:"peak_bytes"`
	LiveCount      int64 `json:"live_count"`
	PeakCount      int64 `json:"peak_count"`
	Allocs         int64 `json:"allocs"`          // ever
	AllocatedBytes int64 `json:"allocated_bytes"` // ever
	Failed         int64 `json:"failed"`          // requests that the inner allocator refused
}

// A TagReport is the account of one tag on one device.
type TagReport struct {
	Device string `json:"device"`
	Tag    string `json:"tag"`
	Account
}

// A DeviceReport is the account of one device.
type DeviceReport struct {
	Device string `json:"device"`
	Account
	// Usage is that of the inner allocator if it is a [memory.Meter], with its
	// internal and external fragmentation.
	Usage    *memory.Usage `json:"usage,omitempty"`
	Internal float64       `json:"internal_fragmentation"`
	External float64       `json:"external_fragmentation"`
}

// A StackReport is what one stack allocated for one tag.
type StackReport struct {
	Device         string  `json:"device"`
	Tag            string  `json:"tag"`
	LiveBytes      int64   `json:"live_bytes"`
	LiveCount      int64   `json:"live_count"`
	Allocs         int64   `json:"allocs"`          // ever
	AllocatedBytes int64   `json:"allocated_bytes"` // ever
	Stack          []Frame `json:"stack"`
}

// A Report is what a [Tracker] knows at a moment. What its level does not keep is
// empty.
type Report struct {
	Level   Level          `json:"level"`
	Elapsed time.Duration  `json:"elapsed"` // since the tracker was made
	Total   Account        `json:"total"`
	Devices []DeviceReport `json:"devices"`
	Tags    []TagReport    `json:"tags"` // most live bytes first, then most peak bytes

	// Standard: sizes of all allocations, lifetimes of released buffers, ages of live
	// ones.
	Sizes     []Bucket `json:"sizes"`
	Lifetimes []Bucket `json:"lifetimes"`
	Ages      []Bucket `json:"ages"`

	// Detailed: all stacks, most live bytes first, then most bytes ever, and what the
	// timeline shows.
	Stacks   []StackReport `json:"stacks"`
	Patterns []Pattern     `json:"patterns"`
}

// Report returns what t knows now. Allocations and releases wait for it, about as
// long as it takes to look at every live buffer and at the timeline.
func (t *Tracker) Report() Report {
	r, events := t.snapshot()
	r.Patterns = Patterns(events)
	return r
}

func (t *Tracker) snapshot() (Report, []Event) {
	usages := t.usages()
	t.lockAll()
	defer t.unlockAll()
	now := t.now()
	r := Report{Level: t.options.Level, Elapsed: time.Duration(now), Total: t.sum(totalAccount)}
	for _, d := range t.devices {
		report := DeviceReport{Device: d.name, Account: t.sum(d.account)}
		if usage, ok := usages[d.name]; ok {
			report.Usage, report.Internal, report.External = &usage, usage.Internal(), usage.External()
		}
		r.Devices = append(r.Devices, report)
	}
	for key, row := range t.rows {
		if sum := t.sum(row); sum.Allocs > 0 || sum.Failed > 0 {
			r.Tags = append(r.Tags, TagReport{Device: t.devices[key.device].name, Tag: key.tag, Account: sum})
		}
	}
	slices.SortFunc(r.Tags, func(a, b TagReport) int {
		return cmp.Or(-cmp.Compare(a.LiveBytes, b.LiveBytes), -cmp.Compare(a.PeakBytes, b.PeakBytes),
			cmp.Compare(a.Device, b.Device), cmp.Compare(a.Tag, b.Tag))
	})
	if t.options.Level >= Standard {
		var sizes, lives, ages histogram
		for _, s := range t.shards {
			sizes.merge(&s.sizes)
			lives.merge(&s.lives)
			s.eachLive(func(r *record) { ages.add(uint64(max(now-r.birth, 0))) })
		}
		r.Sizes, r.Lifetimes, r.Ages = sizes.buckets(), lives.buckets(), ages.buckets()
	}
	r.Stacks = t.stacks()
	return r, t.events()
}

// usages returns those of the inner allocators by device. It calls them without a lock:
// they may hold their own while they call for memory to be released.
func (t *Tracker) usages() map[string]memory.Usage {
	t.mu.Lock()
	devices := slices.Clone(t.devices)
	t.mu.Unlock()
	usages := map[string]memory.Usage{}
	for _, d := range devices {
		if m, ok := d.inner.(memory.Meter); ok {
			usages[d.name] = m.Usage()
		}
	}
	return usages
}

// stacks merges what the shards know of each stack. It wants all locks.
func (t *Tracker) stacks() []StackReport {
	type key struct {
		row   uint32
		stack [stackFrames]uintptr
	}
	merged := map[key]*StackReport{}
	for _, s := range t.shards {
		for i := range s.sites.sites {
			site := &s.sites.sites[i]
			k := key{site.row, site.stack}
			r := merged[k]
			if r == nil {
				r = &StackReport{
					Device: t.accounts[site.row].device, Tag: t.accounts[site.row].tag,
					Stack: frames(site.stack[:]),
				}
				merged[k] = r
			}
			r.LiveBytes += site.bytes
			r.LiveCount += site.count
			r.Allocs += site.allocs
			r.AllocatedBytes += site.allocated
		}
	}
	var stacks []StackReport
	for r := range maps.Values(merged) {
		stacks = append(stacks, *r)
	}
	slices.SortFunc(stacks, func(a, b StackReport) int {
		return cmp.Or(-cmp.Compare(a.LiveBytes, b.LiveBytes), -cmp.Compare(a.AllocatedBytes, b.AllocatedBytes),
			cmp.Compare(a.Device, b.Device), cmp.Compare(a.Tag, b.Tag),
			slices.CompareFunc(a.Stack, b.Stack, compareFrames))
	})
	return stacks
}

func compareFrames(a, b Frame) int {
	return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Line, b.Line))
}
