//go:build amd64 || arm64

package parallel

// spin tells the core that this is a waiting loop, so that it saves power and
// leaves the memory pipeline to the thread that works.
func spin()

// ticks reads a counter that runs at a constant pace and is the same on all
// cores. Its unit differs from machine to machine; it costs a few nanoseconds,
// where the clock costs forty.
func ticks() uint64
