//go:build (!amd64 && !arm64) || purego

package bitlinear

func variants() []variant { return nil }
