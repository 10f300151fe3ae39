// Package track says what a program does with its memory: how much is live and was at
// the peak, for which purpose and on which device, how large and how long-lived
// buffers are, where they were allocated and which ones were never released.
//
// A [Tracker] is a [memory.Allocator] around another one. Programs allocate from it,
// or from what [Tracker.Tagged] returns for a purpose and [Tracker.Device] for another
// device, and ask for a [Report], for the [Leak] list, for a timeline that Perfetto
// shows or for a heap profile that go tool pprof reads. [Patterns] looks for habits in
// a timeline and says what to do about them.
//
// # Levels
//
// [Level] chooses what is kept, and so what it costs:
//
//	None      nothing: buffers are the inner allocator's
//	Basic     live and peak bytes and counts, for two locks nobody else wants
//	Standard  sizes, lifetimes and ages too, for two looks at the clock
//	Detailed  stacks and a timeline too, for a walk over 20 frames
//
// BenchmarkTrackBasic, BenchmarkTrackStandard and BenchmarkTrackDetailed measure an
// allocation with its release, BenchmarkTrackNone what of that is the inner
// allocator's. No level allocates on the Go heap, once there were as many live buffers
// and as many stacks before. A live buffer takes some 100 bytes on it, a stack 350,
// both once for each shard that they come to.
//
// # Numbers
//
// Bytes are those that were asked for; what the inner allocator adds is in the
// [memory.Usage] of the report if it is a [memory.Meter]. Numbers and peaks are exact.
// A buffer counts from its allocation to the last release of it and of its slices,
// which happens just before the inner buffer is released.
//
// # Ownership and concurrency
//
// Buffers of a Tracker obey the rules of package memory: each has its own references
// and generation, and holds one reference to the inner buffer. Everything here may be
// called from any goroutine. Buffers are accounted for in shards, so that goroutines
// rarely wait for each other; whoever asks for a report stops all of them for a moment.
package track
