//go:build armbe || arm64be || m68k || mips || mips64 || mips64p32 || ppc || ppc64 || s390 || s390x || shbe || sparc || sparc64

package tensor

// Typed views of file bytes would hold swapped numbers here, so the build stops.
var _ = bitnet_needs_a_little_endian_machine
