package sample

// history counts the tokens that penalties look back on.
type history struct {
	window int     // tokens remembered; -1 for all
	counts []int32 // (V) occurrences in the window
	// recent holds, for a bounded window, its tokens as a ring, and for an
	// unbounded one each different token once.
	recent []int32
	next   int // where the ring is written once it is full
}

func (h *history) accept(id int32) {
	switch {
	case h.window < 0:
		if h.counts[id] == 0 {
			h.recent = append(h.recent, id)
		}
	case len(h.recent) < h.window:
		h.recent = append(h.recent, id)
	default:
		h.counts[h.recent[h.next]]--
		h.recent[h.next] = id
		h.next = (h.next + 1) % h.window
	}
	h.counts[id]++
}

// distinct appends the tokens in the window to dst, each once.
func (h *history) distinct(dst []int32) []int32 {
	// A token in the ring twice must be there once: its count is negative from
	// then on, until the second loop.
	for _, id := range h.recent {
		if h.counts[id] > 0 {
			h.counts[id] = -h.counts[id]
			dst = append(dst, id)
		}
	}
	for _, id := range dst {
		h.counts[id] = -h.counts[id]
	}
	return dst
}

// penalised returns what the penalties make of the logit l of a token in the window.
func (h *history) penalised(id int32, l float32, o Options) float32 {
	if l > 0 {
		l = float32(l / o.RepeatPenalty)
	} else {
		l = float32(l * o.RepeatPenalty) // rounded: not fused with the subtraction
	}
	return l - (float32(float32(h.counts[id])*o.FrequencyPenalty) + o.PresencePenalty)
}
