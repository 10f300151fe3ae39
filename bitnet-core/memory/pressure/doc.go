// Package pressure says how scarce memory is, as one of five levels from None to
// Critical, and calls whoever wants to know when that changes.
//
// A [Gauge] watches one limit whose use its owner knows, as a pool does: it is told
// of the use at every allocation and answers at once. A [Monitor], which [Watch]
// starts, looks at what only the system knows, four times a second:
//
//   - the limits of the control groups this process is in, version 1 or 2, and of
//     their ancestors: the one that is used most counts. File pages that the kernel
//     can drop without anybody noticing do not count as used;
//   - pressure stall information (PSI): the share of time in which tasks of the
//     group, or of the machine, waited for memory;
//   - the memory of the machine that can be had without swapping.
//
// Its level is the worst of these. macOS and Windows have the last one only. A
// Monitor also knows the tightest limit, [Monitor.Limit], for pools whose own is
// above it or which have none.
//
// # Levels
//
// A level begins at a share of the limit ([Thresholds]) and ends a little lower, so
// that use which swings about a threshold does not call everybody each time. What to
// do at which level is the callback's choice; the names of the constants suggest
// something.
//
// # Go's own limit
//
// Memory of a pool is mapped, outside the Go heap: the garbage collector neither
// sees nor counts it. It does not collect earlier because a pool has grown, and
// [runtime/debug.SetMemoryLimit] (GOMEMLIMIT) bounds what the Go runtime holds and
// nothing else. So the two must share the process' limit: give the runtime what
// [Monitor.Limit] says, less the limits of the pools, less something for memory that
// neither counts, such as thread stacks and the page cache of mapped weights. The
// example shows it. The runtime keeps to its limit by collecting more often; one that
// is less than the live heap makes it collect all the time, so a process whose heap
// grows should lower the limits of its pools first.
package pressure
