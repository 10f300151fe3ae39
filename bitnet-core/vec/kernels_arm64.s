//go:build !purego

#include "textflag.h"

// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define FADD(d, n, m)  WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d)) // FADD d.4S, n.4S, m.4S
#define FSUB(d, n, m)  WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d)) // FSUB d.4S, n.4S, m.4S
#define FMUL(d, n, m)  WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FDIV(d, n, m)  WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d)) // FDIV d.4S, n.4S, m.4S
#define FMAX(d, n, m)  WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d)) // FMAX d.4S, n.4S, m.4S
#define FMIN(d, n, m)  WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d)) // FMIN d.4S, n.4S, m.4S
#define FABS(d, n)     WORD $(0x4ea0f800 | (n)<<5 | (d))           // FABS d.4S, n.4S
#define FNEG(d, n)     WORD $(0x6ea0f800 | (n)<<5 | (d))           // FNEG d.4S, n.4S
#define FSQRT(d, n)    WORD $(0x6ea1f800 | (n)<<5 | (d))           // FSQRT d.4S, n.4S
#define FMAXV(d, n)    WORD $(0x6e30f800 | (n)<<5 | (d))           // FMAXV Sd, n.4S
#define FMINV(d, n)    WORD $(0x6eb0f800 | (n)<<5 | (d))           // FMINV Sd, n.4S
#define FCVTL(d, n)    WORD $(0x0e617800 | (n)<<5 | (d))           // FCVTL d.2D, n.2S
#define FCVTL2(d, n)   WORD $(0x4e617800 | (n)<<5 | (d))           // FCVTL2 d.2D, n.4S
#define DADD(d, n, m)  WORD $(0x4e60d400 | (m)<<16 | (n)<<5 | (d)) // FADD d.2D, n.2D, m.2D
#define DSUB(d, n, m)  WORD $(0x4ee0d400 | (m)<<16 | (n)<<5 | (d)) // FSUB d.2D, n.2D, m.2D
#define DMUL(d, n, m)  WORD $(0x6e60dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.2D, n.2D, m.2D
#define DABS(d, n)     WORD $(0x4ee0f800 | (n)<<5 | (d))           // FABS d.2D, n.2D
#define DADDP(d, n)    WORD $(0x7e70d800 | (n)<<5 | (d))           // FADDP Dd, n.2D

// EXTREME folds the values at R0 by OP, and four of them by ACROSS.
#define EXTREME(label, OP, ACROSS) \
label:                          \
	FLDPQ.P 32(R0), (F2, F3) \
	OP(0, 0, 2)              \
	OP(1, 1, 3)              \
	SUBS  $8, R1             \
	BNE   label              \
	OP(0, 0, 1)              \
	ACROSS(0, 0)             \
	FMOVS F0, ret+24(FP)     \
	RET

// BINARY sets the values at R0 to OP of those at R1 and R2.
#define BINARY(label, OP) \
label:                          \
	FLDPQ.P 32(R1), (F0, F1) \
	FLDPQ.P 32(R2), (F2, F3) \
	OP(0, 0, 2)              \
	OP(1, 1, 3)              \
	FSTPQ.P (F0, F1), 32(R0) \
	SUBS    $8, R3           \
	BNE     label            \
	RET

// func binaryNEON(op int, dst, a, b *float32, n int)
TEXT ·binaryNEON(SB), NOSPLIT, $0-40
	MOVD op+0(FP), R4
	MOVD dst+8(FP), R0
	MOVD a+16(FP), R1
	MOVD b+24(FP), R2
	MOVD n+32(FP), R3
	CBZ  R4, add
	CMP  $1, R4
	BEQ  sub
	CMP  $2, R4
	BEQ  mul
	CMP  $3, R4
	BEQ  div
	CMP  $4, R4
	BEQ  least
	BINARY(most, FMAX)
	BINARY(add, FADD)
	BINARY(sub, FSUB)
	BINARY(mul, FMUL)
	BINARY(div, FDIV)
	BINARY(least, FMIN)

// SCALAR sets the values at R0 to OP of those at R1 and V16, or the other way round.
#define SCALAR(label, OP) \
label:                          \
	FLDPQ.P 32(R1), (F0, F1) \
	OP(0, 0, 16)             \
	OP(1, 1, 16)             \
	FSTPQ.P (F0, F1), 32(R0) \
	SUBS    $8, R3           \
	BNE     label            \
	RET
#define TURNED(label, OP) \
label:                          \
	FLDPQ.P 32(R1), (F0, F1) \
	OP(0, 16, 0)             \
	OP(1, 16, 1)             \
	FSTPQ.P (F0, F1), 32(R0) \
	SUBS    $8, R3           \
	BNE     label            \
	RET

// func scalarNEON(op int, dst, a *float32, n int, s float32)
TEXT ·scalarNEON(SB), NOSPLIT, $0-36
	MOVD  op+0(FP), R4
	MOVD  dst+8(FP), R0
	MOVD  a+16(FP), R1
	MOVD  n+24(FP), R3
	FMOVS s+32(FP), F16
	VDUP  V16.S[0], V16.S4
	CBZ   R4, add
	CMP   $1, R4
	BEQ   from
	CMP   $2, R4
	BEQ   mul
	CMP   $3, R4
	BEQ   div
	CMP   $4, R4
	BEQ   over
	CMP   $5, R4
	BEQ   least
	CMP   $6, R4
	BEQ   most

axpy:
	FLDPQ   (R0), (F2, F3)
	FLDPQ.P 32(R1), (F0, F1)
	FMUL(0, 0, 16)
	FMUL(1, 1, 16)
	FADD(0, 0, 2)
	FADD(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R3
	BNE     axpy
	RET

	SCALAR(add, FADD)
	TURNED(from, FSUB)
	SCALAR(mul, FMUL)
	SCALAR(div, FDIV)
	TURNED(over, FDIV)
	SCALAR(least, FMIN)
	SCALAR(most, FMAX)

// UNARY sets the values at R0 to OP of those at R1.
#define UNARY(label, OP) \
label:                          \
	FLDPQ.P 32(R1), (F0, F1) \
	OP(0, 0)                 \
	OP(1, 1)                 \
	FSTPQ.P (F0, F1), 32(R0) \
	SUBS    $8, R3           \
	BNE     label            \
	RET
#define RELU(d, n) FMAX(d, n, 16)
#define RELU2(d, n) \
	FMAX(d, n, 16) \
	FMUL(d, d, d)

// func unaryNEON(op int, dst, a *float32, n int)
TEXT ·unaryNEON(SB), NOSPLIT, $0-32
	MOVD op+0(FP), R4
	MOVD dst+8(FP), R0
	MOVD a+16(FP), R1
	MOVD n+24(FP), R3
	VEOR V16.B16, V16.B16, V16.B16
	CBZ  R4, abs
	CMP  $1, R4
	BEQ  neg
	CMP  $2, R4
	BEQ  root
	CMP  $3, R4
	BEQ  relu
	UNARY(square, RELU2)
	UNARY(abs, FABS)
	UNARY(neg, FNEG)
	UNARY(root, FSQRT)
	UNARY(relu, RELU)

// FOUR adds OP of the four values in n, in float64, to p and q.
#define FOUR(n, p, q, OP) \
	FCVTL(24, n)   \
	FCVTL2(25, n)  \
	OP(24)         \
	OP(25)         \
	DADD(p, p, 24) \
	DADD(q, q, 25)
#define SUMS(label, OP) \
label:                            \
	FLDPQ.P 32(R0), (F16, F17) \
	FLDPQ.P 32(R0), (F18, F19) \
	FLDPQ.P 32(R0), (F20, F21) \
	FLDPQ.P 32(R0), (F22, F23) \
	FOUR(16, 0, 1, OP)         \
	FOUR(17, 2, 3, OP)         \
	FOUR(18, 4, 5, OP)         \
	FOUR(19, 6, 7, OP)         \
	FOUR(20, 8, 9, OP)         \
	FOUR(21, 10, 11, OP)       \
	FOUR(22, 12, 13, OP)       \
	FOUR(23, 14, 15, OP)       \
	SUBS $32, R1               \
	BNE  label                 \
	B    fold
#define AS_IT_IS(v)
#define SQUARED(v) DMUL(v, v, v)
#define POSITIVE(v) DABS(v, v)
#define FROM_CENTER(v) \
	DSUB(v, v, 26) \
	DMUL(v, v, v)

// func sumsNEON(op int, x *float32, n int, center float64) float64
TEXT ·sumsNEON(SB), NOSPLIT, $0-40
	MOVD  op+0(FP), R2
	MOVD  x+8(FP), R0
	MOVD  n+16(FP), R1
	FMOVD center+24(FP), F26
	VDUP  V26.D[0], V26.D2
	VEOR  V0.B16, V0.B16, V0.B16
	VEOR  V1.B16, V1.B16, V1.B16
	VEOR  V2.B16, V2.B16, V2.B16
	VEOR  V3.B16, V3.B16, V3.B16
	VEOR  V4.B16, V4.B16, V4.B16
	VEOR  V5.B16, V5.B16, V5.B16
	VEOR  V6.B16, V6.B16, V6.B16
	VEOR  V7.B16, V7.B16, V7.B16
	VEOR  V8.B16, V8.B16, V8.B16
	VEOR  V9.B16, V9.B16, V9.B16
	VEOR  V10.B16, V10.B16, V10.B16
	VEOR  V11.B16, V11.B16, V11.B16
	VEOR  V12.B16, V12.B16, V12.B16
	VEOR  V13.B16, V13.B16, V13.B16
	VEOR  V14.B16, V14.B16, V14.B16
	VEOR  V15.B16, V15.B16, V15.B16
	CBZ   R2, plain
	CMP   $1, R2
	BEQ   squares
	CMP   $2, R2
	BEQ   magnitudes
	SUMS(deviations, FROM_CENTER)
	SUMS(squares, SQUARED)
	SUMS(magnitudes, POSITIVE)
	SUMS(plain, AS_IT_IS)

fold:
	DADD(0, 0, 8)
	DADD(1, 1, 9)
	DADD(2, 2, 10)
	DADD(3, 3, 11)
	DADD(4, 4, 12)
	DADD(5, 5, 13)
	DADD(6, 6, 14)
	DADD(7, 7, 15)
	DADD(0, 0, 4)
	DADD(1, 1, 5)
	DADD(2, 2, 6)
	DADD(3, 3, 7)
	DADD(0, 0, 2)
	DADD(1, 1, 3)
	DADD(0, 0, 1)
	DADDP(0, 0)
	FMOVD F0, ret+32(FP)
	RET

// func extremesNEON(op int, x *float32, n int) float32
TEXT ·extremesNEON(SB), NOSPLIT, $0-28
	MOVD  op+0(FP), R2
	MOVD  x+8(FP), R0
	MOVD  n+16(FP), R1
	FLDPQ (R0), (F0, F1)
	CBZ   R2, least
	EXTREME(most, FMAX, FMAXV)
	EXTREME(least, FMIN, FMINV)

// func accumulateNEON(sums *float64, x *float32, n int)
TEXT ·accumulateNEON(SB), NOSPLIT, $0-24
	MOVD sums+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2

loop:
	FLDPQ.P 32(R1), (F16, F17)
	FLDPQ   (R0), (F0, F1)
	FLDPQ   32(R0), (F2, F3)
	FOUR(16, 0, 1, AS_IT_IS)
	FOUR(17, 2, 3, AS_IT_IS)
	FSTPQ.P (F0, F1), 32(R0)
	FSTPQ.P (F2, F3), 32(R0)
	SUBS    $8, R2
	BNE     loop
	RET
