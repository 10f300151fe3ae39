package simdtest

import "os"

// Emulated reports whether the test runs under the emulator of package isaemu,
// where kernels may be ten thousand times slower than on a CPU of their own: what
// only adds cases is to be left out then.
func Emulated() bool { return os.Getenv("BITNET_SIMD_EMULATED") != "" }
