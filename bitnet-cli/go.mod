module github.com/bitnet-go/bitnet/bitnet-cli

go 1.26.0

require (
	github.com/bitnet-go/bitnet/bitnet-core v0.0.0
	github.com/bitnet-go/bitnet/bitnet-inference v0.0.0
	github.com/bitnet-go/bitnet/bitnet-quant v0.0.0
	github.com/klauspost/compress v1.20.3
)

require (
	github.com/chzyer/readline v1.5.1 // indirect
	github.com/creack/pty v1.1.24 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jedib0t/go-pretty/v6 v6.8.3 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/bitnet-go/bitnet/bitnet-core => ../bitnet-core

replace github.com/bitnet-go/bitnet/bitnet-quant => ../bitnet-quant

replace github.com/bitnet-go/bitnet/bitnet-inference => ../bitnet-inference
