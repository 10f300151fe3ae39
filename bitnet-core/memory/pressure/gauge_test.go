package pressure

import (
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newGauge(t testing.TB, thresholds Thresholds) *Gauge {
	t.Helper()
	g, err := NewGauge(thresholds)
	require.NoError(t, err)
	return g
}

func TestGaugeLevels(t *testing.T) {
	g := newGauge(t, Thresholds{})
	require.Equal(t, None, g.Level())
	for _, step := range []struct {
		used, limit int64
		want        Level
	}{
		{0, 1000, None},
		{599, 1000, None},
		{600, 1000, Low}, // a threshold belongs to its level
		{749, 1000, Low},
		{570, 1000, Low}, // 3 percent below is not yet below that
		{569, 1000, None},
		{599, 1000, None},
		{850, 1000, High}, // over two levels at once
		{830, 1000, High},
		{819, 1000, Medium}, // High ended, Medium has not
		{720, 1000, Medium},
		{719, 1000, Low},
		{1000, 1000, Critical},
		{5000, 1000, Critical},
		{919, 1000, High},
		{10, 1000, None},
		{999, 1000, Critical},
		{999, 0, None}, // the limit is lifted
		{999, 1000, Critical},
		{999, 2000, None}, // the limit is raised
		{999, 1500, Low},  // the limit shrinks
		{-5, 1000, None},
		{math.MaxInt64, math.MaxInt64, Critical},
		{0, 1, None},
		{1, -1, None},
	} {
		require.Equal(t, step.want, g.Observe(step.used, step.limit), "%d of %d", step.used, step.limit)
		require.Equal(t, step.want, g.Level())
	}
}

// TestGaugeModel: whatever is observed, the level is one whose range with hysteresis
// holds the share, the callbacks tell of every change and of nothing else, in a chain
// without gaps.
func TestGaugeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th := Thresholds{
			Low:    rapid.Float64Range(.01, .25).Draw(t, "low"),
			Medium: rapid.Float64Range(.26, .5).Draw(t, "medium"),
			High:   rapid.Float64Range(.51, .75).Draw(t, "high"), Critical: rapid.Float64Range(.76, 1).Draw(t, "critical"),
		}
		th.Hysteresis = rapid.Float64Range(0, th.Low*.99).Draw(t, "hysteresis")
		g, err := NewGauge(th)
		if err != nil {
			t.Fatal(err)
		}
		var changes []Change
		g.Notify(func(c Change) { changes = append(changes, c) })
		begin := th.begins()
		for _, used := range rapid.SliceOf(rapid.Int64Range(0, 1200)).Draw(t, "used") {
			before, told := g.Level(), len(changes)
			l := g.Observe(used, 1000)
			share := float64(used) / 1000
			if l < Critical && share >= begin[l+1]+1e-9 {
				t.Fatalf("%v at %v, %+v", l, share, th)
			}
			if l > None && share < begin[l]-th.Hysteresis-1e-9 {
				t.Fatalf("%v at %v, %+v", l, share, th)
			}
			if l > before && share < begin[l]-1e-9 {
				t.Fatalf("rose to %v at %v, %+v", l, share, th)
			}
			if l == before != (len(changes) == told) {
				t.Fatalf("%v to %v: %d callbacks", before, l, len(changes)-told)
			}
		}
		from := None
		for i, c := range changes {
			if c.From != from || c.To == c.From || c.Sequence != uint64(i+1) {
				t.Fatalf("change %d is %+v after %v", i, c, from)
			}
			from = c.To
		}
	})
}

func TestGaugeTells(t *testing.T) {
	g := newGauge(t, Thresholds{})
	var first, second []Change
	cancel := g.Notify(func(c Change) {
		require.Len(t, second, len(first), "called in the order of Notify")
		first = append(first, c)
	})
	g.Notify(func(c Change) { second = append(second, c) })
	g.Observe(80, 100)
	require.Len(t, first, 1, "told before Observe returns")
	require.False(t, first[0].Time.IsZero())
	first[0].Time = second[0].Time
	require.Equal(t, Change{From: None, To: Medium, Used: 80, Limit: 100, Source: SourceLimit, Time: second[0].Time, Sequence: 1}, first[0])
	cancel()
	cancel()
	g.Observe(10, 100)
	require.Len(t, first, 1)
	require.Len(t, second, 2)
	require.Equal(t, None, second[1].To)
}

// TestGaugeCallbackFrees: a callback may free memory, and so observe, and the caller
// gets the level that results.
func TestGaugeCallbackFrees(t *testing.T) {
	g := newGauge(t, Thresholds{})
	var seen []Level
	g.Notify(func(c Change) {
		seen = append(seen, c.To)
		if c.To == Critical {
			require.Equal(t, Low, g.Observe(65, 100))
			g.Notify(func(Change) {})() // no lock is held here either
		}
	})
	require.Equal(t, Low, g.Observe(97, 100))
	require.Equal(t, []Level{Critical, Low}, seen)
}

// TestGaugeConcurrent: the changes that several goroutines cause form one chain in
// the order of their sequence.
func TestGaugeConcurrent(t *testing.T) {
	g := newGauge(t, Thresholds{})
	var mu sync.Mutex
	bySequence := map[uint64]Change{}
	g.Notify(func(c Change) {
		mu.Lock()
		defer mu.Unlock()
		bySequence[c.Sequence] = c
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 2000 {
				g.Observe(int64((k*7919+i*104729)%1000), 1000)
				if k%100 == 0 {
					g.Notify(func(Change) {})()
				}
			}
		})
	}
	wg.Wait()
	require.NotEmpty(t, bySequence)
	last := None
	for i := range len(bySequence) {
		c, ok := bySequence[uint64(i+1)]
		require.True(t, ok, "change %d is missing", i+1)
		require.Equal(t, last, c.From)
		last = c.To
	}
	require.Equal(t, last, g.Level())
}

func TestThresholdsValidate(t *testing.T) {
	require.NoError(t, DefaultThresholds().Validate())
	require.NoError(t, Thresholds{Low: .1, Medium: .2, High: .3, Critical: 1}.Validate())
	for want, th := range map[string]Thresholds{
		"pressure: threshold critical is 1.5, want more than 0 and at most 1":                         {Low: .1, Medium: .2, High: .3, Critical: 1.5},
		"pressure: threshold high is 0.2, want more than medium's 0.2":                                {Low: .1, Medium: .2, High: .2, Critical: 1},
		"pressure: threshold low is NaN, want more than 0 and at most 1":                              {Low: math.NaN(), Medium: .2, High: .3, Critical: 1},
		"pressure: hysteresis is 0.1, want 0 or more and less than threshold low, 0.1":                {Low: .1, Medium: .2, High: .3, Critical: 1, Hysteresis: .1},
		"pressure: hysteresis is -1, want 0 or more and less than threshold low, 0.1":                 {Low: .1, Medium: .2, High: .3, Critical: 1, Hysteresis: -1},
		"pressure: threshold low is -0.1, want more than 0 and at most 1\npressure: threshold medium": {Low: -.1, Medium: -.2, High: .3, Critical: 1},
	} {
		require.ErrorContains(t, th.Validate(), want)
		_, err := NewGauge(th)
		require.ErrorContains(t, err, want)
	}
}

func TestLevelString(t *testing.T) {
	require.Equal(t, "none", None.String())
	require.Equal(t, "critical", Critical.String())
	require.Equal(t, "Level(9)", Level(9).String())
}

func TestObserveAllocatesNothing(t *testing.T) {
	g := newGauge(t, Thresholds{})
	require.Zero(t, testing.AllocsPerRun(100, func() { g.Observe(1, 100) }))
}

func BenchmarkObserve(b *testing.B) {
	g := newGauge(b, Thresholds{})
	g.Observe(650, 1000)
	for b.Loop() {
		g.Observe(660, 1000)
	}
}
