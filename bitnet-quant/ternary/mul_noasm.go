//go:build !amd64 || purego

package ternary

func variants() []variant { return nil }
