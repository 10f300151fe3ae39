// Package pool allocates memory outside the Go heap, quickly and within limits.
//
// A [Pool] is a [memory.Allocator]. Requests below 1 MiB take a block of one of 52
// sizes from a slab; larger ones take granules of 64 KiB from a buddy allocator. Both
// divide regions: mappings of 64 MiB and more. Allocating and releasing a small buffer
// is a push and a pop on a stack of free blocks that each processor of the Go scheduler
// has for itself (magazines); it makes no garbage, and neither does a large one.
//
//	p, err := pool.New(pool.Options{Limit: 4 << 30})
//	...
//	defer p.Close()
//	b, err := p.Alloc(2560*4, 0) // at a multiple of 64
//	...
//	defer b.Release()
//
// # What a request takes
//
// A small one takes a block that is at most a quarter larger, above 512 bytes, and a
// multiple of 64 below. A large one takes whole granules: a buddy allocator finds the
// power of two that holds it, but the granules beyond its end are free again at once.
// A tensor of 657 MB lies in a block of 1 GiB and takes 657 MB of it; the rest serves
// others, in blocks of 256 MiB and less.
//
// What new memory holds is undefined. [Pool.AllocZeroed] clears it, except for pages
// that have never been touched, which are zero.
//
// # Limits
//
// Limits count committed bytes: granules that somebody has, and those that were
// released and stay with the process, warm, for the next request. Address space that
// nobody has used yet does not count. Before an allocation fails, all that is free goes
// back to the system, that of magazines and empty slabs included; then it is a
// [*LimitError], nothing has changed, and the next one may succeed.
//
// # Giving memory back
//
// [Pool.Flush] collects free blocks from magazines, [Pool.Trim] returns free granules and
// regions to the system, [Pool.Compact] moves buffers that were allocated by
// [Pool.AllocMovable] together, so that more can be returned. Package reclaim decides
// when to do that.
//
// # Faults
//
// Buffers carry a generation, so double release and use after release panic at once,
// whatever the memory serves by then; see [memory.Span]. A slice of bytes that outlives
// its Buffer is found by a build with the tag memtrace (Linux): there every buffer ends
// at an unmapped page, released ones are unmapped, and panics tell where a buffer was
// allocated and released.
package pool
