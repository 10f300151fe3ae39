package track

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A trace makes events as an allocator at known addresses would.
type trace struct {
	rng    *rand.Rand
	events []Event
	now    time.Duration
	id     uint64
	live   []Event
	unused map[int64][]uintptr // by size, last released first
	next   uintptr
}

func newTrace(seed uint64) *trace {
	return &trace{rng: rand.New(rand.NewPCG(seed, 1)), unused: map[int64][]uintptr{}, next: 1 << 20}
}

func (t *trace) alloc(bytes int64, device, tag string) Event {
	var addr uintptr
	if u := t.unused[bytes]; len(u) > 0 {
		addr, t.unused[bytes] = u[len(u)-1], u[:len(u)-1]
	} else {
		addr = t.next
		t.next += uintptr(bytes+63) &^ 63
	}
	t.id++
	e := Event{Time: t.now, ID: t.id, Addr: addr, Bytes: bytes, Device: device, Tag: tag, Site: "main.step"}
	t.events = append(t.events, e)
	t.live = append(t.live, e)
	return e
}

// free ends the live buffer of that index.
func (t *trace) free(i int) {
	e := t.live[i]
	t.live = slices.Delete(t.live, i, i+1)
	t.unused[e.Bytes] = append(t.unused[e.Bytes], e.Addr)
	e.Free, e.Age, e.Time = true, t.now-e.Time, t.now
	t.events = append(t.events, e)
}

// size returns one from 64 B to 1 MiB, all magnitudes alike.
func (t *trace) size() int64 { return int64(64 * math.Exp2(14*t.rng.Float64())) }

// noise is a program without habits: sizes, times, devices and lifetimes by chance.
func noise(t *trace, n int) {
	for range n {
		t.now += time.Duration(t.rng.ExpFloat64() * float64(time.Millisecond))
		device := []string{"cpu", "gpu"}[t.rng.IntN(2)]
		tag := []string{"weights", "cache", "scratch"}[t.rng.IntN(3)]
		t.alloc(t.size(), device, tag)
		if len(t.live) > 200 {
			t.free(t.rng.IntN(len(t.live)))
		}
	}
}

func confidence(events []Event, kind PatternKind) float64 {
	for _, p := range Patterns(events) {
		if p.Kind == kind {
			return p.Confidence
		}
	}
	return 0
}

func TestPatternsOfNoise(t *testing.T) {
	for seed := range uint64(20) {
		for _, n := range []int{10, 100, 3000} {
			tr := newTrace(seed)
			noise(tr, n)
			for _, p := range Patterns(tr.events) {
				require.Less(t, p.Confidence, 0.35, "seed %d, %d allocations: %s, %s", seed, n, p.Kind, p.Evidence)
			}
		}
	}
	require.Empty(t, Patterns(nil))
}

// TestPatterns has for each kind a trace with the pattern, in noise.
func TestPatterns(t *testing.T) {
	traces := map[PatternKind]func(*trace){
		RepeatedSize: func(t *trace) {
			for range 1000 {
				noise(t, 1)
				t.alloc(12345, "cpu", "activations")
				t.alloc(12345, "gpu", "activations")
			}
		},
		SmallBlockFragmentation: func(t *trace) {
			// One of 16 small blocks stays.
			for range 4000 {
				t.alloc(128, "cpu", "nodes")
			}
			for i := len(t.live) - 1; i >= 0; i-- {
				if i%16 != 0 {
					t.free(i)
				}
			}
			noise(t, 500)
		},
		TemporalPeriod: func(t *trace) {
			// 20 ms and up to 5 % more or less, between noise.
			for step := range 200 {
				t.now = time.Duration(step)*20*time.Millisecond + time.Duration(t.rng.IntN(int(time.Millisecond)))
				for range 10 {
					t.alloc(t.size(), "cpu", "step")
				}
				noise(t, 3)
			}
		},
		DeviceAffinity: func(t *trace) {
			for range 1000 {
				device, tag := "cpu", "tokens"
				if t.rng.IntN(4) == 0 {
					device, tag = "gpu", "weights"
				}
				if t.rng.IntN(20) == 0 {
					device = "cpu"
				}
				t.alloc(t.size(), device, tag)
			}
		},
		Thrash: func(t *trace) {
			for range 500 {
				noise(t, 1)
				for range 3 {
					t.alloc(4096, "cpu", "scratch")
					t.free(len(t.live) - 1)
				}
			}
		},
	}
	for kind, make := range traces {
		t.Run(string(kind), func(t *testing.T) {
			for seed := range uint64(10) {
				tr := newTrace(seed)
				make(tr)
				require.Greater(t, confidence(tr.events, kind), 0.8, "seed %d", seed)
				// Half of a trace, without its beginning, has the pattern too, but for
				// holes whose making it does not show.
				half := tr.events[len(tr.events)/2:]
				if kind != SmallBlockFragmentation {
					require.Greater(t, confidence(half, kind), 0.7, "seed %d, second half", seed)
				}
			}
		})
	}
}

// TestPatternsOfOthers: programs that look like a pattern at first glance.
func TestPatternsOfOthers(t *testing.T) {
	cases := []struct {
		name string
		kind PatternKind
		make func(*trace)
	}{
		{"five sizes", RepeatedSize, func(t *trace) {
			for range 1000 {
				t.alloc(int64(1+t.rng.IntN(5))<<10, "cpu", "")
			}
		}},
		{"blocks that fill the holes again", SmallBlockFragmentation, func(t *trace) {
			for range 2000 {
				t.alloc(128, "cpu", "")
			}
			for range 5000 {
				t.free(t.rng.IntN(len(t.live)))
				t.alloc(128, "cpu", "")
			}
		}},
		{"pages that are free as a whole", SmallBlockFragmentation, func(t *trace) {
			for range 4000 {
				t.alloc(128, "cpu", "")
			}
			for len(t.live) > 500 {
				t.free(len(t.live) - 1)
			}
		}},
		{"one burst", TemporalPeriod, func(t *trace) {
			for range 1000 {
				t.now += time.Microsecond
				t.alloc(t.size(), "cpu", "")
			}
			t.now += time.Second
			t.alloc(64, "cpu", "")
		}},
		{"two bursts", TemporalPeriod, func(t *trace) {
			for range 2 {
				for range 500 {
					t.alloc(t.size(), "cpu", "")
				}
				t.now += 100 * time.Millisecond
			}
			t.now += time.Second
			t.alloc(64, "cpu", "")
		}},
		{"bursts at any time", TemporalPeriod, func(t *trace) {
			for range 60 {
				t.now += time.Duration(t.rng.ExpFloat64() * float64(50*time.Millisecond))
				for range 10 {
					t.alloc(t.size(), "cpu", "")
				}
			}
		}},
		{"activity that ebbs away", TemporalPeriod, func(t *trace) {
			for range 5000 {
				t.now += time.Duration(t.rng.ExpFloat64() * float64(time.Millisecond+t.now/1000))
				t.alloc(t.size(), "cpu", "")
			}
		}},
		{"one device", DeviceAffinity, func(t *trace) {
			for range 1000 {
				t.alloc(t.size(), "cpu", []string{"a", "b"}[t.rng.IntN(2)])
			}
		}},
		{"a tag for each buffer", DeviceAffinity, func(t *trace) {
			for i := range 100 {
				t.alloc(t.size(), []string{"cpu", "gpu"}[t.rng.IntN(2)], string(rune('a'+i)))
			}
		}},
		{"other sizes", Thrash, func(t *trace) {
			for range 1000 {
				t.alloc(t.size(), "cpu", "")
				t.free(len(t.live) - 1)
			}
		}},
		{"long lives", Thrash, func(t *trace) {
			for range 1000 {
				t.alloc(4096, "cpu", "")
				if len(t.live) > 20 {
					t.free(0)
				}
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(10) {
				tr := newTrace(seed)
				c.make(tr)
				require.Less(t, confidence(tr.events, c.kind), 0.35, "seed %d", seed)
			}
		})
	}
}

func TestPeriodIsThePeriod(t *testing.T) {
	for _, period := range []time.Duration{3 * time.Millisecond, 20 * time.Millisecond, 700 * time.Millisecond} {
		tr := newTrace(1)
		for step := range 300 {
			tr.now = time.Duration(step) * period
			for range 5 {
				tr.alloc(tr.size(), "cpu", "")
			}
		}
		p := temporalPeriod(tr.events)
		require.InEpsilon(t, float64(period), float64(p.Period), 0.05)
		require.Contains(t, p.Evidence, "every "+durationText(p.Period))
	}
}

// FuzzPatterns: whatever the events, confidences are what they should be.
func FuzzPatterns(f *testing.F) {
	tr := newTrace(1)
	noise(tr, 40)
	var seed []byte
	for _, e := range tr.events {
		seed = binary.BigEndian.AppendUint64(seed, uint64(e.Time))
		seed = append(seed, byte(e.ID), byte(e.Bytes>>6), byte(e.Addr>>12), byte(len(e.Tag))<<2|byte(len(e.Device)))
	}
	f.Add(seed)
	f.Add(bytes.Repeat([]byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 5}, 50))
	f.Fuzz(func(t *testing.T, data []byte) {
		var events []Event
		for ; len(data) >= 12 && len(events) < 4096; data = data[12:] {
			events = append(events, Event{
				Time: time.Duration(binary.BigEndian.Uint64(data)), ID: uint64(data[8]), Bytes: int64(int8(data[9])) << 6,
				Addr: uintptr(data[10]) << 11, Device: string(rune(data[11] & 3)), Tag: string(rune(data[11] >> 2 & 15)), Free: data[11] > 127,
			})
		}
		before := slices.Clone(events)
		for _, p := range Patterns(events) {
			require.True(t, p.Confidence >= leastConfidence && p.Confidence <= 1, "%+v", p)
			require.NotEmpty(t, p.Evidence)
			require.GreaterOrEqual(t, p.Period, time.Duration(0))
		}
		require.Equal(t, before, events)
	})
}
