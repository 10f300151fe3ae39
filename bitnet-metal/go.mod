module github.com/bitnet-go/bitnet/bitnet-metal

go 1.26

require github.com/bitnet-go/bitnet/bitnet-core v0.0.0

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core
