//go:build (!amd64 && !arm64) || purego

package screen

var variants []kernelSet
