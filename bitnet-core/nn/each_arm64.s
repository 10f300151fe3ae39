//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Nothing here but EXP fuses a multiplication with an addition: each value has the
// bits of the generic code.

// func addNEON(dst *float32, x *float32, n int)
TEXT ·addNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FADD(0, 0, 2)
	FADD(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func scaleNEON(dst *float32, x *float32, n int, a float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS a+24(FP), F16
	VDUP  V16.S[0], V16.S4

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FMUL(0, 0, 16)
	FMUL(1, 1, 16)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func blendNEON(dst *float32, x *float32, n int, a float32, b float32)
TEXT ·blendNEON(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS a+24(FP), F16
	VDUP  V16.S[0], V16.S4
	FMOVS b+28(FP), F17
	VDUP  V17.S[0], V17.S4

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FMUL(0, 0, 16)
	FMUL(1, 1, 16)
	FMUL(2, 2, 17)
	FMUL(3, 3, 17)
	FADD(0, 0, 2)
	FADD(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET

// func gainNEON(dst *float32, x *float32, weights *float32, n int, a float32)
TEXT ·gainNEON(SB), NOSPLIT, $0-36
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  weights+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS a+32(FP), F16
	VDUP  V16.S[0], V16.S4

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R2), (F2, F3)
	FMUL(0, 0, 16)
	FMUL(1, 1, 16)
	FMUL(0, 0, 2)
	FMUL(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func relu2NEON(dst *float32, gate *float32, up *float32, n int)
TEXT ·relu2NEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD up+16(FP), R2
	MOVD n+24(FP), R3
	VEOR V16.B16, V16.B16, V16.B16

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R2), (F2, F3)
	FMAX(0, 0, 16)
	FMAX(1, 1, 16)
	FMUL(0, 0, 0)
	FMUL(1, 1, 1)
	FMUL(0, 0, 2)
	FMUL(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R3
	BNE     loop
	RET

// func siluNEON(dst *float32, gate *float32, up *float32, n int)
TEXT ·siluNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD gate+8(FP), R1
	MOVD up+16(FP), R2
	MOVD n+24(FP), R3
	EXP_CONSTANTS
	FNEG(16, 17)

loop:
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R2), F6
	FNEG(1, 0)
	FMIN(1, 1, 16)
	FMAX(1, 1, 17)
	EXP
	FADD(4, 4, 27)
	FDIV(0, 0, 4)
	FMUL(0, 0, 6)
	FMOVQ.P F0, 16(R0)
	SUBS    $4, R3
	BNE     loop
	RET

// func turnNEON(lo *float32, hi *float32, cos *float32, sin *float32, n int)
TEXT ·turnNEON(SB), NOSPLIT, $0-40
	MOVD lo+0(FP), R0
	MOVD hi+8(FP), R1
	MOVD cos+16(FP), R2
	MOVD sin+24(FP), R3
	MOVD n+32(FP), R4

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ   (R1), (F2, F3)
	FLDPQ.P 32(R2), (F4, F5)
	FLDPQ.P 32(R3), (F6, F7)
	FMUL(16, 0, 4)
	FMUL(17, 1, 5)
	FMUL(18, 2, 6)
	FMUL(19, 3, 7)
	FMUL(0, 0, 6)
	FMUL(1, 1, 7)
	FMUL(2, 2, 4)
	FMUL(3, 3, 5)
	FSUB(16, 16, 18)
	FSUB(17, 17, 19)
	FADD(0, 0, 2)
	FADD(1, 1, 3)
	FSTPQ.P (F16, F17), 32(R0)
	FSTPQ.P (F0, F1), 32(R1)
	SUBS    $8, R4
	BNE     loop
	RET

// func topNEON(x *float32, n int) float32
TEXT ·topNEON(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R1
	FLDPQ (R0), (F16, F17) // any value of x does to begin with
	FLDPQ 32(R0), (F18, F19)

loop:
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	FMAX(16, 16, 0)
	FMAX(17, 17, 1)
	FMAX(18, 18, 2)
	FMAX(19, 19, 3)
	SUBS    $16, R1
	BNE     loop
	FMAX(16, 16, 17)
	FMAX(18, 18, 19)
	FMAX(16, 16, 18)
	FMAXV(16, 16)
	FMOVS   F16, ret+16(FP)
	RET

// The sums are added in the order of squaresAVX2, whose bits these are.
//
// func squaresNEON(x *float32, n int) float32
TEXT ·squaresNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16

loop:
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	VFMLA   V0.S4, V0.S4, V16.S4
	VFMLA   V1.S4, V1.S4, V17.S4
	VFMLA   V2.S4, V2.S4, V18.S4
	VFMLA   V3.S4, V3.S4, V19.S4
	SUBS    $16, R1
	BNE     loop
	FADD(16, 16, 18)
	FADD(17, 17, 19)
	FADD(16, 16, 17)
	VEXT    $8, V16.B16, V16.B16, V17.B16
	FADD(16, 16, 17)
	FADDP(16, 16, 16)
	FMOVS   F16, ret+16(FP)
	RET
