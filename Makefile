# `make demo` and `make test` need Go alone (and make). What else is present is
# used too: Chromium by the browser test, a C compiler by the race detector.
# Test data beyond the repository is found by PAROM_SHARED (default ../shared);
# tests that miss it skip and say so.

SHELL := /bin/sh
GO ?= go
KILLS ?= 50
FUZZTIME ?= 10s
CONFIG ?= parom.yaml
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Everything but the race detector is pure Go and static.
export CGO_ENABLED = 0

GOTEST := $(GO) run ./.ci/gotest
LINT := bin/golangci-lint

.PHONY: help demo run build test race lint bench crash docs wirecheck test-browser shots fuzz clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

demo: ## the whole gateway on a simulated network, with a page to play on
	$(GO) run ./cmd/parom demo $(ARGS)

run: ## the gateway with your CONFIG (default parom.yaml)
	$(GO) run ./cmd/parom run --config $(CONFIG) $(ARGS)

build: ## bin/parom, static
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/parom ./cmd/parom

test: ## all tests; says what it skipped
	$(GOTEST) ./... ./.ci/gotest

race: ## all tests (of many random cases fewer) under the race detector; needs a C compiler
	@command -v "$$($(GO) env CC | cut -d' ' -f1)" >/dev/null 2>&1 || { \
		echo "make race: the race detector needs a C compiler and '$$($(GO) env CC)' is not here (Debian: apt-get install gcc libc6-dev)"; exit 1; }
	CGO_ENABLED=1 $(GOTEST) -race -short -timeout 20m ./... ./.ci/gotest

lint: $(LINT) ## go vet and the pinned linter, the layers among its rules
	$(GO) vet ./... ./.ci/gotest
	$(LINT) run ./... ./.ci/gotest

$(LINT): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bench: ## speed and memory: name, value, unit, goal, met or short
	@$(GO) run ./cmd/parom bench $(ARGS)

crash: ## the program killed KILLS times under load, and what was lost
	PAROM_CRASH_KILLS=$(KILLS) $(GOTEST) -need -v ./cmd/parom/crash -run '^TestCrash' -count=1 -timeout 60m

docs: ## docs/fidelity.md, from runs of the conformance suite
	PAROM_FIDELITY_OUT="$(CURDIR)/docs/fidelity.md" $(GOTEST) -need ./adapters/telegram -run '^TestConformance' -count=1

wirecheck: ## the end-to-end run through the checking proxy of PAROM_SHARED
	$(GOTEST) -need -v ./cmd/parom/e2e -run '^TestWireCheck' -count=1 -timeout 15m

test-browser: ## the demo page in Chromium
	$(GOTEST) -need -v ./cmd/parom/demo -run '^TestBrowser' -count=1 -timeout 10m

shots: ## docs/img: pictures of the demo, taken by the browser test
	PAROM_SHOTS="$(CURDIR)/bin/shots" $(GOTEST) -need -v ./cmd/parom/demo -run '^TestBrowser$$' -count=1 -timeout 10m
	mkdir -p docs/img && cp bin/shots/demo.png bin/shots/demo.ru.png docs/img/

fuzz: ## each fuzz target for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

clean: ## what make made
	rm -rf bin
