package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

// absent are backends that are not there.
func absent() []backend.Entry {
	return []backend.Entry{
		{Name: "cuda", Err: &backend.UnavailableError{Name: "cuda", Reason: "not built into this program"}},
		{Name: "metal", Err: errors.New("metal: no access\nto the display\x1b[2J")},
	}
}

// machines are made up: what devices prints of them is in testdata.
func machines() map[string]*deviceList {
	laptop := device.Info{
		ID: "cpu", Name: "Apple M3 Pro", Vendor: "Apple", OS: "darwin", Arch: "arm64",
		PhysicalCores: 12, LogicalCores: 12, UsableCPUs: 12,
		Cache: device.Cache{L1D: 128 << 10, L2: 16 << 20}, MemoryTotal: 36 << 30, MemoryAvailable: 21 << 30,
		SIMD: []string{"dotprod", "i8mm", "neon"},
	}
	server := device.Info{
		ID: "cpu", Name: "AMD EPYC 9554 64-Core Processor", Vendor: "AMD", OS: "linux", Arch: "amd64",
		PhysicalCores: 128, LogicalCores: 256, UsableCPUs: 6, CPUQuota: 6.5,
		Cache: device.Cache{L1D: 32 << 10, L2: 1 << 20, L3: 32 << 20},
		Nodes: []device.Node{{ID: 0, CPUs: 128, Memory: 384 << 30}, {ID: 1, CPUs: 1, Memory: 383 << 30}, {ID: 2}},

		MemoryTotal: 767 << 30, MemoryAvailable: 700 << 30, MemoryLimit: 48 << 30,
		SIMD: []string{"avx2", "avx512vnni"},
		Bandwidth: device.Bandwidth{
			Threads: 6, Buffer: 512 << 20, Read: 151.25e9, Write: 80.5e9, Copy: 99.9e9,
			Time: time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("", -3600)),
		},
	}
	unknown := device.Info{ID: "cpu", Name: "odd\x07", LogicalCores: 1, UsableCPUs: 1}
	cpu := func(d device.Info) backend.Entry {
		return backend.Entry{Name: "cpu", Devices: []device.Info{d}}
	}
	return map[string]*deviceList{
		"laptop":  {entries: append([]backend.Entry{cpu(laptop)}, absent()...), threads: 12},
		"server":  {entries: append([]backend.Entry{cpu(server)}, absent()...), threads: 6},
		"unknown": {entries: []backend.Entry{cpu(unknown)}, threads: 1},
		"none":    {entries: absent()},
	}
}

func TestPrintDevices(t *testing.T) {
	for name, list := range machines() {
		var text, narrow, json bytes.Buffer
		require.NoError(t, list.print(&text, 0))
		require.NoError(t, list.print(&narrow, 80))
		require.NoError(t, writeJSON(&json, list.json()))
		for ext, got := range map[string]*bytes.Buffer{".txt": &text, ".80.txt": &narrow, ".json": &json} {
			path := filepath.Join("testdata", "devices", name+ext)
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, got.Bytes(), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), got.String(), path)
		}
	}
}

func TestPrintLoweredKernels(t *testing.T) {
	all := simd.Levels()
	list := machines()["laptop"]
	list.detected = all[len(all)-1]
	var out bytes.Buffer
	require.NoError(t, list.print(&out, 0))
	lowered := "(lowered by BITNET_SIMD from " + list.detected.String() + ")"
	require.Equal(t, list.detected > simd.Generic, strings.Contains(out.String(), lowered))
}

// inCacheOf has the user's cache directory in dir.
func inCacheOf(t *testing.T, dir string) {
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
}

// TestFindDevicesMeasures shows the bandwidth from when it has been measured.
func TestFindDevicesMeasures(t *testing.T) {
	inCacheOf(t, t.TempDir())
	var errs bytes.Buffer
	s := &Streams{Err: &errs}
	made := machines()["server"].devices()[0].Bandwidth
	measure := func(_ context.Context, _ *Streams, _ device.Info, threads int) (device.Bandwidth, error) {
		made.Threads, made.Time = threads, made.Time.UTC()
		return made, nil
	}
	find := func(measure measurer) device.Bandwidth {
		t.Helper()
		l, err := findDevices(t.Context(), s, measure)
		require.NoError(t, err)
		require.Equal(t, "cpu", l.devices()[0].ID)
		return l.devices()[0].Bandwidth
	}
	require.Zero(t, find(nil))
	require.Positive(t, find(measure).Read)
	require.Equal(t, made, find(nil), "kept")
	made.Read /= 2
	require.Equal(t, made, find(measure), "measured anew")
	require.Equal(t, made, find(nil))
	require.Empty(t, errs.String())

	_, err := findDevices(t.Context(), s, func(context.Context, *Streams, device.Info, int) (device.Bandwidth, error) {
		return device.Bandwidth{}, context.Canceled
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, made, find(nil), "as it was")

	// Without a place to keep it, it is shown all the same.
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for dir, why := range map[string]string{"": "set XDG_CACHE_HOME", file: "cannot be kept"} {
		inCacheOf(t, dir)
		require.Equal(t, made, find(measure))
		require.Contains(t, errs.String(), why)
		require.Equal(t, 1, strings.Count(errs.String(), "\n"))
		errs.Reset()
		require.Zero(t, find(nil))
	}
	require.Empty(t, errs.String(), "a cache that cannot be read is no matter without --measure")
}

// TestMeasureBandwidthOfMachine measures in little memory, silently where there is no terminal.
func TestMeasureBandwidthOfMachine(t *testing.T) {
	var errs bytes.Buffer
	d := device.Info{MemoryAvailable: 4 << 20}
	b, err := measureBandwidth(t.Context(), &Streams{Err: &errs}, d, 2)
	require.NoError(t, err)
	require.Equal(t, 2, b.Threads)
	require.Equal(t, 1<<20, b.Buffer)
	require.Positive(t, b.Copy)
	require.Empty(t, errs.String())
}
