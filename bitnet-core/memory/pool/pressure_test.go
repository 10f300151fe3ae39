package pool

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pressure"
)

// TestGauge: the levels of a pool's own limit are told before the allocation returns,
// and a callback may return memory.
func TestGauge(t *testing.T) {
	gauge, err := pressure.NewGauge(pressure.Thresholds{})
	require.NoError(t, err)
	p := open(t, Options{Limit: 64 << 20, Pressure: func(c, l int64) { gauge.Observe(c, l) }})
	var seen []pressure.Level
	defer gauge.Notify(func(c pressure.Change) {
		seen = append(seen, c.To)
		p.Trim(0, nil, false)
	})()
	var all []memory.Buffer
	for gauge.Level() < pressure.Critical {
		b, err := p.Alloc(2<<20, 0)
		require.NoError(t, err)
		all = append(all, b)
	}
	require.Equal(t, []pressure.Level{pressure.Low, pressure.Medium, pressure.High, pressure.Critical}, seen)
	for _, b := range all {
		b.Release()
	}
	p.Trim(0, nil, false)
	require.Equal(t, pressure.None, gauge.Level())
}

// TestControlGroup: a control group's limit below the pool's own is kept to.
func TestControlGroup(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	root := fstest.MapFS{
		"proc/self/cgroup":                     file("0::/job\n"),
		"proc/self/mountinfo":                  file("35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"),
		"proc/meminfo":                         file("MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\n"),
		"sys/fs/cgroup/job/memory.max":         file("33554432\n"),
		"sys/fs/cgroup/job/memory.high":        file("max\n"),
		"sys/fs/cgroup/job/memory.current":     file("1048576\n"),
		"sys/fs/cgroup/job/memory.stat":        file("inactive_file 0\n"),
		"sys/fs/cgroup/job/cgroup.controllers": file("memory\n"),
	}
	m, err := pressure.Watch(pressure.Options{Root: root, Interval: time.Hour})
	require.NoError(t, err)
	defer m.Close()
	p := open(t, Options{Limit: 1 << 30, SystemLimit: m.Limit})
	a, err := p.Alloc(30<<20, 0)
	require.NoError(t, err)
	_, err = p.Alloc(8<<20, 0)
	var le *LimitError
	require.ErrorAs(t, err, &le)
	require.True(t, le.System)
	require.EqualValues(t, 32<<20, le.Limit)
	a.Release()
	b, err := p.Alloc(8<<20, 0)
	require.NoError(t, err)
	b.Release()
}
