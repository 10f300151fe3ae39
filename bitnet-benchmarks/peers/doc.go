// Command peers measures llama.cpp and bitnet in turns on the same file and prints
// how many times as fast bitnet is.
//
//	bitnet-benchmarks/peers/run --quick      # a few minutes
//	bitnet-benchmarks/peers/run              # some fifteen minutes
//	bitnet-benchmarks/peers/run --model model.gguf --simd avx2 --json
//
// run builds bitnet and this command and starts it. llama.cpp comes ready-made from
// npm, as the libraries of node-llama-cpp in a pinned version, into the user's cache
// directory; nothing of it is in this repository or linked into anything. npm and
// python3 have to be there.
//
// # What is compared
//
// By default a model of random weights in the shape of BitNet b1.58 2B-4T, TQ2_0,
// float16 head. Its activation function is SiLU, not 2B-4T's squared ReLU: SiLU is
// what llama.cpp computes for this architecture whatever the file says, and only
// engines that compute the same can be compared.
//
// Before anything is measured, both engines compute the logits of a short prompt,
// and if they do not agree (package agree says what that means), the command ends
// with an error, as it does when they report different sizes of what they loaded
// or when the file changes meanwhile.
//
// # How
//
// Every measurement is a process of its own: it maps the file, makes one run that
// is not counted and then -r runs. In each round both engines run each test one
// directly after the other, in changing order. A round's ratio is bitnet's tokens a
// second by llama.cpp's; the table has the median over the rounds, and from where
// to where they reach.
//
// # Questions
//
// With --choices both score the endings of the same multiple-choice questions, in the same
// tokens, and have to decide 95 % of them alike. llama.cpp does it as llama-perplexity
// --hellaswag: endings are sequences that share their beginning in one batch, with logits
// only where they are needed; once with the settings that program has by itself, a question at a
// time, and once with up to 32 in a batch of 2048 tokens, and the faster is measured.
// Of it only llama_decode is timed, after one that is not counted, of bitnet all but
// loading: tokenization and probabilities, too.
//
//	bitnet-benchmarks/peers/run --model model.gguf --choices hellaswag_val_full.txt -t 2
//
// # Calls
//
// llamacpp.py calls llama_decode through ctypes, with the settings of llama-bench:
// batches of 512 tokens, flash attention, float16 keys and values, the file mapped,
// the CPU backend that llama.cpp chooses for this CPU, a pool of threads that polls.
// Its resident memory includes some 20 MiB of Python and libraries.
package main
