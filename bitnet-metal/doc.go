// Package metal will own the Metal and MLX backends for Apple GPUs, through cgo
// on darwin. It has no code yet.
package metal
