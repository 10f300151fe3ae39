// Package calibrate measures the activations that projections read, and searches for
// better roundings with what it measured.
//
// A [Collector] takes rows of activations and sums them up in [Statistics]: for each
// [Key], a layer and what reads its input there, one [Input] with extremes, moments and
// histograms. Statistics of different texts are combined by [Statistics.Merge], and
// saved and loaded as files.
//
// # What is kept of an input of width W
//
//	Rounded     whether what reads it rounds it to int8
//	Tokens      rows seen; NotFinite more had a NaN or an infinity and are left out
//	Sum         Σ x
//	AbsMax[c]   max |x| of channel c
//	SumSq[c]    Σ x² of channel c
//	Magnitudes  how many |x| lie in each quarter of an octave, see [Magnitudes]
//	Shares      how much lies at which share of its row's largest magnitude, see [Shares]
//
// All are sums or maxima, so merging is associative and does not depend on the order, but
// for the rounding of float64 sums. Nothing grows with the number of tokens.
//
// # What is searched for
//
// [Shares.Clip] finds the share of a row's largest magnitude at which activations had best
// be cut off before they are rounded to int8 (package int8act), which makes the steps
// smaller for all others:
//
//	E(c) = Σ_rows Σ_i (x_i - s·clamp(round(x_i/s), -127, 127))²,  s = c·max|x|/127
//
// [ScaleSearch] finds the scale of a ternary matrix that matters least for its outputs:
//
//	E(s) = Σ_rc m_c·(w_rc - s·t_rc)²,  t = clamp(round(w/s), -1, 1),  m_c = mean of x_c²
//
// which is the mean squared error of Σ_c w_rc·x_c for inputs whose channels are
// uncorrelated. Both know activations and weights by bins only, and Clip tries some two
// hundred shares, so what they find is near the best: the error that is said of it is right
// to a thousandth or so of itself, of rows that are not below int8act's Eps. [RowSearch] is
// the search of scales without bins, for the few weights of a row. All say what
// is gained against what package int8act and package absmean do: 0 where that is nothing.
//
// # Files
//
// [Statistics.Write] writes safetensors: for every input, under its [Key] and a dot, the
// tensors counts, sum, absmax, sumsq, magnitudes and shares; the metadata has the version
// of the format and the model's fingerprint. [Parse] trusts nothing of it.
//
// # Concurrency
//
// A Collector may be used by several goroutines at once; all else belongs to
// one at a time. Rows that one goroutine adds in order make the same statistics to the bit.
package calibrate
