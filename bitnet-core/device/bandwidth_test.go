package device

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMeasureBandwidth(t *testing.T) {
	var told []string
	o := BandwidthOptions{Threads: 2, Buffer: 1<<20 + 5, Time: time.Millisecond, Progress: func(what string) { told = append(told, what) }}
	b, err := MeasureBandwidth(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"read", "copy", "write"}, told)
	require.Equal(t, 2, b.Threads)
	require.Equal(t, 1<<20, b.Buffer, "whole parts of it")
	require.WithinDuration(t, time.Now(), b.Time, time.Minute)
	for _, v := range []float64{b.Read, b.Write, b.Copy} {
		require.Greater(t, v, 1e7)
		require.Less(t, v, 1e14)
	}
	require.True(t, b.plausible())

	o.ReadOnly = true
	b, err = MeasureBandwidth(t.Context(), o)
	require.NoError(t, err)
	require.Positive(t, b.Read)
	require.Zero(t, b.Write)
	require.Zero(t, b.Copy)

	require.Panics(t, func() { _, _ = MeasureBandwidth(t.Context(), BandwidthOptions{Buffer: 4095}) })
	require.Panics(t, func() { _, _ = MeasureBandwidth(t.Context(), BandwidthOptions{Buffer: -1}) })
}

// TestMeasureBandwidthEndsWithItsContext stops before each kind of pass.
func TestMeasureBandwidthEndsWithItsContext(t *testing.T) {
	for _, when := range []string{"read", "copy", "write"} {
		ctx, stop := context.WithCancel(t.Context())
		b, err := MeasureBandwidth(ctx, BandwidthOptions{Threads: 2, Buffer: 1 << 20, Time: time.Millisecond, Progress: func(what string) {
			if what == when {
				stop()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, b)
		_, err = MeasureBandwidth(ctx, BandwidthOptions{Buffer: 1 << 20})
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestBestNeedsRightBytes: a pass that finds other bytes than were stored is no
// speed.
func TestBestNeedsRightBytes(t *testing.T) {
	passes := 0
	_, err := stream{}.best(t.Context(), 0, 1, func() bool { passes++; return passes < 2 })
	require.ErrorIs(t, err, errMemory)
	require.Equal(t, 2, passes)

	passes = 0
	_, err = stream{}.best(t.Context(), 0, 1, func() bool { passes++; return true })
	require.NoError(t, err)
	require.Equal(t, minPasses, passes)
}

func TestSum(t *testing.T) {
	for n := 0; n <= 80; n += unroll {
		d := make([]uint64, n)
		var want uint64
		for i := range d {
			d[i] = uint64(i)*0x9e3779b97f4a7c15 + 1
			want += d[i]
		}
		require.Equal(t, want, sum(d))
	}
}

func TestBandwidthBuffer(t *testing.T) {
	const mib = 1 << 20
	for name, tt := range map[string]struct {
		cache, available, limit uint64 // MiB
		want                    int    // MiB
	}{
		"unknown":         {0, 0, 0, 512},
		"small cache":     {4, 16000, 0, 512},
		"large cache":     {96, 16000, 0, 768},
		"huge cache":      {1000, 64000, 0, 1024},
		"little memory":   {32, 400, 0, 100},
		"little is ours":  {32, 16000, 600, 150},
		"hardly any":      {32, 1, 0, 1},
		"limit unreached": {32, 16000, 9000, 512},
	} {
		got := BandwidthBuffer(Info{Cache: Cache{L3: tt.cache * mib}, MemoryAvailable: tt.available * mib, MemoryLimit: tt.limit * mib})
		require.Equal(t, tt.want*mib, got, name)
	}
}

// BenchmarkMeasureBandwidth reports the figures of this machine: run it with
// -benchtime 1x.
func BenchmarkMeasureBandwidth(b *testing.B) {
	for b.Loop() {
		m, err := MeasureBandwidth(b.Context(), BandwidthOptions{})
		require.NoError(b, err)
		b.ReportMetric(m.Read/1e9, "read-GB/s")
		b.ReportMetric(m.Write/1e9, "write-GB/s")
		b.ReportMetric(m.Copy/1e9, "copy-GB/s")
	}
}
