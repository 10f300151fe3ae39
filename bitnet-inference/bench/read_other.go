//go:build !amd64 || purego

package bench

func read(d []uint64) uint64 { return readGeneric(d) }
