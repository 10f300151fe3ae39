// Package saved keeps what a model predicts in a file, so that others can be compared with
// it when it is no longer at hand, or too large to be run each time. Logarithms of
// probabilities have 16 bits each, an idea of llama.cpp's.
//
// # Layout
//
// Numbers are little-endian. The header is followed by a record for each position.
//
//	header  8   "BITNETLP"
//	        4   version, 1
//	        4   V, the size of the vocabulary
//	        8   number of positions, 1 at least
//	        32  SHA-256 of the tokens, see Digest
//	record  4   CRC-32C of the rest of the record
//	        4   least, float32
//	        4   step, float32
//	        2·V codes: ln p is least + step·code
//
// # Error
//
// A record reaches from its largest logarithm to its least, but no further than 32 below the
// largest: what is less likely than that by a factor of 8·10¹³ becomes that likely, which
// adds 2·10⁻⁹ of probability to 128k tokens. So step is at most 32/65535, and each
// logarithm off by at most h = 2.5·10⁻⁴. Read probabilities are made to have a sum of 1,
// which doubles that, and a divergence from them is off by at most about
// 2h·Σ p·|ln p/q| + 4h²: 0.0005 times the mean size of the logarithm's difference, and
// far less as a rule, as errors of both signs are added.
package saved
