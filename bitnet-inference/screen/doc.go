// Package screen answers questions about the largest logits of a model without
// reading the whole output head, and gives the same answers, to the bit, as if it
// had.
//
// The logits of a hidden state x (D) are W·x for a head W (V, D) of F16, BF16 or
// F32, and computing them all reads more bytes than the rest of a ternary model.
// A [Head] keeps beside W a copy in 8-bit codes, half as large as F16 or less. A
// [Search] multiplies the copy with x, which places every logit in an interval
// that provably holds it, and computes with [nn.Matrix.Mul] only the logits whose
// intervals reach far enough up:
//
//	s := head.NewSearch(pool)
//	ok := s.Scan(x)                  // intervals of all V logits
//	best, ok := s.Top(nil, 40)       // the 40 largest, exact
//
// ok is false where the screen would not pay, because too many intervals overlap,
// or does not apply, because x is not finite. Nothing is lost then but time: the
// caller computes all logits as it would without a screen.
//
// # The bound
//
// For a row w of W let a be a scale and Q integers of at most 127 with w = a·Q + R;
// e ≥ ‖R‖ and n ≥ ‖w‖ are stored with a, 12 bytes for each row. For x let s be a
// scale and g integers of at most 32512 with x = s·g + d. Then
//
//	w·x = a·s·(Q·g) + a·(Q·d) + R·x
//
// and by Cauchy and Schwarz, with ‖a·Q‖ ≤ n + e,
//
//	|w·x - a·s·(Q·g)| ≤ (n + e)·‖d‖ + e·‖x‖.
//
// nn.Matrix.Mul does not return w·x but a float32 sum of D products in some order,
// fused or not. A product meets at most D roundings on its way into the sum, each
// of relative size u = 2^-24, so by the usual analysis (Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, section 3.1) the result is off by at
// most
//
//	γ·Σ|w_c·x_c| ≤ γ·n·‖x‖,  γ = D·u / (1 - D·u)
//
// plus D·2^-148 for products below the smallest normal float32, if no partial sum
// overflows. Scan refuses x where n·‖x‖ ≥ 2^126 for some row, so none does: partial
// sums stay under (1 + γ)·2^126, and no logit is infinite or NaN.
//
// The screen's own arithmetic is float64. Q·g is computed exactly in integers. a
// and s are float32, so a·s, s·g and a·Q are exact too, R and d are rounded once,
// and what rounding does to the norms is far less than the 2^-30 by which they are
// enlarged. (Where a float32 kernel finds the norms of a row they are enlarged by
// more; its caller, encodeFast, has the reasons.) What rounding does to the middle of the interval and to the bound b, and what
// storing both ends as float32 does, is less than (|middle| + b)·2^-22, which is
// added to b. Tests hold every row to the bound.
//
// # The dot product
//
// Codes are stored as bytes Q + 128, and g = 256·hi + lo with hi and lo of 8 signed
// bits, so both Σ code·hi and Σ code·lo are sums of products of an unsigned and a
// signed byte, as VPDPBUSD takes them, and Q·g = 256·Σ code·hi + Σ code·lo - 128·Σ g.
// A row has at most [MaxCols] = 65536 columns: 65536·255·128 < 2^31, so 32-bit sums
// never overflow and all variants agree to the bit. Rows are padded to multiples of
// 64 bytes, and their number to a multiple of 4; hi and lo are zero in the padding.
//
// # Recomputing a row
//
// A row's result of nn.Matrix.Mul does not depend on the rows computed with it,
// which that package's tests hold all its kernels to. Which rows are recomputed has
// no influence on what comes out, and neither have the CPU or the number of threads
// beyond what they have on nn.Matrix.Mul.
//
// # Ownership and concurrency
//
// A Head reads the bytes of its Matrix and does not own them; it owns its codes
// until Release. It does not change once made, and any number of Searches may use
// it side by side. A Search is for one goroutine at a time.
package screen
