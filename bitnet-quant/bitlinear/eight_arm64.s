//go:build !purego

#include "textflag.h"

// Instructions that Go's assembler does not know, by the numbers of their
// registers, the destination first.
#define SCVTF(d, n)   WORD $(0x4e21d800 | (n)<<5 | (d))           // SCVTF d.4S, n.4S
#define FMUL(d, n, m) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d)) // FMUL d.4S, n.4S, m.4S
#define FDIV(d, n, m) WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d)) // FDIV d.4S, n.4S, m.4S

// func scaleEightsNEON(y []float32, factor float32)
TEXT ·scaleEightsNEON(SB), NOSPLIT, $0-28
	MOVD  y_base+0(FP), R0
	MOVD  y_len+8(FP), R1
	FMOVS factor+24(FP), F4
	VDUP  V4.S[0], V4.S4

loop:
	FLDPQ   (R0), (F0, F1)
	SCVTF(0, 0)
	SCVTF(1, 1)
	FMUL(0, 0, 4)
	FMUL(1, 1, 4)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R1
	BNE     loop
	RET

// func scaleRowsEightsNEON(y, gamma []float32, s float32)
TEXT ·scaleRowsEightsNEON(SB), NOSPLIT, $0-52
	MOVD  y_base+0(FP), R0
	MOVD  y_len+8(FP), R1
	MOVD  gamma_base+24(FP), R2
	FMOVS s+48(FP), F4
	VDUP  V4.S[0], V4.S4

loop:
	FLDPQ   (R0), (F0, F1)
	FLDPQ.P 32(R2), (F2, F3)
	SCVTF(0, 0)
	SCVTF(1, 1)
	FDIV(2, 2, 4)
	FDIV(3, 3, 4)
	FMUL(0, 0, 2)
	FMUL(1, 1, 3)
	FSTPQ.P (F0, F1), 32(R0)
	SUBS    $8, R1
	BNE     loop
	RET
