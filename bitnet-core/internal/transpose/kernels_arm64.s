//go:build !purego

#include "textflag.h"

// QUAD stores the transpose of the 4×4 elements of a, b, c and d as four rows from R5 on.
#define QUAD(a, b, c, d) \
	VZIP1  c.S4, a.S4, V16.S4     \
	VZIP2  c.S4, a.S4, V17.S4     \
	VZIP1  d.S4, b.S4, V18.S4     \
	VZIP2  d.S4, b.S4, V19.S4     \
	VZIP1  V18.S4, V16.S4, V20.S4 \
	VZIP2  V18.S4, V16.S4, V21.S4 \
	VZIP1  V19.S4, V17.S4, V22.S4 \
	VZIP2  V19.S4, V17.S4, V23.S4 \
	VST1.P [V20.S4], (R5)(R1)     \
	VST1.P [V21.S4], (R5)(R1)     \
	VST1.P [V22.S4], (R5)(R1)     \
	VST1.P [V23.S4], (R5)(R1)

// func tile4NEON(dst *byte, down int, src *byte, right int)
TEXT ·tile4NEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD down+8(FP), R1
	MOVD src+16(FP), R2
	MOVD right+24(FP), R3
	MOVD $4, R4

loop:
	VLD1.P (R2)(R3), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P (R2)(R3), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P (R2)(R3), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P (R2)(R3), [V12.S4, V13.S4, V14.S4, V15.S4]
	MOVD   R0, R5
	QUAD(V0, V4, V8, V12)
	QUAD(V1, V5, V9, V13)
	QUAD(V2, V6, V10, V14)
	QUAD(V3, V7, V11, V15)
	ADD    $16, R0
	SUBS   $1, R4
	BNE    loop
	RET
