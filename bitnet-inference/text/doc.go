// Package text turns the token ids of a generation into the text a user may
// see, ending at stop strings.
//
// A stop string may come in the middle of a token or be spread over several,
// so text cannot be printed as it arrives: what could still become a stop
// string has to be held back until the next tokens tell. [Stream] does that
// and never prints any part of a stop string.
//
// # Where text is cut
//
// The text is read byte by byte. At the first byte that completes a stop
// string the generation is over; everything before that stop string's first
// byte is the result. If one byte completes several stop strings, the longest
// counts, that is the one that begins first. The result depends on the text
// alone and not on how tokens divide it.
//
// Every stop string costs one Knuth-Morris-Pratt automaton: memory is
// proportional to the strings' length, time to text length times the number of
// stop strings.
//
// A Stream belongs to one generation and is not safe for concurrent use.
package text
