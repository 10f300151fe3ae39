//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// WORDS_type loads 16 values to words in V0 to V3.

#define WORDS_I8 \
	VLD1.P 16(R1), [V16.B16] \
	SXTLB(4, 16) \
	SXTLB2(5, 16) \
	SXTLH(0, 4) \
	SXTLH2(1, 4) \
	SXTLH(2, 5) \
	SXTLH2(3, 5)

#define WORDS_U8 \
	VLD1.P 16(R1), [V16.B16] \
	UXTLB(4, 16) \
	UXTLB2(5, 16) \
	UXTLH(0, 4) \
	UXTLH2(1, 4) \
	UXTLH(2, 5) \
	UXTLH2(3, 5)

#define WORDS_I16 \
	VLD1.P 32(R1), [V16.B16, V17.B16] \
	SXTLH(0, 16) \
	SXTLH2(1, 16) \
	SXTLH(2, 17) \
	SXTLH2(3, 17)

#define WORDS_U16 \
	VLD1.P 32(R1), [V16.B16, V17.B16] \
	UXTLH(0, 16) \
	UXTLH2(1, 16) \
	UXTLH(2, 17) \
	UXTLH2(3, 17)

#define WORDS_I32 \
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]

// STOREbits stores the lowest bits of the words in V0 to V3.

#define STORE8 \
	XTNS(4, 0) \
	XTNS2(4, 1) \
	XTNS(5, 2) \
	XTNS2(5, 3) \
	XTNH(6, 4) \
	XTNH2(6, 5) \
	VST1.P [V6.B16], 16(R0)

#define STORE16 \
	XTNS(4, 0) \
	XTNS2(4, 1) \
	XTNS(5, 2) \
	XTNS2(5, 3) \
	VST1.P [V4.B16, V5.B16], 32(R0)

#define STORE32 \
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)

// LIMITS sets the words of V20 and V21 to the limits.
#define LIMITS \
	MOVW lo+24(FP), R3 \
	VDUP R3, V20.S4    \
	MOVW hi+32(FP), R3 \
	VDUP R3, V21.S4

#define LIMIT(v) \
	SMAX(v, v, 20) \
	SMIN(v, v, 21)

#define LIMIT_ALL \
	LIMIT(0) \
	LIMIT(1) \
	LIMIT(2) \
	LIMIT(3)

// NEXT closes a loop.
#define NEXT \
	SUBS $16, R2 \
	BNE  loop    \
	RET

// DOUBLES sets V0 to V7 to the words in V16 to V19 as float64.
#define DOUBLES \
	SXTLW(0, 16) \
	SXTLW2(1, 16) \
	SXTLW(2, 17) \
	SXTLW2(3, 17) \
	SXTLW(4, 18) \
	SXTLW2(5, 18) \
	SXTLW(6, 19) \
	SXTLW2(7, 19) \
	SCVTF2D(0, 0) \
	SCVTF2D(1, 1) \
	SCVTF2D(2, 2) \
	SCVTF2D(3, 3) \
	SCVTF2D(4, 4) \
	SCVTF2D(5, 5) \
	SCVTF2D(6, 6) \
	SCVTF2D(7, 7)

// ODD stores V0 to V7, which are float64, as float32 rounded to odd.
#define ODD \
	FCVTXN(16, 0) \
	FCVTXN2(16, 1) \
	FCVTXN(17, 2) \
	FCVTXN2(17, 3) \
	FCVTXN(18, 4) \
	FCVTXN2(18, 5) \
	FCVTXN(19, 6) \
	FCVTXN2(19, 7) \
	VST1.P [V16.B16, V17.B16, V18.B16, V19.B16], 64(R0)

// ROUND64 sets the vector v to the integers nearest to it, limited to V20 and V21, 0 for
// NaN.
#define ROUND64(v) \
	FMAXD(v, v, 20) \
	FMIND(v, v, 21) \
	FCVTNSD(v, v)

// func limitI8To8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI8To8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I8
	LIMIT_ALL
	STORE8
	NEXT

// func limitI8To16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI8To16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I8
	LIMIT_ALL
	STORE16
	NEXT

// func limitI8To32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI8To32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I8
	LIMIT_ALL
	STORE32
	NEXT

// func limitU8To8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU8To8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U8
	LIMIT_ALL
	STORE8
	NEXT

// func limitU8To16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU8To16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U8
	LIMIT_ALL
	STORE16
	NEXT

// func limitU8To32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU8To32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U8
	LIMIT_ALL
	STORE32
	NEXT

// func limitI16To8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI16To8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I16
	LIMIT_ALL
	STORE8
	NEXT

// func limitI16To16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI16To16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I16
	LIMIT_ALL
	STORE16
	NEXT

// func limitI16To32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI16To32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I16
	LIMIT_ALL
	STORE32
	NEXT

// func limitU16To8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU16To8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U16
	LIMIT_ALL
	STORE8
	NEXT

// func limitU16To16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU16To16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U16
	LIMIT_ALL
	STORE16
	NEXT

// func limitU16To32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitU16To32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_U16
	LIMIT_ALL
	STORE32
	NEXT

// func limitI32To8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI32To8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I32
	LIMIT_ALL
	STORE8
	NEXT

// func limitI32To16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI32To16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I32
	LIMIT_ALL
	STORE16
	NEXT

// func limitI32To32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·limitI32To32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS

loop:
	WORDS_I32
	LIMIT_ALL
	STORE32
	NEXT

// func floatU8NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·floatU8NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	WORDS_U8
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	STORE32
	NEXT

// func floatI16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·floatI16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	WORDS_I16
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	STORE32
	NEXT

// func floatU16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·floatU16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	WORDS_U16
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	STORE32
	NEXT

// func floatI32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·floatI32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	WORDS_I32
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	STORE32
	NEXT

// func roundTo16NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·roundTo16NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	LIMITS
	SCVTF(20, 20)
	SCVTF(21, 21)

loop:
	WORDS_I32
	FMAX(0, 0, 20)
	FMIN(0, 0, 21)
	FCVTNS(0, 0)
	FMAX(1, 1, 20)
	FMIN(1, 1, 21)
	FCVTNS(1, 1)
	FMAX(2, 2, 20)
	FMIN(2, 2, 21)
	FCVTNS(2, 2)
	FMAX(3, 3, 20)
	FMIN(3, 3, 21)
	FCVTNS(3, 3)
	STORE16
	NEXT

// func roundToI32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·roundToI32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	WORDS_I32
	FCVTNS(0, 0)
	FCVTNS(1, 1)
	FCVTNS(2, 2)
	FCVTNS(3, 3)
	STORE32
	NEXT

// func widenF32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·widenF32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	FCVTLD(0, 16)
	FCVTLD2(1, 16)
	FCVTLD(2, 17)
	FCVTLD2(3, 17)
	FCVTLD(4, 18)
	FCVTLD2(5, 18)
	FCVTLD(6, 19)
	FCVTLD2(7, 19)
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	VST1.P [V4.B16, V5.B16, V6.B16, V7.B16], 64(R0)
	NEXT

// func widenI32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·widenI32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	DOUBLES
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	VST1.P [V4.B16, V5.B16, V6.B16, V7.B16], 64(R0)
	NEXT

// func narrowF64NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·narrowF64NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P 64(R1), [V4.B16, V5.B16, V6.B16, V7.B16]
	FCVTND(16, 0)
	FCVTND2(16, 1)
	FCVTND(17, 2)
	FCVTND2(17, 3)
	FCVTND(18, 4)
	FCVTND2(18, 5)
	FCVTND(19, 6)
	FCVTND2(19, 7)
	VST1.P [V16.B16, V17.B16, V18.B16, V19.B16], 64(R0)
	NEXT

// func oddF64NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·oddF64NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P 64(R1), [V4.B16, V5.B16, V6.B16, V7.B16]
	ODD
	NEXT

// func oddI32NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·oddI32NEON(SB), NOSPLIT, $0-40
	ARGUMENTS

loop:
	VLD1.P 64(R1), [V16.B16, V17.B16, V18.B16, V19.B16]
	DOUBLES
	ODD
	NEXT

// func roundF64NEON(dst, src *byte, n int, lo, hi int64)
TEXT ·roundF64NEON(SB), NOSPLIT, $0-40
	ARGUMENTS
	MOVD   lo+24(FP), R3
	SCVTFD R3, F20
	VDUP   V20.D[0], V20.D2
	MOVD   hi+32(FP), R3
	SCVTFD R3, F21
	VDUP   V21.D[0], V21.D2

loop:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P 64(R1), [V4.B16, V5.B16, V6.B16, V7.B16]
	ROUND64(0)
	ROUND64(1)
	ROUND64(2)
	ROUND64(3)
	ROUND64(4)
	ROUND64(5)
	ROUND64(6)
	ROUND64(7)
	XTNW(16, 0)
	XTNW2(16, 1)
	XTNW(17, 2)
	XTNW2(17, 3)
	XTNW(18, 4)
	XTNW2(18, 5)
	XTNW(19, 6)
	XTNW2(19, 7)
	VST1.P [V16.B16, V17.B16, V18.B16, V19.B16], 64(R0)
	NEXT

// TRIT sets the words of v to 1, plus 1 if v·V22 is at least 1/2, minus 1 if it is at most
// -1/2; what is true is -1.
#define TRIT(v, vector) \
	FMUL(v, v, 22) \
	FCMGE(16, v, 20) \
	FCMGE(17, 21, v) \
	VSUB V16.S4, V23.S4, vector \
	VADD V17.S4, vector, vector

// func tritsNEON(dst *byte, src *float32, n int, inverse float32)
TEXT ·tritsNEON(SB), NOSPLIT, $0-28
	ARGUMENTS
	MOVW  $0x3f000000, R3
	VDUP  R3, V20.S4
	MOVW  $0xbf000000, R3
	VDUP  R3, V21.S4
	FMOVS inverse+24(FP), F22
	VDUP  V22.S[0], V22.S4
	MOVW  $1, R3
	VDUP  R3, V23.S4

loop:
	WORDS_I32
	TRIT(0, V0.S4)
	TRIT(1, V1.S4)
	TRIT(2, V2.S4)
	TRIT(3, V3.S4)
	STORE8
	NEXT

// func packI4NEON(dst, src *byte, n int)
TEXT ·packI4NEON(SB), NOSPLIT, $0-24
	ARGUMENTS
	VMOVI $0xf8, V20.B16
	VMOVI $7, V21.B16

loop:
	VLD2.P 16(R1), [V0.B8, V1.B8]
	SMAXB(0, 0, 20)
	SMINB(0, 0, 21)
	SMAXB(1, 1, 20)
	SMINB(1, 1, 21)
	SLI4B(0, 1)
	VST1.P [V0.B8], 8(R0)
	NEXT

// func packU4NEON(dst, src *byte, n int)
TEXT ·packU4NEON(SB), NOSPLIT, $0-24
	ARGUMENTS
	VMOVI $15, V20.B16

loop:
	VLD2.P 16(R1), [V0.B8, V1.B8]
	UMINB(0, 0, 20)
	UMINB(1, 1, 20)
	SLI4B(0, 1)
	VST1.P [V0.B8], 8(R0)
	NEXT

// func unpackI4NEON(dst, src *byte, n int)
TEXT ·unpackI4NEON(SB), NOSPLIT, $0-24
	ARGUMENTS

loop:
	VLD1.P 8(R1), [V16.B8]
	SHL4B(0, 16)
	SSHR4B(0, 0)
	SSHR4B(1, 16)
	VST2.P [V0.B8, V1.B8], 16(R0)
	NEXT

// func unpackU4NEON(dst, src *byte, n int)
TEXT ·unpackU4NEON(SB), NOSPLIT, $0-24
	ARGUMENTS

loop:
	VLD1.P 8(R1), [V16.B8]
	SHL4B(0, 16)
	USHR4B(0, 0)
	USHR4B(1, 16)
	VST2.P [V0.B8, V1.B8], 16(R0)
	NEXT
