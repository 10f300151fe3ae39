// Package reclaim decides which free memory of a pool goes back to the system, and
// when. The pool knows how: its buffers, once released, leave blocks in magazines,
// empty slabs and free granules, all of which stay with the process, warm, until
// somebody takes them away.
//
// [Run] does it once and says what came of it:
//
//	report, err := reclaim.Run(ctx, p, reclaim.Options{Compact: true})
//	...
//	fmt.Println(report) // what was returned, in what time, and what it left
//
// [Start] does it from time to time, and at once when memory is scarce.
//
// # Strategies
//
// A [Strategy] makes a [Plan]: which of three things to do, in which order, to which
// regions, and how many bytes are enough.
//
//   - Trim returns free granules, and whole regions that nobody uses. It is one call
//     to the system for each piece; memory that is wanted again costs page faults.
//   - Flush collects free blocks from the magazines of all processors, so that their
//     slabs become free granules. It stops the world for some microseconds.
//   - Compact moves buffers together, of owners that allocated them with
//     [memory.AllocMovable], so that what they leave is free. It costs a copy. A buffer
//     that somebody has pinned, or one that is no Movable, never moves.
//
// [All] does all of it. [Idle] trims regions in which nothing was allocated or released
// for some time, [Generational] also flushes, and moves buffers out of the oldest
// regions only. [Pressure] goes from the cheapest to the dearest until so much is
// committed as there should be. A device's pool may know better what its memory costs:
// one that is a Strategy itself is asked when Options name none.
//
// Memory in use is never returned, by any of them: a Trim takes free granules only.
//
// # Time
//
// Ages count epochs of the pool, since anything was taken from a region or released
// to it; blocks that come and go within a slab do not count, and the slab does not go
// while one is held. [Start] begins an epoch with every interval; who calls Run by
// himself calls the pool's Advance as well.
//
// # Figures
//
// A [Report] has bytes as the pool counts them and, on Linux, as the kernel does: the
// resident set of the process, whatever else it does meanwhile. The kernel keeps that
// count a little behind, by up to 128 KiB a processor. Of the measures of fragmentation
// ([Measure]) External, which [memory.Usage] defines as a share of the free bytes, is near
// 1 when only slabs have free blocks left, after any Trim; Unused is the one that a
// reclaim lowers.
package reclaim
