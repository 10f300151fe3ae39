package simd

const (
	// NEON stands for the Advanced SIMD of every 64-bit ARM CPU (Cortex-A53, 2012).
	NEON Level = 1 + iota
	// NEONDotProd adds the int8 dot product SDOT (Cortex-A55 and A76, 2018; Apple A13, 2019).
	NEONDotProd
	// I8MM adds the int8 matrix product SMMLA (Neoverse V1, 2020; Cortex-A510 and X2, 2021; Apple M2, 2022).
	I8MM
)

var names = [...]string{Generic: "generic", NEON: "neon", NEONDotProd: "neondot", I8MM: "i8mm"}
