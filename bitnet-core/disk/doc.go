// Package disk says how much room there is where a file is to be written, and what errors of writing mean: that
// there is none ([IsFull]), or that nothing may be written ([IsReadOnly]). [Cause] is such an error without the name of
// a temporary file.
package disk
