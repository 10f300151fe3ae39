// Package screen answers questions about the largest logits of a model without
// reading the whole output head, and gives the same answers, to the bit, as if it
// had.
//
// The logits of a hidden state x (D) are W·x for a head W (V, D) of F16, BF16 or
// F32, and computing them all reads more bytes than the rest of a ternary model.
// A [Head] keeps beside W a copy in 8-bit codes, half as large as F16 or less, in two
// planes: the upper six bits of each code, coarse, and the lower two, fine. A
// [Search] multiplies the coarse plane with x, which places every logit in an interval
// that provably holds it. Where a question finds many intervals that reach far enough up,
// the fine plane of their rows narrows them. What still matters then is computed with
// [nn.Matrix.Mul], one logit at a time:
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
// For a row w of W let a be a scale and Q integers of at most 127. The code of Q is
// Q + 128 = 4·C + F with a coarse code C below 64 and a fine code F below 4. The middle
// of the four values of Q with the same C is half of K = 8·C - 253, an integer. So
//
//	w = a·Q + R = a/2·K + S
//
// and e ≥ ‖R‖, h ≥ ‖S‖ and n ≥ ‖w‖ are stored with a, 16 bytes for each row. For x let
// s be a scale and g integers of at most 32512 with x = s·g + d. Then
//
//	w·x = a/2·s·(K·g) + a/2·(K·d) + S·x
//
// and by Cauchy and Schwarz, with ‖a/2·K‖ ≤ n + h,
//
//	|w·x - a/2·s·(K·g)| ≤ (n + h)·‖d‖ + h·‖x‖.
//
// That is the interval of a scan. The same steps for Q give
//
//	|w·x - a·s·(Q·g)| ≤ (n + e)·‖d‖ + e·‖x‖,
//
// the narrow interval. h is some four times e where weights are spread evenly. For
// weights of a normal distribution and D = 2560 a scan's interval is 1.6 standard
// deviations of the logits to either side, and a narrow one 0.4.
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
// overflows. Scan refuses x where n·‖x‖ ≥ 2^124 for some row, so none does: partial
// sums stay under (1 + γ)·2^124, and no logit is infinite or NaN. No end of an interval
// is infinite either: the largest weight is at least 126·a, so h ≤ 2.01·a·√D ≤ 4.1·n, and the
// ends are below 1.01·(n + 2·h)·‖x‖ < 2^128. (Where a or s is below the normal numbers that may
// fail, but then ‖w‖ or ‖x‖ is below 2^-100 and everything small.)
//
// The screen's own arithmetic is float64. K·g and Q·g are computed exactly in integers. a
// and s are float32, so a·s, s·g, a/2·K and a·Q are exact too, R, S and d are rounded once,
// and what rounding does to the norms is far less than the 2^-30 by which they are
// enlarged. (Where a float32 kernel finds the norms of a row they are enlarged by
// more; its caller, encodeFast, has the reasons.) What rounding does to the middle of the
// interval and to the bound b, and what storing both ends as float32 does, is less than
// (|middle| + b)·2^-22, which is added to b. The middle of the scan's interval is not
// stored: a narrow one is found from its ends, and refine has the reasons why that is
// accurate enough. Tests hold every row to both bounds.
//
// # The dot product
//
// g = 256·hi + lo with hi and lo of 8 signed bits, so both Σ C·hi and Σ C·lo are sums of
// products of an unsigned and a signed byte, as VPDPBUSD and VPMADDUBSW take them, or of two
// signed ones, as SDOT and SMLAL do, since codes are below 64. K·g = 8·Σ C·g - 253·Σ g. The same holds for F, and 2·Q·g = K·g + 2·Σ F·g - 3·Σ g. A row
// has at most [MaxCols] = 65536 columns: 65536·63·128 < 2^31, so 32-bit sums never overflow
// and all variants agree to the bit. A row of either plane is a whole number of blocks of
// 256 columns, laid out as coarseCode and fineCode say; hi and lo are zero in the padding.
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
