package calibrate

import "sync"

// A Collector makes [Statistics] of rows. The zero value is ready for use, by any number
// of goroutines.
type Collector struct {
	mu     sync.Mutex
	inputs map[Key]*Input
}

// Add takes in rows of activations (T, width) that were the input k, and keeps none of
// them. It panics if rows are not whole, or of another width than before.
func (c *Collector) Add(k Key, rows []float32, width int) {
	if width < 1 || width > maxWidth || len(rows)%width != 0 {
		panic("calibrate: Collector.Add shape")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.inputs[k]
	if in == nil {
		if c.inputs == nil {
			c.inputs = map[Key]*Input{}
		}
		in = newInput(width)
		c.inputs[k] = in
	}
	if in.Width() != width {
		panic("calibrate: Collector.Add width")
	}
	for ; len(rows) > 0; rows = rows[width:] {
		in.add(rows[:width])
	}
}

// Statistics returns what was collected, of the model with that fingerprint. The Collector
// is empty afterwards.
func (c *Collector) Statistics(model string) *Statistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &Statistics{Model: model, Inputs: c.inputs}
	if s.Inputs == nil {
		s.Inputs = map[Key]*Input{}
	}
	c.inputs = nil
	return s
}
