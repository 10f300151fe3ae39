package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/agree"
	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
)

// A comparison measures two engines on one file.
type comparison struct {
	peer, ours engine
	file       *modelFile
	options    *options
	show       *progress
}

// A line is one test on both engines, a figure for each round.
type line struct {
	test       test
	peer, ours []measurement
}

func (c *comparison) run(ctx context.Context) (*report, error) {
	agreement, err := c.agree(ctx)
	if err != nil {
		return nil, err
	}
	tests := c.options.tests()
	lines := make([]line, len(tests))
	for round := range c.options.rounds {
		for i, t := range tests {
			l := &lines[i]
			l.test = t
			// What comes second finds the CPU warmer and the caches fuller.
			turns := []turn{{c.peer, &l.peer}, {c.ours, &l.ours}}
			if round%2 == 1 {
				slices.Reverse(turns)
			}
			for _, turn := range turns {
				c.show.set("round %d of %d: %s on %s, %s", round+1, c.options.rounds, t.name(), plural(t.threads, "thread"), turn.engine.name())
				start, busy := time.Now(), busyTime()
				m, err := turn.engine.measure(ctx, c.file.path, t, c.options.runs)
				if err != nil {
					return nil, err
				}
				m.others = othersCores(busyTime()-busy, m.cpu, time.Since(start))
				*turn.into = append(*turn.into, m)
			}
			if err := c.same(l.peer[round], l.ours[round]); err != nil {
				return nil, err
			}
		}
	}
	return newReport(agreement, lines), nil
}

type turn struct {
	engine engine
	into   *[]measurement
}

// same reports why two measurements are not of the same file.
func (c *comparison) same(peer, ours measurement) error {
	if peer.size != ours.size || peer.parameters != ours.parameters {
		return fmt.Errorf("the engines did not load the same of %s: %s %d bytes with %d parameters, %s %d bytes with %d; their speeds cannot be compared",
			c.file.path, c.peer.name(), peer.size, peer.parameters, c.ours.name(), ours.size, ours.parameters)
	}
	return c.file.unchanged()
}

// agree compares the engines' logits at the first and at the last of some ids.
func (c *comparison) agree(ctx context.Context) ([]agree.Agreement, error) {
	c.show.set("comparing the logits of both engines")
	ids, threads := c.file.prompt(), slices.Max(c.options.threads)
	peer, err := c.peer.logits(ctx, c.file.path, ids, threads)
	if err != nil {
		return nil, err
	}
	ours, err := c.ours.logits(ctx, c.file.path, ids, threads)
	if err != nil {
		return nil, err
	}
	var all []agree.Agreement
	for i := range peer {
		if len(peer[i]) != c.file.vocab || len(ours[i]) != c.file.vocab {
			return nil, fmt.Errorf("%s has %d tokens, %s computes logits for %d of them, %s for %d: the engines did not load the same file",
				c.file.path, c.file.vocab, c.peer.name(), len(peer[i]), c.ours.name(), len(ours[i]))
		}
		all = append(all, agree.Of(peer[i], ours[i]))
	}
	same := func(a agree.Agreement) bool { return a.Same() }
	if c.options.disagree || !slices.ContainsFunc(all, func(a agree.Agreement) bool { return !same(a) }) {
		return all, nil
	}
	text := fmt.Sprintf("the engines do not compute the same of %s, so their speeds are not compared:", c.file.path)
	for i, a := range all {
		text += fmt.Sprintf("\n  %s", describe(i, a))
	}
	text += fmt.Sprintf("\nwant a correlation of %.2f and ranks up to %d. ", agree.Correlation, agree.Top)
	if c.file.squaredReLU {
		text += "The model's activation function is squared ReLU, for which llama.cpp computes SiLU; the default model of this command has SiLU. "
	}
	return nil, errors.New(text + "--allow-disagreement measures all the same")
}

// describe says how the logits of the first (0) or last (1) position agree.
func describe(position int, a agree.Agreement) string {
	where := [...]string{"first", "last"}[position]
	return fmt.Sprintf("logits after the %s token: correlation %.4f; best token of llama.cpp %d (rank %d in bitnet), of bitnet %d (rank %d in llama.cpp)",
		where, a.Correlation, a.Best[0], a.Rank[0], a.Best[1], a.Rank[1])
}

// A result is what a line comes to.
type result struct {
	Test    string        `json:"test"`
	Threads int           `json:"threads"`
	Peer    figures       `json:"llama_cpp"`
	Ours    figures       `json:"bitnet"`
	Ratios  []float64     `json:"ratios"` // of each round, bitnet's tokens a second by llama.cpp's
	Ratio   paired.Spread `json:"ratio"`
}

// figures are an engine's in one test.
type figures struct {
	Rates []float64     `json:"tps_rounds"`
	Rate  paired.Spread `json:"tps"`
	RSS   float64       `json:"rss_mib"` // the largest peak of any round; 0: unknown
	// Cores that other processes used meanwhile, in each round: near 0 on a quiet machine.
	Others []float64 `json:"others_cores"`
	Code   string    `json:"simd"`
	Head   string    `json:"head,omitempty"`
}

func figuresOf(all []measurement) figures {
	f := figures{Code: all[0].code, Head: all[0].head}
	for i := range all {
		f.Rates = append(f.Rates, all[i].rate())
		f.RSS = max(f.RSS, all[i].rss)
		f.Others = append(f.Others, all[i].others)
	}
	f.Rate = paired.Of(f.Rates)
	return f
}

func (l *line) result() result {
	r := result{Test: l.test.name(), Threads: l.test.threads, Peer: figuresOf(l.peer), Ours: figuresOf(l.ours)}
	r.Ratios = paired.Ratios(r.Ours.Rates, r.Peer.Rates)
	r.Ratio = paired.Of(r.Ratios)
	return r
}
