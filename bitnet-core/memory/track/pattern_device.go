package track

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// deviceAffinity looks for tags whose buffers are on one device where others are on
// others. It measures how much of the uncertainty of the device the tag takes away.
func deviceAffinity(allocs []Event) Pattern {
	devices := map[string]int{}
	tags := map[string]map[string]int{} // tag, device
	for _, e := range allocs {
		devices[e.Device]++
		if tags[e.Tag] == nil {
			tags[e.Tag] = map[string]int{}
		}
		tags[e.Tag][e.Device]++
	}
	fewest := len(allocs)
	for _, n := range devices {
		fewest = min(fewest, n)
	}
	if len(devices) < 2 || len(tags) < 2 {
		return Pattern{}
	}
	all := entropy(devices)
	left := 0.0
	var evidence []string
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		counts := tags[tag]
		n := 0
		for _, c := range counts {
			n += c
		}
		left += entropy(counts) * float64(n) / float64(len(allocs))
		if device, c := most(counts); len(evidence) < 3 && float64(c) >= 0.9*float64(n) {
			evidence = append(evidence, fmt.Sprintf("%s on %s (%d of %d)", tagText(tag), device, c, n))
		}
	}
	// Tags of a few allocations each seem to know the device by chance.
	chance := float64((len(tags)-1)*(len(devices)-1)) / (2 * float64(len(allocs)))
	known := (all - left - chance) / all
	if len(evidence) == 0 {
		evidence = []string{fmt.Sprintf("the tag tells %.0f %% of what decides the device", 100*known)}
	}
	return Pattern{
		Kind:       DeviceAffinity,
		Confidence: ramp(known, 0.2, 0.8) * min(float64(fewest)/(fewEvents/4), 1),
		Evidence:   "buffers of a tag keep to a device: " + strings.Join(evidence, ", "),
		Suggestion: "size each device's pool by the tags that use it, and reserve their peaks there",
	}
}

// entropy returns that of the shares of counts, in nats.
func entropy(counts map[string]int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	h := 0.0
	for _, name := range slices.Sorted(maps.Keys(counts)) { // the order of a sum shows in its last bits
		p := float64(counts[name]) / float64(n)
		h -= p * math.Log(p)
	}
	return h
}
