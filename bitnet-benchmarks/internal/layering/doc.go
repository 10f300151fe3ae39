// Package layering states which module may import which, and its test holds the
// whole workspace to it:
//
//	core <- quant <- inference | training <- cli | benchmarks
//	core <- metal                         <- cli | benchmarks
//
// Nothing imports cli, so the model that is embedded there is in no other
// program. Only training's evaluation package runs models with inference. Core
// has no cgo, but for tokenizer/hf, which is empty without the build tag
// tokenizers.
//
// The linter has the same rules (depguard in .golangci.yml) to show a fault where
// it is written; the test needs no linter and sees every operating system.
package layering
