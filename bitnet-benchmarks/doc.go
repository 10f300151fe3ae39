// Package benchmarks will own the comparisons that span modules: engine against
// engine, and the report that sets their figures side by side. It has no code
// yet; each module keeps its own go test -bench suite beside its kernels.
//
// As the module that nothing depends on, it also holds the check of which module
// imports which: internal/layering.
package benchmarks
