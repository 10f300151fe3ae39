module github.com/bitnet-go/bitnet/bitnet-benchmarks

go 1.26.0

require (
	github.com/bitnet-go/bitnet/bitnet-core v0.0.0
	github.com/bitnet-go/bitnet/bitnet-inference v0.0.0
	github.com/stretchr/testify v1.12.1
	gonum.org/v1/gonum v0.17.0
)

require (
	github.com/bitnet-go/bitnet/bitnet-quant v0.0.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core

replace github.com/bitnet-go/bitnet/bitnet-quant => ../bitnet-quant

replace github.com/bitnet-go/bitnet/bitnet-inference => ../bitnet-inference
