// Package benchmarks will own the comparisons that span modules: engine against
// engine, and the report that sets their figures side by side. It has no code
// yet; each module keeps its own go test -bench suite beside its kernels.
package benchmarks
