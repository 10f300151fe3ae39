//go:build !amd64 && !arm64

package device

func vectorExtensions() []string { return present(nil) }
