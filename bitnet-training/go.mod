module github.com/bitnet-go/bitnet/bitnet-training

go 1.26

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core

replace github.com/bitnet-go/bitnet/bitnet-quant => ../bitnet-quant
