package track

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A chromeEvent is an event of the Trace Event Format that chrome://tracing and
// Perfetto read: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
type chromeEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Time     float64        `json:"ts"` // microseconds
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	ID       string         `json:"id,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// WriteChromeTrace writes the timeline for chrome://tracing or Perfetto: live bytes in
// total and of each tag as counters, buffers as spans from their allocation to their
// release. It wants level Detailed.
func (t *Tracker) WriteChromeTrace(w io.Writer) error {
	if t.options.Level < Detailed {
		return fmt.Errorf("track: a trace wants level %s, not %s", Detailed, t.options.Level)
	}
	t.lockAll()
	now := t.now()
	events, leaks := t.events(), t.leaks(now)
	live := map[chromeTag]int64{}
	for _, row := range t.rows {
		live[chromeTag{t.accounts[row].device, t.accounts[row].tag}] = t.sum(row).LiveBytes
	}
	total := t.sum(totalAccount).LiveBytes
	t.unlockAll()

	out := &chromeWriter{w: bufio.NewWriter(w)}
	out.begin()
	out.put(chromeEvent{Name: "process_name", Phase: "M", Args: map[string]any{"name": "memory"}})
	// What was live before the first event is what the events do not account for.
	for _, e := range events {
		total -= e.change()
		live[chromeTag{e.Device, e.Tag}] -= e.change()
	}
	for _, e := range events {
		total += e.change()
		tag := chromeTag{e.Device, e.Tag}
		live[tag] += e.change()
		out.counter("live bytes", e.Time, total)
		out.counter("live bytes: "+tag.name(), e.Time, live[tag])
		if e.Free {
			args := map[string]any{"bytes": e.Bytes, "site": e.Site}
			out.span("b", tag, e.ID, e.Time-e.Age, args)
			out.span("e", tag, e.ID, e.Time, nil)
		}
	}
	for _, l := range leaks {
		args := map[string]any{"bytes": l.Bytes, "site": caller(l.Stack), "live": true}
		out.span("b", chromeTag{l.Device, l.Tag}, l.ID, time.Duration(now)-l.Age, args)
	}
	return out.end()
}

// change returns what the event does to live bytes.
func (e Event) change() int64 {
	if e.Free {
		return -e.Bytes
	}
	return e.Bytes
}

type chromeTag struct{ device, tag string }

func (t chromeTag) name() string { return t.device + "/" + tagText(t.tag) }

// A chromeWriter writes events; its first error is that of end.
type chromeWriter struct {
	w    *bufio.Writer
	some bool
	err  error
}

func (c *chromeWriter) begin() { c.write([]byte(`{"displayTimeUnit":"ns","traceEvents":[`)) }

func (c *chromeWriter) end() error {
	c.write([]byte("\n]}\n"))
	if c.err != nil {
		return c.err
	}
	return c.w.Flush()
}

func (c *chromeWriter) put(e chromeEvent) {
	e.Process, e.Thread = 1, 1
	text, err := json.Marshal(e)
	if err != nil {
		c.err = err
		return
	}
	if c.some {
		c.write([]byte(","))
	}
	c.some = true
	c.write([]byte("\n"))
	c.write(text)
}

func (c *chromeWriter) write(text []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(text)
	}
}

func (c *chromeWriter) counter(name string, at time.Duration, bytes int64) {
	c.put(chromeEvent{Name: name, Phase: "C", Time: microseconds(at), Args: map[string]any{"bytes": bytes}})
}

func (c *chromeWriter) span(phase string, tag chromeTag, id uint64, at time.Duration, args map[string]any) {
	c.put(chromeEvent{
		Name: tag.name(), Category: "buffer", Phase: phase, Time: microseconds(at),
		ID: strconv.FormatUint(id, 10), Args: args,
	})
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
