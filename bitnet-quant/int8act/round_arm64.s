//go:build !purego

#include "textflag.h"

// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define FMUL(d, n, m) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FCVTNS(d, n)  WORD $(0x4e21a800 | (n)<<5 | (d))           // FCVTNS d.4S, n.4S
#define SQXTNH(d, n)  WORD $(0x0e614800 | (n)<<5 | (d))           // SQXTN d.4H, n.4S
#define SQXTN2H(d, n) WORD $(0x4e614800 | (n)<<5 | (d))           // SQXTN2 d.8H, n.4S
#define SQXTNB(d, n)  WORD $(0x0e214800 | (n)<<5 | (d))           // SQXTN d.8B, n.8H
#define SQXTN2B(d, n) WORD $(0x4e214800 | (n)<<5 | (d))           // SQXTN2 d.16B, n.8H
#define SADDLP(d, n)  WORD $(0x4e202800 | (n)<<5 | (d))           // SADDLP d.8H, n.16B
#define SADALP(d, n)  WORD $(0x4e606800 | (n)<<5 | (d))           // SADALP d.4S, n.8H
#define UMAXV(d, n)   WORD $(0x6eb0a800 | (n)<<5 | (d))           // UMAXV Sd, n.4S

// Magnitudes are compared as integers: their order is that of the floats, and it
// does not lose NaNs.
//
// func absmaxGroupsNEON(x []float32) uint32
TEXT ·absmaxGroupsNEON(SB), NOSPLIT, $0-28
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R1
	MOVW $0x7fffffff, R2
	VDUP R2, V8.S4
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16

loop:
	FLDPQ.P 32(R0), (F0, F1)
	FLDPQ.P 32(R0), (F2, F3)
	VAND    V8.B16, V0.B16, V0.B16
	VAND    V8.B16, V1.B16, V1.B16
	VAND    V8.B16, V2.B16, V2.B16
	VAND    V8.B16, V3.B16, V3.B16
	VUMAX   V0.S4, V4.S4, V4.S4
	VUMAX   V1.S4, V5.S4, V5.S4
	VUMAX   V2.S4, V6.S4, V6.S4
	VUMAX   V3.S4, V7.S4, V7.S4
	SUBS    $16, R1
	BNE     loop
	VUMAX   V5.S4, V4.S4, V4.S4
	VUMAX   V7.S4, V6.S4, V6.S4
	VUMAX   V6.S4, V4.S4, V4.S4
	UMAXV(4, 4)
	VMOV    V4.S[0], R0
	MOVW    R0, ret+24(FP)
	RET

// Products are rounded to integers with ties to even, then narrowed twice with
// saturation, which is the clamp.
//
// func roundGroupsNEON(dst []int8, x []float32, scale float32) int32
TEXT ·roundGroupsNEON(SB), NOSPLIT, $0-60
	MOVD  dst_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R2
	FMOVS scale+48(FP), F8
	VDUP  V8.S[0], V8.S4
	VEOR  V9.B16, V9.B16, V9.B16

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
	FMOVQ.P F6, 16(R0)
	SADDLP(7, 6)
	SADALP(9, 7)
	SUBS    $16, R2
	BNE     loop
	VADDV   V9.S4, V9
	VMOV    V9.S[0], R0
	MOVW    R0, ret+56(FP)
	RET
