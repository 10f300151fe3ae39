// Package cli is the command bitnet: one file for each verb, and beside them
// what the verbs share.
//
// A verb's file holds its cobra command, which reads flags and arguments into an
// options struct, and one function that does the work and writes to [Streams].
//
// What a script may rely on:
//
//   - standard output carries the answer and nothing else; notes, progress and
//     errors go to standard error, progress only if that is a terminal
//   - exit code 0 is success, 1 an error (one line on standard error), 2 a
//     wrong command line, 130 an interrupt, after which the part of the answer
//     that was made has been printed; diff has 1 for models that differ and 2 for
//     every error, as diff(1) has
//   - --json prints one JSON value and a newline
package cli
