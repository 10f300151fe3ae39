//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Each of these reads 16 values at p to V4-V7 and moves p past them.
#define LOAD_F32(p) \
	FLDPQ.P 32(p), (F4, F5) \
	FLDPQ.P 32(p), (F6, F7)

#define LOAD_F16(p) \
	FLDPQ.P 32(p), (F16, F17) \
	FCVTL(4, 16)              \
	FCVTL2(5, 16)             \
	FCVTL(6, 17)              \
	FCVTL2(7, 17)

#define LOAD_BF16(p) \
	FLDPQ.P 32(p), (F16, F17) \
	SHLL(4, 16)               \
	SHLL2(5, 16)              \
	SHLL(6, 17)               \
	SHLL2(7, 17)

// MULTIPLY adds V4-V7 times the activations in V0-V3 to two accumulators.
#define MULTIPLY(a, b) \
	VFMLA V4.S4, V0.S4, a.S4 \
	VFMLA V5.S4, V1.S4, b.S4 \
	VFMLA V6.S4, V2.S4, a.S4 \
	VFMLA V7.S4, V3.S4, b.S4

// The four rows after these follow them in memory: they are asked into the
// second-level cache meanwhile. R8-R11 walk over them, R1 and R5-R7 over these.
#define DOT_BEGIN \
	MOVD out+0(FP), R0            \
	MOVD w+8(FP), R1              \
	MOVD stride+16(FP), R2        \
	MOVD x+24(FP), R3             \
	MOVD n+32(FP), R4             \
	ADD  R2, R1, R5               \
	ADD  R2, R5, R6               \
	ADD  R2, R6, R7               \
	ADD  R2, R7, R8               \
	ADD  R2, R8, R9               \
	ADD  R2, R9, R10              \
	ADD  R2, R10, R11             \
	VEOR V20.B16, V20.B16, V20.B16 \
	VEOR V21.B16, V21.B16, V21.B16 \
	VEOR V22.B16, V22.B16, V22.B16 \
	VEOR V23.B16, V23.B16, V23.B16 \
	VEOR V24.B16, V24.B16, V24.B16 \
	VEOR V25.B16, V25.B16, V25.B16 \
	VEOR V26.B16, V26.B16, V26.B16 \
	VEOR V27.B16, V27.B16, V27.B16

#define DOT_LOOP(LOAD, size) \
loop:                           \
	PRFM    (R8), PLDL2KEEP     \
	PRFM    (R9), PLDL2KEEP     \
	PRFM    (R10), PLDL2KEEP    \
	PRFM    (R11), PLDL2KEEP    \
	FLDPQ.P 32(R3), (F0, F1)    \
	FLDPQ.P 32(R3), (F2, F3)    \
	LOAD(R1)                    \
	MULTIPLY(V20, V21)          \
	LOAD(R5)                    \
	MULTIPLY(V22, V23)          \
	LOAD(R6)                    \
	MULTIPLY(V24, V25)          \
	LOAD(R7)                    \
	MULTIPLY(V26, V27)          \
	ADD     $(16*size), R8      \
	ADD     $(16*size), R9      \
	ADD     $(16*size), R10     \
	ADD     $(16*size), R11     \
	SUBS    $16, R4             \
	BNE     loop

// Sums of neighbours, twice, make one vector of four results.
#define DOT_END \
	FADD(20, 20, 21)  \
	FADD(22, 22, 23)  \
	FADD(24, 24, 25)  \
	FADD(26, 26, 27)  \
	FADDP(20, 20, 22) \
	FADDP(24, 24, 26) \
	FADDP(20, 20, 24) \
	FMOVQ F20, (R0)   \
	RET

// ADD_WEIGHTED adds V4-V7 times the weight in V0 to four vectors of the result.
#define ADD_WEIGHTED(a, b, c, d) \
	VFMLA V4.S4, V0.S4, a.S4 \
	VFMLA V5.S4, V0.S4, b.S4 \
	VFMLA V6.S4, V0.S4, c.S4 \
	VFMLA V7.S4, V0.S4, d.S4

// The 32 columns of the result stay in V20-V27.
#define SUM(LOAD) \
	MOVD    dst+0(FP), R0          \
	MOVD    rows+8(FP), R1         \
	MOVD    stride+16(FP), R2      \
	MOVD    p+24(FP), R3           \
	MOVD    n+32(FP), R4           \
	VEOR    V20.B16, V20.B16, V20.B16 \
	VEOR    V21.B16, V21.B16, V21.B16 \
	VEOR    V22.B16, V22.B16, V22.B16 \
	VEOR    V23.B16, V23.B16, V23.B16 \
	VEOR    V24.B16, V24.B16, V24.B16 \
	VEOR    V25.B16, V25.B16, V25.B16 \
	VEOR    V26.B16, V26.B16, V26.B16 \
	VEOR    V27.B16, V27.B16, V27.B16 \
loop:                              \
	MOVD    R1, R5                 \
	VLD1R.P 4(R3), [V0.S4]         \
	LOAD(R5)                       \
	ADD_WEIGHTED(V20, V21, V22, V23) \
	LOAD(R5)                       \
	ADD_WEIGHTED(V24, V25, V26, V27) \
	ADD     R2, R1                 \
	SUBS    $1, R4                 \
	BNE     loop                   \
	FSTPQ   (F20, F21), (R0)       \
	FSTPQ   (F22, F23), 32(R0)     \
	FSTPQ   (F24, F25), 64(R0)     \
	FSTPQ   (F26, F27), 96(R0)     \
	RET

// func dotRows4F32NEON(out *[4]float32, w *byte, stride int, x *float32, n int)
TEXT ·dotRows4F32NEON(SB), NOSPLIT, $0-40
	DOT_BEGIN
	DOT_LOOP(LOAD_F32, 4)
	DOT_END

// func dotRows4F16NEON(out *[4]float32, w *byte, stride int, x *float32, n int)
TEXT ·dotRows4F16NEON(SB), NOSPLIT, $0-40
	DOT_BEGIN
	DOT_LOOP(LOAD_F16, 2)
	DOT_END

// func dotRows4BF16NEON(out *[4]float32, w *byte, stride int, x *float32, n int)
TEXT ·dotRows4BF16NEON(SB), NOSPLIT, $0-40
	DOT_BEGIN
	DOT_LOOP(LOAD_BF16, 2)
	DOT_END

// func weightedSumF32NEON(dst *float32, rows *byte, stride int, p *float32, n int)
TEXT ·weightedSumF32NEON(SB), NOSPLIT, $0-40
	SUM(LOAD_F32)

// func weightedSumF16NEON(dst *float32, rows *byte, stride int, p *float32, n int)
TEXT ·weightedSumF16NEON(SB), NOSPLIT, $0-40
	SUM(LOAD_F16)

// func expSumNEON(x *float32, n int, top float32, sum *float32)
TEXT ·expSumNEON(SB), NOSPLIT, $0-32
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R1
	FMOVS top+16(FP), F16
	VDUP  V16.S[0], V16.S4
	MOVD  sum+24(FP), R2
	EXP_CONSTANTS
	VEOR  V0.B16, V0.B16, V0.B16

loop:
	FMOVQ (R0), F1
	FSUB(1, 1, 16)
	FMAX(1, 1, 17)
	EXP
	FMOVQ.P F4, 16(R0)
	FADD(0, 0, 4)
	SUBS  $4, R1
	BNE   loop
	FADDP(0, 0, 0)
	FADDP(0, 0, 0)
	FMOVS F0, (R2)
	RET
