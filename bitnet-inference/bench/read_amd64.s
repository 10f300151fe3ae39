//go:build !purego

#include "textflag.h"

// func readAVX2(p *uint64, lines int) uint64
//
// Y0 to Y7 are sums of words. SI, SI+DX, SI+2*DX and SI+3*DX are the streams.
TEXT ·readAVX2(SB), NOSPLIT, $0-24
	MOVQ  p+0(FP), SI
	MOVQ  lines+8(FP), CX
	MOVQ  CX, DX
	SHLQ  $6, DX
	LEAQ  (DX)(DX*2), BX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

line:
	PREFETCHT1 4096(SI)
	VPADDQ     (SI), Y0, Y0
	VPADDQ     32(SI), Y1, Y1
	PREFETCHT1 4096(SI)(DX*1)
	VPADDQ     (SI)(DX*1), Y2, Y2
	VPADDQ     32(SI)(DX*1), Y3, Y3
	PREFETCHT1 4096(SI)(DX*2)
	VPADDQ     (SI)(DX*2), Y4, Y4
	VPADDQ     32(SI)(DX*2), Y5, Y5
	PREFETCHT1 4096(SI)(BX*1)
	VPADDQ     (SI)(BX*1), Y6, Y6
	VPADDQ     32(SI)(BX*1), Y7, Y7
	ADDQ       $64, SI
	DECQ       CX
	JNZ        line

	VPADDQ       Y1, Y0, Y0
	VPADDQ       Y3, Y2, Y2
	VPADDQ       Y5, Y4, Y4
	VPADDQ       Y7, Y6, Y6
	VPADDQ       Y2, Y0, Y0
	VPADDQ       Y6, Y4, Y4
	VPADDQ       Y4, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSRLDQ      $8, X0, X1
	VPADDQ       X1, X0, X0
	VMOVQ        X0, AX
	MOVQ         AX, ret+16(FP)
	VZEROUPPER
	RET
