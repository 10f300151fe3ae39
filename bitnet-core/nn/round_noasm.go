//go:build !amd64 || purego

package nn

func fitScalesVec(*[16]float32, *[q6Weights]float32) bool { return false }

func codes6Vec(*[q6Weights]byte, *[q6Weights]float32, *[16]float32) bool { return false }
