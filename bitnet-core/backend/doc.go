// Package backend is where devices plug in. A [Backend] owns one device's memory; what can
// be opened is in a registry that packages enter when they are imported, as drivers enter
// database/sql:
//
//	import "github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
//
//	b, err := backend.Open(cpu.Name, backend.Options{})
//	if err != nil {
//		return err
//	}
//	defer b.Close()
//	buf, err := b.Memory().Alloc(n, 0)
//
// The CPU is the only device so far, and every kernel runs on it. Kernels become part of
// the interface with the second device (ADR 20).
//
// # What is not there
//
// [List] has an entry for each driver in the program and for each that is known but
// absent (CUDA, Metal, MLX), with the reason: another system, or no package of the program provides
// it. [Open] of such a name is an [*UnavailableError], which wraps [errors.ErrUnsupported].
//
// # Writing one
//
// A package for a device implements [Backend], calls [Register] in its init and has
// backendtest.Check among its tests.
package backend
