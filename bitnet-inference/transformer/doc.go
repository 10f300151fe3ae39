// Package transformer runs the graph of package model fast: ternary projections
// on int8 activations, everything else in float32, loops spread over a thread
// pool.
//
// A [Model] is immutable and may be shared; a [State] is one sequence with its
// KV cache, and a [Pass] the scratch in which tokens of one sequence or several are
// computed. Both belong to one goroutine at a time. Results agree with package
// reference to float32 rounding, except where an activation lies
// so near a rounding boundary that its int8 code falls the other way. A token's
// hidden state and logits are the same bits in a batch of any size and on any
// number of threads.
package transformer
