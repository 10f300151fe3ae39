//go:build !purego

#include "textflag.h"

// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define FCVTL(d, n)   WORD $(0x0e617800 | (n)<<5 | (d))           // FCVTL d.2D, n.2S
#define FCVTL2(d, n)  WORD $(0x4e617800 | (n)<<5 | (d))           // FCVTL2 d.2D, n.4S
#define FABS(d, n)    WORD $(0x4ee0f800 | (n)<<5 | (d))           // FABS d.2D, n.2D
#define FADD(d, n, m) WORD $(0x4e60d400 | (m)<<16 | (n)<<5 | (d)) // FADD d.2D, n.2D, m.2D
#define FMUL(d, n, m) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FCVTNS(d, n)  WORD $(0x4e21a800 | (n)<<5 | (d))           // FCVTNS d.4S, n.4S
#define SQXTNH(d, n)  WORD $(0x0e614800 | (n)<<5 | (d))           // SQXTN d.4H, n.4S
#define SQXTN2H(d, n) WORD $(0x4e614800 | (n)<<5 | (d))           // SQXTN2 d.8H, n.4S
#define SQXTNB(d, n)  WORD $(0x0e214800 | (n)<<5 | (d))           // SQXTN d.8B, n.8H
#define SQXTN2B(d, n) WORD $(0x4e214800 | (n)<<5 | (d))           // SQXTN2 d.16B, n.8H
#define SMIN(d, n, m) WORD $(0x4e206c00 | (m)<<16 | (n)<<5 | (d)) // SMIN d.16B, n.16B, m.16B
#define SMAX(d, n, m) WORD $(0x4e206400 | (m)<<16 | (n)<<5 | (d)) // SMAX d.16B, n.16B, m.16B

// V8 holds the first two sums, V9 the others.
//
// func addNEON(s *[4]float64, w []float32)
TEXT ·addNEON(SB), NOSPLIT, $0-32
	MOVD  s+0(FP), R0
	MOVD  w_base+8(FP), R1
	MOVD  w_len+16(FP), R2
	FLDPQ (R0), (F8, F9)

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FCVTL(2, 0)
	FCVTL2(3, 0)
	FCVTL(4, 1)
	FCVTL2(5, 1)
	FABS(2, 2)
	FABS(3, 3)
	FABS(4, 4)
	FABS(5, 5)
	FADD(8, 8, 2)
	FADD(9, 9, 3)
	FADD(8, 8, 4)
	FADD(9, 9, 5)
	SUBS    $8, R2
	BNE     loop
	FSTPQ   (F8, F9), (R0)
	RET

// FCVTNS rounds ties to even, makes 0 of a NaN and saturates, and so do the narrowing
// moves: what is left is to clamp bytes.
//
// func roundNEON(dst []int8, w []float32, inverse float32)
TEXT ·roundNEON(SB), NOSPLIT, $0-52
	MOVD  dst_base+0(FP), R0
	MOVD  w_base+24(FP), R1
	MOVD  w_len+32(FP), R2
	FMOVS inverse+48(FP), F8
	VDUP  V8.S[0], V8.S4
	VMOVI $1, V9.B16
	VMOVI $255, V10.B16

loop:
	FLDPQ.P 32(R1), (F0, F1)
	FLDPQ.P 32(R1), (F2, F3)
	FMUL(0, 0, 8)
	FMUL(1, 1, 8)
	FMUL(2, 2, 8)
	FMUL(3, 3, 8)
	FCVTNS(0, 0)
	FCVTNS(1, 1)
	FCVTNS(2, 2)
	FCVTNS(3, 3)
	SQXTNH(4, 0)
	SQXTN2H(4, 1)
	SQXTNH(5, 2)
	SQXTN2H(5, 3)
	SQXTNB(6, 4)
	SQXTN2B(6, 5)
	SMIN(6, 6, 9)
	SMAX(6, 6, 10)
	FMOVQ.P F6, 16(R0)
	SUBS    $16, R2
	BNE     loop
	RET
