//go:build !amd64 || purego

package bitlinear

func variants() []variant { return nil }
