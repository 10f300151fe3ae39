// Package benchmarks has no code of its own: it is the place of comparisons that
// span modules. Each module keeps its own go test -bench suite beside its kernels,
// and bitnet bench measures one model.
//
//	peers/run           llama.cpp and bitnet in turns on the same file
//	gemm/run            matrix products against OpenBLAS and gonum
//	numpy/run           operations on tensors against NumPy
//	tokenize/run        tokenizers against Hugging Face's library, threads, memory
//	internal/paired     ratios of figures that were measured in turns, with their spread
//	internal/agree      whether two engines compute the same model
//	internal/layering   which module may import which, as nothing imports this one
package benchmarks
