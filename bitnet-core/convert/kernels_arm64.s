//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// ROUND sets the vector v to the integers nearest to v·V20, limited to V21 and V22, 0
// for NaN.
#define ROUND(v) \
	FMUL(v, v, 20) \
	FMAX(v, v, 21) \
	FMIN(v, v, 22) \
	FCVTNS(v, v)

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
