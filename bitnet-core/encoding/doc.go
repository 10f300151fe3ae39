// Package encoding holds what the formats of tensor files share: [TensorData], a
// named tensor on its way into a file, [WriteFile], which replaces a file as a
// whole or not at all, and [IsLFSPointer]. The formats are in the folders below.
package encoding
