// Package memory hands out regions of bytes that live outside or inside the Go
// heap, with one rule for both: a [Buffer] is counted, and its memory goes back
// when the last reference is released.
//
// Regions come from an [Allocator] ([Heap], [Mapped]), from a file ([MapFile], or
// [MapFilePrivate] to write to them without changing it), from memory that processes
// share ([Shared]), or from bytes the caller already has ([Wrap]). What a new region holds is
// undefined; [AllocZeroed] clears it. A pool or a device provides its
// own Allocator and makes its buffers with [NewBuffer] or, without any allocation
// of its own, from a [Span].
//
// # Ownership
//
// Whoever receives a Buffer from an Allocator, MapFile, Wrap, NewBuffer, Retain
// or Slice owns one reference and releases it once. Functions that merely use a
// Buffer take no reference. Releasing twice panics, and so does looking at the
// bytes through a released Buffer, even if its memory serves another one by then:
// every Buffer carries the generation of its memory that it was made in. A slice of
// bytes obtained earlier is not protected and must not outlive the reference it came
// from, because mapped memory is gone then. In a build with the tag memtrace the
// panic says where the memory was allocated and released.
//
// # Frozen buffers
//
// An owner that will not need a buffer for a while can have it compressed: [Freeze]
// takes the reference, if it is the only one, and gives back the memory; until
// [Frozen.Thaw] there is nothing to read the bytes by.
//
// # Processes
//
// Two processes that map one file hold one copy of its pages, in the system's cache,
// as long as they do not write to them: so do two that run the same model. With
// [Shared], or a file and [OpenShared], they see each other's writes.
//
// # Concurrency
//
// Retain, Release and Slice may be called from any goroutine that holds a
// reference. The bytes themselves are plain memory: readers may share them,
// writers need their own order.
package memory
