package calibrate

import (
	"sync"
)

// A Collector makes [Statistics] of rows. The zero value is ready for use, by any number
// of goroutines: rows of different inputs are summed up at the same time.
type Collector struct {
	mu     sync.Mutex
	inputs map[Key]*collected
}

type collected struct {
	mu sync.Mutex
	*Input
}

// Add takes in rows of activations (T, width) that were the input k, and keeps none of
// them. It panics if rows are not whole, or of another width than before.
func (c *Collector) Add(k Key, rows []float32, width int) {
	if width < 1 || width > maxWidth || len(rows)%width != 0 {
		panic("calibrate: Collector.Add shape")
	}
	c.mu.Lock()
	in := c.inputs[k]
	if in == nil {
		if c.inputs == nil {
			c.inputs = map[Key]*collected{}
		}
		in = &collected{Input: newInput(width)}
		c.inputs[k] = in
	}
	c.mu.Unlock()
	if in.Width() != width {
		panic("calibrate: Collector.Add width")
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for ; len(rows) > 0; rows = rows[width:] {
		in.add(rows[:width])
	}
}

// Statistics returns what was collected, of the model with that fingerprint. The Collector
// is empty afterwards.
func (c *Collector) Statistics(model string) *Statistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &Statistics{Model: model, Inputs: map[Key]*Input{}}
	for k, in := range c.inputs {
		in.mu.Lock() // whoever adds at this time has begun before
		s.Inputs[k] = in.Input
		in.mu.Unlock()
	}
	c.inputs = nil
	return s
}
