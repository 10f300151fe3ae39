//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// BF16 sets d to the upper halves of v, rounded to nearest even, in the upper half of
// its words; NaNs become quiet. V20 is 0x7fff, V21 1, V22 0x400000; V16 is lost.
#define BF16(v, d) \
	VUSHR $16, v.S4, d.S4           \
	VAND  V21.B16, d.B16, d.B16     \
	VADD  V20.S4, d.S4, d.S4        \
	VADD  v.S4, d.S4, d.S4          \
	VORR  V22.B16, v.B16, V16.B16

// func widenF16NEON(dst *float32, src *uint16, n int)
TEXT ·widenF16NEON(SB), NOSPLIT, $0-24
	ARGUMENTS

loop:
	VLD1.P 32(R1), [V16.B16, V17.B16]
	FCVTL(0, 16)
	FCVTL2(1, 16)
	FCVTL(2, 17)
	FCVTL2(3, 17)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func widenBF16NEON(dst *float32, src *uint16, n int)
TEXT ·widenBF16NEON(SB), NOSPLIT, $0-24
	ARGUMENTS

loop:
	VLD1.P 32(R1), [V16.B16, V17.B16]
	SHLL(0, 16)
	SHLL2(1, 16)
	SHLL(2, 17)
	SHLL2(3, 17)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func narrowF16NEON(dst *uint16, src *float32, n int)
TEXT ·narrowF16NEON(SB), NOSPLIT, $0-24
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	FCVTN(16, 0)
	FCVTN2(16, 1)
	FCVTN(17, 2)
	FCVTN2(17, 3)
	VST1.P [V16.B16, V17.B16], 32(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func narrowBF16NEON(dst *uint16, src *float32, n int)
TEXT ·narrowBF16NEON(SB), NOSPLIT, $0-24
	ARGUMENTS
	MOVW $0x7fff, R3
	VDUP R3, V20.S4
	MOVW $1, R3
	VDUP R3, V21.S4
	MOVW $0x400000, R3
	VDUP R3, V22.S4

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	BF16(V0, V4)
	FCMEQ(17, 0, 0)
	VBIF   V17.B16, V16.B16, V4.B16
	BF16(V1, V5)
	FCMEQ(17, 1, 1)
	VBIF   V17.B16, V16.B16, V5.B16
	BF16(V2, V6)
	FCMEQ(17, 2, 2)
	VBIF   V17.B16, V16.B16, V6.B16
	BF16(V3, V7)
	FCMEQ(17, 3, 3)
	VBIF   V17.B16, V16.B16, V7.B16
	SHRN(18, 4)
	SHRN2(18, 5)
	SHRN(19, 6)
	SHRN2(19, 7)
	VST1.P [V18.B16, V19.B16], 32(R0)
	SUBS   $16, R2
	BNE    loop
	RET
