package reclaim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// BenchmarkReclaim measures runs. What they reclaim is allocated, written and released
// before, which takes much longer, so all figures but those of Nothing and DryRun are of
// the runs' own time: GiB/s are of touched pages returned in the time of the run, or of
// buffers moved in the time of the compaction.
func BenchmarkReclaim(b *testing.B) {
	b.Run("Regions/Huge", func(b *testing.B) { benchRegions(b, false) })
	b.Run("Regions/4KiB", func(b *testing.B) { benchRegions(b, true) })
	for _, m := range []struct {
		name        string
		size, count int
	}{{"1KiB", 1 << 10, 40_000}, {"4KiB", 4 << 10, 10_000}, {"16KiB", 16 << 10, 4000}, {"256KiB", 256 << 10, 400}, {"2MiB", 2 << 20, 100}} {
		b.Run("Move/"+m.name, func(b *testing.B) { benchMove(b, m.size, m.count, false) })
		b.Run("Move/"+m.name+"/Trimmed", func(b *testing.B) { benchMove(b, m.size, m.count, true) })
	}
	b.Run("Churn", benchChurn)
	b.Run("Nothing", benchNothing)
	b.Run("DryRun", benchDry)
}

func rate(b *testing.B, bytes int64, seconds float64) {
	b.ReportMetric(1e9*seconds/float64(b.N), "ns/op")
	b.ReportMetric(float64(bytes)/seconds/(1<<30), "GiB/s")
}

// benchRegions returns four regions of 64 MiB, all of whose pages were written: of
// 2 MiB where the system gives them, or of 4 KiB.
func benchRegions(b *testing.B, sparse bool) {
	const n, count = 64 << 20, 4
	p := open(b, pool.Options{Region: n, MaxRegion: n})
	var freed, fell int64
	var seconds float64
	for b.Loop() {
		var held []memory.Buffer
		for range count {
			x, err := p.Alloc(n, 0)
			require.NoError(b, err)
			if sparse {
				x.Sparse()
			}
			fill(x.Bytes(), 1)
			held = append(held, x)
		}
		for _, x := range held {
			x.Release()
		}
		r, err := Run(b.Context(), p, Options{})
		if err != nil || r.Freed != count*n || r.Regions != count {
			b.Fatal(r, err)
		}
		freed += r.Freed
		fell += r.Fell()
		seconds += r.Time.Seconds()
	}
	rate(b, freed, seconds)
	b.ReportMetric(float64(fell)/float64(b.N)/(1<<20), "MiB-RSS/op")
}

// fill writes every byte.
func fill(data []byte, v byte) {
	for i := range data[:min(64, len(data))] {
		data[i] = v
	}
	for n := 64; n < len(data); n *= 2 {
		copy(data[n:], data[:n])
	}
}

// benchMove compacts a pool in which three of four buffers of a size are gone. What
// they held is warm, or has been trimmed, so that moving touches new pages.
func benchMove(b *testing.B, size, count int, trimmed bool) {
	p := open(b, pool.Options{Region: 64 << 20, MaxRegion: 64 << 20})
	var moved int64
	var seconds, before, after float64
	for b.Loop() {
		var left, gone []tenant
		for i := range count {
			m, err := p.AllocMovable(size, 0)
			require.NoError(b, err)
			o := tenant{m, byte(i)}
			fill(o.Pin(), byte(i)|1)
			o.Unpin()
			if i%4 == 0 {
				left = append(left, o)
			} else {
				gone = append(gone, o)
			}
		}
		release(gone)
		if trimmed {
			_, err := Run(b.Context(), p, Options{})
			require.NoError(b, err)
		}
		r, err := Run(b.Context(), p, Options{Compact: true})
		if err != nil || r.Moved < count/16 {
			b.Fatal(r, err)
		}
		moved += r.Bytes
		for _, s := range r.Steps {
			if s.Action == Compact {
				seconds += s.Time.Seconds()
			}
		}
		before += r.Before.Unused
		after += r.After.Unused
		release(left)
		_, err = Run(b.Context(), p, Options{})
		require.NoError(b, err)
	}
	rate(b, moved, seconds)
	b.ReportMetric(100*before/float64(b.N), "%unused-before")
	b.ReportMetric(100*after/float64(b.N), "%unused-after")
}

// benchChurn reclaims what a workload of many sizes leaves: see churn.
func benchChurn(b *testing.B) {
	p := open(b, pool.Options{Region: 64 << 20, MaxRegion: 64 << 20})
	var seconds, before, trimmed, after, from, to float64
	for b.Loop() {
		left := churn(b, p, 200<<20)
		trim, err := Run(b.Context(), p, Options{})
		require.NoError(b, err)
		r, err := Run(b.Context(), p, Options{Compact: true})
		require.NoError(b, err)
		seconds += r.Time.Seconds()
		before += trim.Before.Unused
		trimmed += trim.After.Unused
		after += r.After.Unused
		from += float64(trim.Before.Resident)
		to += float64(r.After.Resident)
		release(left)
		_, err = Run(b.Context(), p, Options{})
		require.NoError(b, err)
	}
	n := float64(b.N)
	b.ReportMetric(1e9*seconds/n, "ns/op")
	b.ReportMetric(100*before/n, "%unused-before")
	b.ReportMetric(100*trimmed/n, "%unused-trimmed")
	b.ReportMetric(100*after/n, "%unused-after")
	b.ReportMetric(from/n/(1<<20), "MiB-RSS-before")
	b.ReportMetric(to/n/(1<<20), "MiB-RSS-after")
}

// benchNothing is a run that finds nothing to do in a pool of 1 GiB.
func benchNothing(b *testing.B) {
	p := open(b, pool.Options{})
	x, err := p.Alloc(1<<30, 0)
	require.NoError(b, err)
	defer x.Release()
	for b.Loop() {
		if _, err := Run(b.Context(), p, Options{Strategy: Idle{}}); err != nil {
			b.Fatal(err)
		}
	}
}

// benchDry forecasts what a compaction of 10,000 buffers would do.
func benchDry(b *testing.B) {
	p := open(b, pool.Options{})
	var all []tenant
	for i := range 40_000 {
		m, err := p.AllocMovable(4<<10, 0)
		require.NoError(b, err)
		all = append(all, tenant{m, byte(i)})
	}
	for i, o := range all {
		if i%4 > 0 {
			o.Release()
		} else {
			defer o.Release()
		}
	}
	for b.Loop() {
		if _, err := Run(b.Context(), p, Options{Compact: true, DryRun: true}); err != nil {
			b.Fatal(err)
		}
	}
}
