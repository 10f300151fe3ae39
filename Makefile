# The modules of this workspace are listed in go.work. `go test ./...` does not
# work at its root, so every target names the packages of all modules.
packages = $(shell scripts/packages.sh)

FUZZTIME ?= 60s
BENCH    ?= .

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build bitnet and let it tell a story
	bin/bitnet run "Once upon a time"

.PHONY: build
build: ## build bin/bitnet, one static binary
	CGO_ENABLED=0 go build -o bin/bitnet ./bitnet-cli/cmd/bitnet

# Property tests draw the same cases every time here, so that a change is told of its
# own faults alone; `make test-long` and `go test` draw others.
test race: export RAPID_SEED ?= 1

.PHONY: test
test: ## run what a change must pass; ends with what was left out and why
	scripts/test.sh

.PHONY: test-long
test-long: ## run what takes an hour: race detector, more of arm64, fuzzing
	scripts/test_long.sh

.PHONY: race
race: ## run the tests under the race detector, without those that only take long
	go test -race -short -timeout 30m $(packages)

.PHONY: interop
interop: ## pass models to llama.cpp, gguf, safetensors and transformers and back; installs 1.6 GB
	scripts/interop.sh

.PHONY: lint
lint: ## check style, common faults and the directions of imports (golangci-lint)
	golangci-lint run $(packages)

.PHONY: vet
vet: ## run go vet
	go vet $(packages)

.PHONY: bench
bench: ## run the benchmarks; BENCH=regexp chooses
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(packages)

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME (60s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: tokenizers
tokenizers: ## build libtokenizers.a for the build tag tokenizers, with cargo
	@dir=$$(scripts/tokenizers.sh) && printf 'CGO_LDFLAGS=-L%s go test -tags tokenizers ./bitnet-core/tokenizer/hf\n' "$$dir"

.PHONY: ci
ci: ## do what CI does, which installs tools with apt, pip and go when root
	CI=true .ci/run

.PHONY: generate-check
generate-check: ## fail when go generate would change a committed file
	scripts/check_generated.sh

.PHONY: cover
cover: ## write cover.out and print the coverage
	scripts/cover.sh

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin cover.out
