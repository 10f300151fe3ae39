module github.com/bitnet-go/bitnet/bitnet-inference

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	pgregory.net/rapid v1.3.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core

replace github.com/bitnet-go/bitnet/bitnet-quant => ../bitnet-quant
