package device

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A measurement and the machine it belongs to.
var (
	someMachine   = Info{Name: "AMD EPYC", OS: "linux", Arch: "amd64", PhysicalCores: 2, LogicalCores: 4, MemoryTotal: 24 << 30}
	someBandwidth = Bandwidth{Threads: 2, Buffer: 512 << 20, Read: 40e9, Write: 20e9, Copy: 30e9, Time: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
)

func newStore(t *testing.T) BandwidthStore {
	return BandwidthStore{Path: filepath.Join(t.TempDir(), "a", "b.json"), Program: "test 1"}
}

func TestBandwidthStore(t *testing.T) {
	s := newStore(t)
	_, ok := s.Load(someMachine, 2)
	require.False(t, ok, "no file")
	require.NoError(t, s.Save(someMachine, someBandwidth))
	got, ok := s.Load(someMachine, 2)
	require.True(t, ok)
	require.Equal(t, someBandwidth, got)

	more := someBandwidth
	more.Threads, more.Read = 4, 50e9
	require.NoError(t, s.Save(someMachine, more))
	newer := someBandwidth
	newer.Read = 41e9
	require.NoError(t, s.Save(someMachine, newer))
	got, _ = s.Load(someMachine, 2)
	require.Equal(t, newer, got, "the newer one")
	got, _ = s.Load(someMachine, 4)
	require.Equal(t, more, got)
	require.Len(t, s.read().Measurements, 2)

	files, err := os.ReadDir(filepath.Dir(s.Path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left behind")
}

// TestBandwidthStoreOfOthers: a measurement of another machine, another number
// of threads or another program is none, and survives ours.
func TestBandwidthStoreOfOthers(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.Save(someMachine, someBandwidth))
	for name, change := range map[string]func(*Info){
		"name":     func(d *Info) { d.Name = "AMD EPYC 2" },
		"os":       func(d *Info) { d.OS = "windows" },
		"arch":     func(d *Info) { d.Arch = "arm64" },
		"physical": func(d *Info) { d.PhysicalCores++ },
		"logical":  func(d *Info) { d.LogicalCores++ },
		"memory":   func(d *Info) { d.MemoryTotal++ },
	} {
		d := someMachine
		change(&d)
		_, ok := s.Load(d, 2)
		require.False(t, ok, name)
		require.NoError(t, s.Save(d, someBandwidth))
	}
	_, ok := s.Load(someMachine, 3)
	require.False(t, ok, "threads")
	next := s
	next.Program = "test 2"
	_, ok = next.Load(someMachine, 2)
	require.False(t, ok, "program")
	_, ok = s.Load(someMachine, 2)
	require.True(t, ok)
}

func TestBandwidthStoreForgets(t *testing.T) {
	s := newStore(t)
	for threads := range maxMeasurements + 3 {
		b := someBandwidth
		b.Threads = threads + 1
		require.NoError(t, s.Save(someMachine, b))
	}
	_, ok := s.Load(someMachine, 3)
	require.False(t, ok)
	_, ok = s.Load(someMachine, 4)
	require.True(t, ok)
	info, err := os.Stat(s.Path)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(maxStoreBytes)/2)
}

// TestDamagedStore: what is in the file counts as nothing, and is replaced.
func TestDamagedStore(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.Save(someMachine, someBandwidth))
	good, err := os.ReadFile(s.Path)
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"empty":          {},
		"half":           good[:len(good)/2],
		"not JSON":       []byte("\x00\xff"),
		"two values":     append(bytes.Clone(good), "{}"...),
		"too large":      append(bytes.Clone(good), strings.Repeat(" ", maxStoreBytes)...),
		"another format": bytes.Replace(good, []byte(storeFormat), []byte("x"), 1),
		"negative":       bytes.Replace(good, []byte(`"read_bytes_per_second": `), []byte(`"read_bytes_per_second": -`), 1),
		"without bounds": bytes.Replace(good, []byte(`"read_bytes_per_second": `), []byte(`"read_bytes_per_second": 99999`), 1),
		"other types":    bytes.Replace(good, []byte(`"threads": 2`), []byte(`"threads": "2"`), 1),
	} {
		require.NotEqual(t, good, bad, name)
		require.NoError(t, os.WriteFile(s.Path, bad, 0o600))
		_, ok := s.Load(someMachine, 2)
		require.False(t, ok, name)
		require.NoError(t, s.Save(someMachine, someBandwidth))
		got, ok := s.Load(someMachine, 2)
		require.True(t, ok, name)
		require.Equal(t, someBandwidth, got, name)
	}

	s.Path = filepath.Join(s.Path, "below a file")
	require.ErrorContains(t, s.Save(someMachine, someBandwidth), "cannot be kept")
}

func TestUserBandwidths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
	s, err := UserBandwidths("p 1")
	require.NoError(t, err)
	require.Equal(t, "p 1", s.Program)
	require.True(t, strings.HasPrefix(s.Path, dir), s.Path)
	require.True(t, strings.HasSuffix(s.Path, filepath.Join("bitnet", "bandwidth.json")), s.Path)

	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	_, err = UserBandwidths("p 1")
	require.ErrorContains(t, err, "set XDG_CACHE_HOME")
}

func FuzzParseStore(f *testing.F) {
	f.Add([]byte(`{"format":"bitnet bandwidth 1","measurements":[{"key":{"name":"x"},"threads":2,"buffer_bytes":1,"read_bytes_per_second":1e9}]}`))
	f.Add([]byte(`{"format":"bitnet bandwidth 1","measurements":[{"threads":1e99}]} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseStore(data)
		if err != nil {
			require.Empty(t, all.Measurements)
			return
		}
		for _, m := range all.Measurements {
			require.True(t, m.plausible())
		}
	})
}
