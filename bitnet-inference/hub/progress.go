package hub

import (
	"sync"
	"time"
)

// A Phase is what a pull does.
type Phase string

const (
	Fetching Phase = "fetching"
	Waiting  Phase = "waiting for another process that fetches the same file"
	Storing  Phase = "storing"
	Done     Phase = "done"
)

// Progress is the state of a pull.
type Progress struct {
	File    string // the one begun last
	Phase   Phase
	Done    int64         // bytes of all files that are here
	Total   int64         // bytes of all files
	Fetched int64         // bytes that came in this pull
	Speed   float64       // bytes a second, over the last few
	ETA     time.Duration // until all is here; 0 if there is no telling
}

// A meter counts bytes and reports them ten times a second at most.
type meter struct {
	report func(Progress)

	mu    sync.Mutex
	state Progress
	files map[string]int64 // bytes here of each file, by path
	last  time.Time        // of the last report
	mark  time.Time        // since when speed is measured
	since int64            // bytes fetched at mark
}

const (
	reportEvery = 100 * time.Millisecond
	speedOver   = time.Second
)

func newMeter(p *Plan, report func(Progress)) *meter {
	if report == nil {
		report = func(Progress) {}
	}
	m := &meter{report: report, files: map[string]int64{}, mark: time.Now()}
	m.state.Total = p.Size
	for _, f := range p.Files {
		m.files[f.Path] = f.Have
		m.state.Done += f.Have
	}
	return m
}

// set says how much of a file is here when its download begins, or begins again.
func (m *meter) set(f File, have int64) {
	m.change(func() {
		m.state.Done += have - m.files[f.Path]
		m.files[f.Path] = have
		m.state.File = f.Path
	})
}

// skip says that a file is complete without this pull having fetched it.
func (m *meter) skip(f File) { m.set(f, f.Size) }

// phase says what is done now, with a file if it is one.
func (m *meter) phase(f File, p Phase) {
	m.change(func() {
		m.state.Phase = p
		if f.Path != "" {
			m.state.File = f.Path
		}
	})
}

// add counts bytes that came.
func (m *meter) add(f File, n int64) {
	m.change(func() {
		m.state.Done += n
		m.state.Fetched += n
		m.files[f.Path] += n
	})
}

// now reports what there was no report of since the last one.
func (m *meter) now() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.report(m.state)
}

// change reports too, in turn with other goroutines: a caller's function is never called twice at once.
func (m *meter) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.state.Phase
	f()
	now := time.Now()
	if m.state.Phase == before && now.Sub(m.last) < reportEvery {
		return
	}
	m.last = now
	if over := now.Sub(m.mark); over >= speedOver || m.state.Speed == 0 && over >= reportEvery {
		speed := float64(m.state.Fetched-m.since) / over.Seconds()
		if m.state.Speed > 0 {
			speed = 0.7*m.state.Speed + 0.3*speed
		}
		m.state.Speed, m.mark, m.since = speed, now, m.state.Fetched
	}
	m.state.ETA = 0
	if left := float64(m.state.Total - m.state.Done); m.state.Speed >= 1 && left > 0 {
		m.state.ETA = time.Duration(min(left/m.state.Speed, 1e9) * float64(time.Second))
	}
	m.report(m.state)
}
