module github.com/bitnet-go/bitnet/bitnet-metal

go 1.26

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core
