// Package encoding holds what the writers of tensor files share: [TensorData],
// a named tensor on its way into a file, and [WriteFile], which replaces a file
// as a whole or not at all. The formats are in the folders below.
package encoding
