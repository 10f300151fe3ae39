// Package parallel runs short loops on a fixed set of threads.
//
// One token of a small model is some fifty loops of 5 to 50 µs each. Starting
// goroutines or waiting on channels for every one of them costs more than the
// second core brings, so a [Pool] keeps its workers spinning for a while after
// each loop and parks them only when nothing comes. Iterations are claimed one
// chunk at a time by compare-and-swap: the caller claims too, and never waits
// for a worker that has claimed nothing, so a worker that the operating system
// has taken off its core costs parallelism, not time. Each thread has a share of
// the chunks, the same in every loop over as many, and claims from others only when
// its own are gone, so threads seldom meet at a counter.
//
// A Pool belongs to whoever called [New], who must call [Pool.Close].
//
// [Each] is for long work, such as reading the tensors of a file.
package parallel
