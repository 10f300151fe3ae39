// Package bench measures how fast a model runs on this machine, in the terms of
// llama-bench: prefill of p tokens (pp512) and decode of n tokens (tg64), each
// perhaps behind a context of d tokens.
//
//	err := bench.Check(weights)                      // the kernels are right
//	result, err := bench.Run(ctx, state, test, 5, nil)
//	mean, deviation := result.Rate()                 // tokens a second
//	traffic := bench.NewTraffic(config, weights, cache).PerToken(test)
//	limit, err := device.MeasureBandwidth(ctx, device.BandwidthOptions{Threads: threads, ReadOnly: true})
//	share := mean * traffic / limit.Read
//
// # What is timed
//
// A run of a prefill test computes p tokens and the logits of the last one. A run
// of a decode test computes n tokens one after another, each with all of its
// logits, and samples nothing. Token ids are random. One run of each test is made
// before the counted ones, to have memory mapped and threads awake.
//
// # Bytes a token
//
// [Traffic] counts what has to be read from memory: every weight once in a pass,
// and keys and values once. A pass of decode is one token, one of prefill up to
// [transformer.MaxBatch]. The bytes times the tokens a second, divided by the
// bandwidth, tell how near to the limit a decoder is. A model that fits into a
// cache of the CPU can be beyond it.
//
// [transformer.MaxBatch]: https://pkg.go.dev/github.com/bitnet-go/bitnet/bitnet-inference/transformer#MaxBatch
package bench
