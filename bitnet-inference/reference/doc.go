// Package reference computes a model's logits the slow, obvious way: one loop
// for every sum of the definition, float64 everywhere but in the integer
// products, which are exact. It shares no kernel with package transformer and
// settles what that package's answers should be.
//
// A [Model] holds one byte a ternary weight and eight bytes a dense one, so it is
// for small models and for checking.
package reference
