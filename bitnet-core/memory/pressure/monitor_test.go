package pressure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A files is a Linux machine in a temporary directory.
type files struct {
	t    *testing.T
	root string
}

const (
	mountV2 = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
	mountV1 = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	quiet   = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
)

func newFiles(t *testing.T, content map[string]string) files {
	f := files{t, t.TempDir()}
	for path, text := range content {
		f.write(path, text)
	}
	return f
}

// write replaces a file in one step, as the kernel does.
func (f files) write(path, text string) {
	f.t.Helper()
	path = filepath.Join(f.root, filepath.FromSlash(path))
	require.NoError(f.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(f.t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(f.t, os.Rename(path+".new", path))
}

func (f files) remove(path string) {
	f.t.Helper()
	require.NoError(f.t, os.Remove(filepath.Join(f.root, filepath.FromSlash(path))))
}

func (f files) watch() *Monitor {
	f.t.Helper()
	m, err := Watch(Options{Root: os.DirFS(f.root)})
	require.NoError(f.t, err)
	return m
}

// version2Files are of a machine with 16 GiB, 4 in use, and two levels of groups.
func version2Files() map[string]string {
	return map[string]string{
		"proc/self/cgroup":                   "0::/a/b\n",
		"proc/self/mountinfo":                mountV2,
		"proc/meminfo":                       meminfo(16<<20, 12<<20),
		"proc/pressure/memory":               quiet,
		"sys/fs/cgroup/a/memory.max":         "8000\n",
		"sys/fs/cgroup/a/memory.high":        "max\n",
		"sys/fs/cgroup/a/memory.current":     "1500\n",
		"sys/fs/cgroup/a/memory.stat":        "anon 900\nfile 600\ninactive_file 500\nactive_file 100\n",
		"sys/fs/cgroup/a/b/memory.max":       "max\n",
		"sys/fs/cgroup/a/b/memory.high":      "max\n",
		"sys/fs/cgroup/a/b/memory.current":   "1000\n",
		"sys/fs/cgroup/a/b/memory.stat":      "inactive_file 0\n",
		"sys/fs/cgroup/a/b/memory.pressure":  quiet,
		"sys/fs/cgroup/other/memory.max":     "1\n",
		"sys/fs/cgroup/other/memory.current": "1\n",
	}
}

func meminfo(total, available int) string {
	return fmt.Sprintf("MemTotal: %d kB\nMemFree: 1 kB\nMemAvailable: %d kB\n", total, available)
}

func stalls(some, full float64) string {
	return fmt.Sprintf("some avg10=%.2f avg60=0.00 avg300=0.00 total=0\nfull avg10=%.2f avg60=0.00 avg300=0.00 total=0\n", some, full)
}

func TestMonitorVersion2(t *testing.T) {
	m := newFiles(t, version2Files()).watch()
	defer m.Close()
	s := m.State()
	require.Equal(t, None, s.Level)
	require.Equal(t, int64(8000), s.Limit)
	require.Equal(t, int64(8000), m.Limit())
	require.Equal(t, int64(7000), s.Free)
	require.Equal(t, []Reading{
		{Source: SourceGroup, Used: 1000, Limit: 8000, Path: "sys/fs/cgroup/a"}, // without the inactive pages
		{Source: SourceGroupStalls, Path: "sys/fs/cgroup/a/b/memory.pressure"},
		{Source: SourceSystem, Used: 4 << 30, Limit: 16 << 30},
		{Source: SourceSystemStalls, Path: "proc/pressure/memory"},
	}, s.Readings)
	s.Readings[0].Used = 0
	require.Equal(t, int64(1000), m.State().Readings[0].Used, "a State belongs to whoever asked")
}

// TestMonitorNestedLimits: the fullest group makes the level, the smallest limit is
// the limit, and the least room is what is free.
func TestMonitorNestedLimits(t *testing.T) {
	const a, b = "sys/fs/cgroup/a/", "sys/fs/cgroup/a/b/"
	for _, tt := range []struct {
		outer, outerUsed, inner, innerUsed string
		path                               string
		level                              Level
		limit, free                        int64
	}{
		{"8000", "7500", "2000", "1000", a, High, 2000, 1000},
		{"8000", "1500", "2000", "1800", b, High, 2000, 200},
		{"2000", "1500", "8000", "1000", a, None, 2000, 1000},
		{"1000", "1480", "9000", "8999", b, Critical, 1000, 1},
		{"1000", "1600", "900", "0", a, Critical, 900, 0}, // over the limit
	} {
		f := newFiles(t, version2Files())
		f.write(a+"memory.max", tt.outer)
		f.write(a+"memory.current", tt.outerUsed) // 500 of it inactive
		f.write(b+"memory.max", tt.inner)
		f.write(b+"memory.current", tt.innerUsed)
		m := f.watch()
		s := m.State()
		require.NoError(t, m.Close())
		require.Equal(t, tt.path, s.Readings[group].Path+"/")
		require.Equal(t, tt.level, s.Level, "%+v", tt)
		require.Equal(t, tt.limit, s.Limit)
		require.Equal(t, tt.free, s.Free, "%+v", tt)
	}
}

// TestMonitorOnePeriod: whatever changes is known, and told, after one period.
func TestMonitorOnePeriod(t *testing.T) {
	const a, b = "sys/fs/cgroup/a/", "sys/fs/cgroup/a/b/"
	for name, tt := range map[string]struct {
		path, text string
		want       Change
	}{
		"use grows":                  {a + "memory.current", "7500", Change{To: High, Used: 7000, Limit: 8000, Source: SourceGroup}},
		"limit shrinks":              {a + "memory.max", "1300", Change{To: Medium, Used: 1000, Limit: 1300, Source: SourceGroup}},
		"high shrinks":               {a + "memory.high", "1000", Change{To: Critical, Used: 1000, Limit: 1000, Source: SourceGroup}},
		"a limit for the inner one":  {b + "memory.max", "1001", Change{To: Critical, Used: 1000, Limit: 1001, Source: SourceGroup}},
		"a limit of 0":               {b + "memory.max", "0", Change{To: Critical, Used: 1000, Limit: 1, Source: SourceGroup}},
		"cache is used":              {a + "memory.stat", "inactive_file 0\n", Change{}},
		"some tasks of us wait":      {b + "memory.pressure", stalls(30, 0), Change{To: High, Source: SourceGroupStalls}},
		"all tasks of us wait":       {b + "memory.pressure", stalls(30, 30), Change{To: Critical, Source: SourceGroupStalls}},
		"tasks of the machine wait":  {"proc/pressure/memory", stalls(6, 0), Change{To: Low, Source: SourceSystemStalls}},
		"the machine runs out":       {"proc/meminfo", meminfo(16<<20, 1<<20), Change{To: Medium, Used: 15 << 30, Limit: 16 << 30, Source: SourceSystem}},
		"a stranger reaches a limit": {"sys/fs/cgroup/other/memory.current", "5", Change{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t, version2Files())
			synctest.Test(t, func(t *testing.T) {
				m := f.watch()
				defer m.Close()
				var told []Change
				m.Notify(func(c Change) {
					require.Equal(t, c.To, m.Level(), "callbacks may ask the monitor")
					require.Equal(t, c.To, m.State().Level)
					told = append(told, c)
				})
				start := time.Now()
				f.write(tt.path, tt.text)
				time.Sleep(DefaultInterval - 1)
				synctest.Wait()
				require.Empty(t, told)
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				require.Equal(t, tt.want.To, m.Level())
				if tt.want.To == None {
					require.Empty(t, told)
					return
				}
				tt.want.Time, tt.want.Sequence = start.Add(DefaultInterval), 1
				require.Equal(t, []Change{tt.want}, told)

				for path, text := range version2Files() {
					f.write(path, text)
				}
				time.Sleep(DefaultInterval)
				synctest.Wait()
				require.Equal(t, None, m.Level())
				require.Len(t, told, 2)
				require.Equal(t, tt.want.Source, told[1].Source, "the source that is better now")
			})
		})
	}
}

func TestMonitorVersion1(t *testing.T) {
	const dir = "sys/fs/cgroup/memory/api/c0ffee/"
	f := newFiles(t, map[string]string{
		"proc/self/cgroup":                               "4:memory:/api/c0ffee\n0::/\n",
		"proc/self/mountinfo":                            mountV1 + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
		"sys/fs/cgroup/memory/memory.usage_in_bytes":     "99999999\n",
		"sys/fs/cgroup/memory/api/memory.limit_in_bytes": "9223372036854771712\n",
		dir + "memory.limit_in_bytes":                    "1000\n",
		dir + "memory.usage_in_bytes":                    "990\n",
		dir + "memory.stat":                              "inactive_file 7\ntotal_inactive_file 200\n",
	})
	m := f.watch()
	defer m.Close()
	require.Equal(t, int64(1000), m.Limit())
	s := m.State()
	require.Equal(t, Reading{Source: SourceGroup, Level: Medium, Used: 790, Limit: 1000, Path: dir[:len(dir)-1]}, s.Readings[group])
	require.Equal(t, int64(210), s.Free)
	for _, i := range []int{groupStalls, systemStalls} {
		require.ErrorIs(t, s.Readings[i].Err, errors.ErrUnsupported)
	}
	require.ErrorIs(t, s.Readings[system].Err, fs.ErrNotExist)

	f.write(dir+"memory.limit_in_bytes", "-1\n")
	s = m.Poll()
	require.Equal(t, State{Level: None, Readings: s.Readings, Time: s.Time}, s, "no limit is known")
	require.Zero(t, m.Limit())
	require.NoError(t, s.Readings[group].Err)
}

// TestMonitorGarbage: a file that is missing or nonsense changes what comes from it
// and nothing else, and is named.
func TestMonitorGarbage(t *testing.T) {
	const a = "sys/fs/cgroup/a/"
	f := newFiles(t, version2Files())
	m := f.watch()
	defer m.Close()
	for _, tt := range []struct {
		path   string
		source int
		err    string // of nonsense
	}{
		{a + "memory.max", group, `sys/fs/cgroup/a/memory.max says "12 apples", want a number of bytes`},
		{a + "memory.high", group, `sys/fs/cgroup/a/memory.high says "12 apples", want a number of bytes`},
		{a + "memory.current", group, `sys/fs/cgroup/a/memory.current says "12 apples", want a number of bytes`},
		{a + "memory.stat", group, ""},
		{a + "b/memory.pressure", groupStalls, `says "12 apples", want some and full with avg10 in percent`},
		{"proc/pressure/memory", systemStalls, `says "12 apples", want some and full with avg10 in percent`},
		{"proc/meminfo", system, "pressure: osinfo: proc/meminfo does not say MemTotal and MemAvailable"},
	} {
		f.write(tt.path, "12 apples")
		s := m.Poll()
		for i, r := range s.Readings {
			if i == tt.source && tt.err != "" {
				require.ErrorContains(t, r.Err, tt.err)
			} else {
				require.NoError(t, r.Err, tt.path)
			}
		}
		require.Equal(t, None, s.Level)
		f.remove(tt.path)
		require.Equal(t, None, m.Poll().Level)
		f.write(tt.path, version2Files()[tt.path])
		require.NoError(t, m.Poll().Readings[tt.source].Err)
	}
	f.remove(a + "memory.current")
	require.EqualError(t, m.Poll().Readings[group].Err, "pressure: control group: sys/fs/cgroup/a has a limit but no memory.current")
}

func TestMonitorWithoutGroups(t *testing.T) {
	f := newFiles(t, map[string]string{"proc/meminfo": meminfo(1<<20, 1<<18)})
	m := f.watch()
	defer m.Close()
	s := m.State()
	require.Equal(t, None, s.Level)
	require.Equal(t, int64(1<<30), s.Limit, "the machine's memory")
	require.Equal(t, int64(1<<28), s.Free)
	require.ErrorIs(t, s.Readings[group].Err, errors.ErrUnsupported)
	require.ErrorIs(t, s.Readings[groupStalls].Err, errors.ErrUnsupported)
}

// TestMonitorFindsGroupsAgain: a process that is moved is found in its new group.
func TestMonitorFindsGroupsAgain(t *testing.T) {
	f := newFiles(t, version2Files())
	synctest.Test(t, func(t *testing.T) {
		m := f.watch()
		defer m.Close()
		f.write("proc/self/cgroup", "0::/other\n")
		time.Sleep(groupsAge + DefaultInterval)
		synctest.Wait()
		require.Equal(t, Critical, m.Level())
		require.Equal(t, int64(1), m.Limit())
	})
}

// TestMonitorConcurrentPolls: whoever looks, every change is told once, and the
// sequence puts them in order.
func TestMonitorConcurrentPolls(t *testing.T) {
	f := newFiles(t, version2Files())
	m := f.watch()
	defer m.Close()
	var mu sync.Mutex
	bySequence := map[uint64]Change{}
	m.Notify(func(c Change) {
		m.Poll()
		mu.Lock()
		defer mu.Unlock()
		bySequence[c.Sequence] = c
	})
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					m.Poll()
				}
			}
		})
	}
	for i := range 60 {
		f.write("sys/fs/cgroup/a/memory.current", []string{"1000", "8400"}[i%2])
		m.Poll()
	}
	close(done)
	wg.Wait()
	require.NoError(t, m.Close()) // its own goroutine looks, too
	last := None
	for i := range len(bySequence) {
		c, ok := bySequence[uint64(i+1)]
		require.True(t, ok, "change %d is missing", i+1)
		require.Equal(t, last, c.From)
		last = c.To
	}
	require.Equal(t, Critical, last)
	require.GreaterOrEqual(t, len(bySequence), 30)
}

func TestMonitorClose(t *testing.T) {
	f := newFiles(t, version2Files())
	m := f.watch()
	called := 0
	cancel := m.Notify(func(Change) { called++ })
	require.NoError(t, m.Close())
	require.NoError(t, m.Close())
	f.write("sys/fs/cgroup/a/memory.current", "8500")
	require.Equal(t, Critical, m.Poll().Level, "asked for, it still looks")
	require.Equal(t, 1, called)
	cancel()
	f.write("sys/fs/cgroup/a/memory.current", "500")
	require.Equal(t, None, m.Poll().Level)
	require.Equal(t, 1, called)
}

func TestWatchRefuses(t *testing.T) {
	_, err := Watch(Options{Interval: -1, Some: Thresholds{Low: 2}})
	require.ErrorContains(t, err, "pressure: Options.Interval is -1ns, want more than 0")
	require.ErrorContains(t, err, "pressure: Options.Some: pressure: threshold low is 2, want more than 0 and at most 1")
}

// TestMonitorHere watches the machine at hand.
func TestMonitorHere(t *testing.T) {
	m, err := Watch(Options{})
	require.NoError(t, err)
	defer m.Close()
	s := m.State()
	t.Logf("%+v", s)
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		require.NoError(t, s.Readings[system].Err)
		require.Greater(t, m.Limit(), int64(16<<20))
		require.LessOrEqual(t, s.Free, s.Limit)
		require.LessOrEqual(t, s.Limit, s.Readings[system].Limit)
	}
	if runtime.GOOS != "linux" {
		require.ErrorIs(t, s.Readings[group].Err, errors.ErrUnsupported)
	}
}

// FuzzMonitor: no content of the files makes a level of nothing or a limit that is
// less than none.
func FuzzMonitor(f *testing.F) {
	f.Add("1000", "max", "900", "inactive_file 100", quiet, meminfo(100, 50))
	f.Add("-1", "0", "-5", "inactive_file -9", "some avg10=NaN\nfull avg10=1e9", "MemTotal: 18446744073709551615 kB")
	f.Add("9223372036854775807", "99999999999999999999", "18446744073709551615", "inactive_file 18446744073709551615", "some avg10=\nfull", "")
	f.Fuzz(func(t *testing.T, limit, high, current, stat, psi, meminfo string) {
		root := fstest.MapFS{}
		for path, text := range map[string]string{
			"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": mountV2,
			"proc/meminfo": meminfo, "proc/pressure/memory": psi,
			"sys/fs/cgroup/a/memory.max": limit, "sys/fs/cgroup/a/memory.high": high,
			"sys/fs/cgroup/a/memory.current": current, "sys/fs/cgroup/a/memory.stat": stat,
		} {
			root[path] = &fstest.MapFile{Data: []byte(text)}
		}
		m, err := Watch(Options{Root: root})
		require.NoError(t, err)
		defer m.Close()
		s := m.State()
		require.GreaterOrEqual(t, s.Limit, int64(0))
		require.GreaterOrEqual(t, s.Free, int64(0))
		require.LessOrEqual(t, s.Free, s.Limit)
		worst := None
		for _, r := range s.Readings {
			require.GreaterOrEqual(t, r.Used, int64(0))
			require.GreaterOrEqual(t, r.Limit, int64(0))
			if r.Err != nil {
				require.Equal(t, None, r.Level)
			}
			worst = max(worst, r.Level)
		}
		require.Equal(t, worst, s.Level)
	})
}

// BenchmarkPoll is one look at this machine.
func BenchmarkPoll(b *testing.B) {
	m, err := Watch(Options{Interval: time.Hour})
	require.NoError(b, err)
	defer m.Close()
	for b.Loop() {
		m.Poll()
	}
}
