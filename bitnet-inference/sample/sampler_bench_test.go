package sample

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkNext(b *testing.B) {
	const vocab = 128256
	r := rand.New(rand.NewPCG(1, 2))
	logits := make([]float32, vocab)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * 3)
	}
	penalised := Default()
	penalised.RepeatPenalty = 1.1
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"greedy", Options{}},
		{"default", Default()},
		{"penalised", penalised},
		{"top-k=1000", Options{Temperature: 1, TopK: 1000}},
		{"top-p", Options{Temperature: 1, TopP: 0.95}},
		{"min-p", Options{Temperature: 1, MinP: 0.05}},
		{"temperature", Options{Temperature: 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := New(c.o, vocab)
			for id := range int32(64) {
				s.Accept(id * 7)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Next(logits)
			}
		})
	}
}
