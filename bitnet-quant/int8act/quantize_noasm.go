//go:build (!amd64 && !arm64) || purego

package int8act

func variants() []variant { return nil }
