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

// ROUND sets the vector v to the integers nearest to v·V20, limited to V21 and V22, 0
// for NaN.
#define ROUND(v) \
	FMUL(v, v, 20) \
	FMAX(v, v, 21) \
	FMIN(v, v, 22) \
	FCVTNS(v, v)

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

// func widenI8NEON(dst *float32, src *int8, n int, scale float32)
TEXT ·widenI8NEON(SB), NOSPLIT, $0-28
	ARGUMENTS
	FMOVS scale+24(FP), F20
	VDUP  V20.S[0], V20.S4

loop:
	VLD1.P 16(R1), [V16.B16]
	SXTLB(4, 16)
	SXTLB2(5, 16)
	SXTLH(0, 4)
	SXTLH2(1, 4)
	SXTLH(2, 5)
	SXTLH2(3, 5)
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	FMUL(0, 0, 20)
	FMUL(1, 1, 20)
	FMUL(2, 2, 20)
	FMUL(3, 3, 20)
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

// func roundBytesNEON(dst *byte, src *float32, n int, inverse, lo, hi float32)
TEXT ·roundBytesNEON(SB), NOSPLIT, $0-36
	ARGUMENTS
	FMOVS inverse+24(FP), F20
	VDUP  V20.S[0], V20.S4
	FMOVS lo+28(FP), F21
	VDUP  V21.S[0], V21.S4
	FMOVS hi+32(FP), F22
	VDUP  V22.S[0], V22.S4

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	ROUND(0)
	ROUND(1)
	ROUND(2)
	ROUND(3)
	XTNS(4, 0)
	XTNS2(4, 1)
	XTNS(5, 2)
	XTNS2(5, 3)
	XTNH(6, 4)
	XTNH2(6, 5)
	VST1.P [V6.B16], 16(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func absMaxNEON(src *float32, n int) uint32
TEXT ·absMaxNEON(SB), NOSPLIT, $0-20
	MOVD src+0(FP), R1
	MOVD n+8(FP), R2
	MOVW $0x7fffffff, R3
	VDUP R3, V20.S4
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VAND   V20.B16, V0.B16, V0.B16
	VAND   V20.B16, V1.B16, V1.B16
	VAND   V20.B16, V2.B16, V2.B16
	VAND   V20.B16, V3.B16, V3.B16
	UMAX(4, 4, 0)
	UMAX(5, 5, 1)
	UMAX(6, 6, 2)
	UMAX(7, 7, 3)
	SUBS   $16, R2
	BNE    loop
	UMAX(4, 4, 5)
	UMAX(6, 6, 7)
	UMAX(4, 4, 6)
	UMAXV(4, 4)
	VMOV   V4.S[0], R3
	MOVW   R3, ret+16(FP)
	RET
