package pressure

import (
	"math"
	"time"
)

var inf = math.Inf(1)

// A Gauge turns the use of one limit, such as a pool's, into a level. Its owner
// reports the use with Observe, as often as it likes. All methods may be called from
// several goroutines, callbacks included.
type Gauge struct {
	scale  scale
	signal signal
}

// NewGauge returns a Gauge at level None. The zero Thresholds are DefaultThresholds.
func NewGauge(t Thresholds) (*Gauge, error) {
	t = t.withDefault(DefaultThresholds())
	if err := t.Validate(); err != nil {
		return nil, err
	}
	return &Gauge{scale: t.scale()}, nil
}

// Observe tells the gauge that used of limit bytes are in use and returns the level.
// If that changes the level, it calls the callbacks before it returns, in the
// caller's goroutine and without a lock: they may call Observe again, by allocating
// or freeing. If not, it costs a load and two comparisons. A limit of 0 or less is
// none.
func (g *Gauge) Observe(used, limit int64) Level {
	for {
		word := g.signal.word.Load()
		from := Level(word)
		to := g.scale.next(from, float64(used), float64(limit))
		if to == from {
			return to
		}
		if sequence, ok := g.signal.move(word, to); ok {
			g.signal.tell(Change{
				From: from, To: to, Used: used, Limit: limit,
				Source: SourceLimit, Time: time.Now(), Sequence: sequence,
			})
			return g.Level()
		}
	}
}

// Level returns the present level.
func (g *Gauge) Level() Level { return g.signal.level() }

// Notify has f called at every change of the level, after those that came before it,
// until cancel is called. Other goroutines may be calling f while cancel returns.
func (g *Gauge) Notify(f func(Change)) (cancel func()) { return g.signal.notify(f) }
