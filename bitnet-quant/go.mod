module github.com/bitnet-go/bitnet/bitnet-quant

go 1.26.0

require (
	github.com/bitnet-go/bitnet/bitnet-core v0.0.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/sys v0.49.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core
