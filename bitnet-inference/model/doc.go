// Package model says what a decoder-only language model is: the numbers that
// fix its graph ([Config]) and its tensors by role ([Weights]), whatever file
// they came from. It computes nothing: package transformer runs the graph fast,
// package reference runs it slowly and obviously, package checkpoint reads both
// parts from files.
//
// Shape letters, here and in those packages: T tokens, D model width, H query
// heads, G key-value heads, V vocabulary.
package model
