//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// func walk(pcs *[walkFrames]uintptr) int
//
// A frame begins with the caller's BP and the return address. The goroutine, whose
// first words are the bounds of its stack, ends the walk.
TEXT ·walk(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ pcs+0(FP), DI
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), AX
	MOVQ 8(AX), R8        // end of the stack
	SUBQ $16, R8
	MOVQ SP, R9           // where frames begin
	MOVQ BP, BX
	XORQ AX, AX

next:
	CMPQ BX, R9
	JB   done
	CMPQ BX, R8
	JA   done
	MOVQ 8(BX), DX
	MOVQ DX, (DI)(AX*8)
	INCQ AX
	CMPQ AX, $const_walkFrames
	JEQ  done
	LEAQ 16(BX), R9
	MOVQ (BX), BX
	JMP  next

done:
	MOVQ AX, ret+8(FP)
	RET
