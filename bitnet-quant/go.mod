module github.com/bitnet-go/bitnet/bitnet-quant

go 1.26.0

require github.com/bitnet-go/bitnet/bitnet-core v0.0.0

require (
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core
