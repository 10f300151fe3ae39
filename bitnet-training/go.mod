module github.com/bitnet-go/bitnet/bitnet-training

go 1.26

require (
	github.com/bitnet-go/bitnet/bitnet-core v0.0.0
	github.com/bitnet-go/bitnet/bitnet-quant v0.0.0
)

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core

replace github.com/bitnet-go/bitnet/bitnet-quant => ../bitnet-quant
