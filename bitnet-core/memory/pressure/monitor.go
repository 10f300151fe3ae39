package pressure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
)

// Options say what a [Monitor] looks at, and how.
type Options struct {
	Interval time.Duration // between two looks; 0 means 250 ms

	// Root is the root directory of the Linux whose files are read. nil means this
	// machine: its files on Linux, its calls elsewhere.
	Root fs.FS

	// Group are the levels of a control group's use of its limit. Zero means
	// DefaultThresholds.
	Group Thresholds

	// System are the levels of the machine's memory in use. Zero means levels that
	// begin at 80, 88, 94 and 98 percent: others use that memory too, and a machine
	// that is three quarters full is in no trouble.
	System Thresholds

	// Some and Full are the levels of the share of time in which some and all tasks
	// waited for memory. Zero means levels that begin at 5, 10, 25 and 50 percent for
	// some and at 2, 5, 10 and 25 for all of them.
	Some, Full Thresholds
}

// DefaultInterval is the time between two looks at the files.
const DefaultInterval = 250 * time.Millisecond

func (o Options) withDefaults() Options {
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	o.Group = o.Group.withDefault(DefaultThresholds())
	o.System = o.System.withDefault(Thresholds{Low: .80, Medium: .88, High: .94, Critical: .98, Hysteresis: .02})
	o.Some = o.Some.withDefault(Thresholds{Low: .05, Medium: .10, High: .25, Critical: .50, Hysteresis: .02})
	o.Full = o.Full.withDefault(Thresholds{Low: .02, Medium: .05, High: .10, Critical: .25, Hysteresis: .01})
	return o
}

func (o Options) validate() error {
	var faults []error
	if o.Interval < 0 {
		faults = append(faults, fmt.Errorf("pressure: Options.Interval is %v, want more than 0", o.Interval))
	}
	for _, t := range []struct {
		name       string
		thresholds Thresholds
	}{{"Group", o.Group}, {"System", o.System}, {"Some", o.Some}, {"Full", o.Full}} {
		if err := t.thresholds.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("pressure: Options.%s: %w", t.name, err))
		}
	}
	return errors.Join(faults...)
}

// A Monitor looks at the machine and at the control groups of this process a few
// times a second. All methods may be called from several goroutines; all but Close
// also by callbacks.
type Monitor struct {
	tree   *osinfo.Tree // nil if this is no Linux
	memory func() (total, available uint64, err error)
	signal signal
	limit  atomic.Int64

	mu     sync.Mutex
	groups osinfo.Groups
	found  time.Time // when
	scales [sources]struct{ share, full scale }
	levels [sources]struct{ share, full Level }
	state  State

	stop    chan struct{}
	stopped sync.WaitGroup
	close   sync.Once
}

// groupsAge is how long the directories of the control groups are believed: a
// process is seldom moved to another group, and finding them takes longer than all
// the rest.
const groupsAge = 10 * time.Second

// Watch starts a Monitor and has it look once, so that its level and limit are known.
// Close ends it. Sources that this machine does not have are no error: State says
// which those are.
func Watch(o Options) (*Monitor, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	m := &Monitor{memory: osinfo.Memory, stop: make(chan struct{})}
	if o.Root == nil && runtime.GOOS == "linux" {
		o.Root = os.DirFS("/")
	}
	if o.Root != nil {
		m.tree = &osinfo.Tree{Root: o.Root}
		m.memory = m.tree.Memory
	}
	m.scales[group].share, m.scales[system].share = o.Group.scale(), o.System.scale()
	for _, s := range []int{groupStalls, systemStalls} {
		m.scales[s].share, m.scales[s].full = o.Some.scale(), o.Full.scale()
	}
	m.Poll()
	m.stopped.Go(func() { m.run(o.Interval) })
	return m, nil
}

func (m *Monitor) run(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-ticker.C:
			m.Poll()
		}
	}
}

// Close ends the monitor and waits for callbacks that its goroutine is running, so
// that it must not be called by one. A closed Monitor keeps its last state. Close may
// be called again.
func (m *Monitor) Close() error {
	m.close.Do(func() { close(m.stop) })
	m.stopped.Wait()
	return nil
}

// Level returns the worst level of all sources.
func (m *Monitor) Level() Level { return m.signal.level() }

// Limit returns the tightest limit on this process' memory that is known, in bytes:
// the smallest of its control groups and the machine's memory, 0 if neither is known.
// A pool should not commit more, less what the rest of the process needs.
func (m *Monitor) Limit() int64 { return m.limit.Load() }

// Notify has f called at every change of Level, after those that came before it,
// until cancel is called: by the goroutine of the monitor or by one that calls Poll,
// without a lock. A slow f delays the next look. Other goroutines may be calling f
// while cancel returns.
func (m *Monitor) Notify(f func(Change)) (cancel func()) { return m.signal.notify(f) }

// State returns what was seen last.
func (m *Monitor) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.clone()
}

// Poll looks now, calls the callbacks if the level changed, and returns what it saw.
// Whoever has just freed memory need not wait for the next look.
func (m *Monitor) Poll() State {
	m.mu.Lock()
	before, now := m.state, m.look()
	m.state = now
	m.limit.Store(now.Limit)
	word := m.signal.word.Load()
	from := Level(word)
	if from == now.Level {
		m.mu.Unlock()
		return now.clone()
	}
	sequence, _ := m.signal.move(word, now.Level) // under the lock nobody else does
	m.mu.Unlock()
	cause := now.cause(before)
	m.signal.tell(Change{
		From: from, To: now.Level, Used: cause.Used, Limit: cause.Limit,
		Source: cause.Source, Time: now.Time, Sequence: sequence,
	})
	return now.clone()
}

// look reads all sources.
func (m *Monitor) look() State {
	s := State{Time: time.Now(), Readings: make([]Reading, sources)}
	s.Readings[system] = m.system()
	s.Readings[group], s.Limit, s.Free = m.group(s.Time)
	s.Readings[systemStalls] = m.stalls("proc/pressure/memory")
	s.Readings[groupStalls] = Reading{Err: errNoGroups}
	if len(m.groups.Unified) > 0 {
		s.Readings[groupStalls] = m.stalls(m.groups.Unified[0] + "/memory.pressure")
	}
	if r := s.Readings[system]; r.Err == nil {
		s.Limit, s.Free = min(s.Limit, r.Limit), min(s.Free, r.Limit-r.Used)
	}
	if s.Limit == noLimit {
		s.Limit, s.Free = 0, 0
	}
	for i := range s.Readings {
		r, level, scale := &s.Readings[i], &m.levels[i], &m.scales[i]
		r.Source = sourceNames[i]
		if i == groupStalls || i == systemStalls {
			level.share = scale.share.next(level.share, r.Some, 1)
			level.full = scale.full.next(level.full, r.Full, 1)
		} else {
			level.share = scale.share.next(level.share, float64(r.Used), float64(r.Limit))
		}
		r.Level = max(level.share, level.full)
		s.Level = max(s.Level, r.Level)
	}
	return s
}

// clone returns s with readings of its own.
func (s State) clone() State {
	s.Readings = slices.Clone(s.Readings)
	return s
}
