//go:build !purego

package nn

// dotRows4F32NEON is dotRows4 for rows of F32; n is a positive multiple of 16.
//
//go:noescape
func dotRows4F32NEON(out *[4]float32, w *byte, stride int, x *float32, n int)

// dotRows4F16NEON is dotRows4 for rows of F16; n is a positive multiple of 16.
//
//go:noescape
func dotRows4F16NEON(out *[4]float32, w *byte, stride int, x *float32, n int)

// dotRows4BF16NEON is dotRows4 for rows of BF16; n is a positive multiple of 16.
//
//go:noescape
func dotRows4BF16NEON(out *[4]float32, w *byte, stride int, x *float32, n int)

// weightedSumF32NEON is weightedSum for 32 columns of F32; stride is in bytes, n is positive.
//
//go:noescape
func weightedSumF32NEON(dst *float32, rows *byte, stride int, p *float32, n int)

// weightedSumF16NEON is weightedSum for 32 columns of F16; stride is in bytes, n is positive.
//
//go:noescape
func weightedSumF16NEON(dst *float32, rows *byte, stride int, p *float32, n int)

// expSumNEON is expSum; n is a positive multiple of 4.
//
//go:noescape
func expSumNEON(x *float32, n int, top float32, sum *float32)
