//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// func walk(pcs *[walkFrames]uintptr) int
//
// R29 is where the caller's R29 and, above it, the return address stand. The
// goroutine, whose first words are the bounds of its stack, ends the walk.
TEXT ·walk(SB), NOSPLIT|NOFRAME, $0-16
	MOVD pcs+0(FP), R0
	MOVD 8(g), R1       // end of the stack
	SUB  $16, R1, R1
	MOVD RSP, R2        // where frames begin, but for the word below it
	SUB  $8, R2, R2
	MOVD R29, R3
	MOVD ZR, R4

next:
	CMP    R2, R3
	BLO    done
	CMP    R1, R3
	BHI    done
	MOVD   8(R3), R5
	MOVD.P R5, 8(R0)
	ADD    $1, R4, R4
	CMP    $const_walkFrames, R4
	BEQ    done
	ADD    $16, R3, R2
	MOVD   (R3), R3
	B      next

done:
	MOVD R4, ret+8(FP)
	RET
