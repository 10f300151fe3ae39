//go:build !linux && !purego

package simd

// allowTiles reports whether the tile registers of AMX may be used. How other
// systems grant that is not implemented.
func allowTiles() bool { return false }
