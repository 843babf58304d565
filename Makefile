# One door for a newcomer: `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# One target folder outside the checkout: dependencies (RocksDB above all) are compiled once.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mxdesk/target
CCACHE := $(shell command -v ccache)
export CC := $(if $(CCACHE),ccache gcc,gcc)
export CXX := $(if $(CCACHE),ccache g++,g++)
# Node from the system, or the one that scripts/setup fetched from npm where the system's is too old.
export PATH := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mxdesk/node/bin:$(PATH)
# mail-parser declares a newer compiler than it needs; the flag goes when the compiler is new enough.
RUST_MINOR := $(shell rustc --version | sed -E 's/rustc 1\.([0-9]+).*/\1/')
FLAGS := --locked $(shell [ "$(RUST_MINOR)" -lt 98 ] && echo --ignore-rust-version)
# Our own code optimised fully, on the same dependencies: for running and measuring.
FAST := --config profile.dev.package.mxdesk.opt-level=3 --config profile.dev.package.mxdesk.debug-assertions=false \
	--config profile.dev.package.mxdesk.overflow-checks=false
# Mail servers that scripts/setup unpacks, because they cannot be installed beside Postfix.
PEERS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mxdesk/peers
# Postfix, the peer in some tests, needs root.
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
FUZZ_SECONDS ?= 600
BINARY := $(CARGO_TARGET_DIR)/debug/mxdesk

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Install what is missing, build, and run a demo desk in ./data
	@scripts/setup run
	@$(MAKE) --no-print-directory build
	@scripts/run "$(BINARY)"

.PHONY: build
build: web/build/index.html ## Build panel and binary
	cargo build $(FLAGS) $(FAST) --bin mxdesk

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/build/index.html: web/node_modules/.package-lock.json $(shell find web/src web/static web/*.js web/*.ts web/*.json schema/openapi.json -type f 2>/dev/null)
	cd web && npm run --silent build
	@touch $@ src/http/panel/mod.rs

.PHONY: test
test: ## Run every check that CI runs
	@scripts/setup test
	@$(MAKE) --no-print-directory check-format check-lints check-licences test-rust test-panel test-browser first-run-test demo-short service-test interop esmtp-test filters-test crash-test-short crash-test-outbound simulate-short

.PHONY: check-format
check-format: ## rustfmt
	cargo fmt --check

.PHONY: check-lints
check-lints: ## clippy and rustdoc, warnings denied
	cargo clippy $(FLAGS) --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(FLAGS) --no-deps --document-private-items --quiet

.PHONY: check-licences
check-licences: ## cargo-deny: licences, bans, sources
	cargo deny --locked --log-level error check licenses bans sources

.PHONY: test-rust
test-rust: web/build/index.html ## Unit tests and the suite against the real binary
	cargo nextest run $(FLAGS) --no-fail-fast --status-level fail --final-status-level fail

.PHONY: test-panel
test-panel: web/node_modules/.package-lock.json ## The panel's lint, type check and unit tests
	cd web && npm run --silent lint && npm run --silent check && npm run --silent test

.PHONY: test-browser
test-browser: build ## The panel in Chromium against the real binary
	cd web && MXDESK_BINARY="$(BINARY)" npm run --silent test:browser

.PHONY: interop
interop: build ## Postfix, Exim, chasquid and OpenSMTPD deliver to mxdesk and mxdesk to them
	@scripts/setup test
	$(AS_ROOT) tests/interop/run "$(BINARY)" "$(PEERS)"

.PHONY: esmtp-test
esmtp-test: build ## swaks and others use each command and extension of the SMTP server
	tests/esmtp/run "$(BINARY)"

.PHONY: filters-test
filters-test: build ## clamd and rspamd behind mxdesk: what they find, and what happens when they hang or are gone
	@scripts/setup test
	tests/filters/run "$(BINARY)" "$(PEERS)"

.PHONY: first-run-test
first-run-test: build ## What `make run` starts and tells a newcomer to do
	tests/first_run/run "$(BINARY)"

.PHONY: service-test
service-test: build ## The units of systemd/: socket activation, notify, watchdog, sandbox
	tests/service/run "$(BINARY)"

.PHONY: crash-test
crash-test: build ## Kill the server 30 times under load and compare
	tests/crash/run "$(BINARY)" 30

.PHONY: crash-test-short
crash-test-short: build
	tests/crash/run "$(BINARY)" 5

.PHONY: crash-test-outbound
crash-test-outbound: build ## Kill the server while it sends: nothing lost, next to nothing doubled
	tests/crash_outbound/run "$(BINARY)" 5

.PHONY: simulate
simulate: ## The outbound queue in a simulated network of storms, cuts and restarts: 10,000 seeds
	cargo run $(FLAGS) -p mxdesk-simulation -- 0 10000

.PHONY: simulate-short
simulate-short:
	cargo run $(FLAGS) -p mxdesk-simulation -- 0 300

.PHONY: demo
demo: ## Send the corpus' real letters (without a corpus, a few of our own) to a desk of its own and find three of them
	@scripts/setup demo
	@$(MAKE) --no-print-directory build
	scripts/demo "$(BINARY)"

.PHONY: demo-short
demo-short: build
	CORPUS=fixtures/letters scripts/demo "$(BINARY)"

.PHONY: fuzz
fuzz: ## Fuzz every parser of strangers' bytes, FUZZ_SECONDS (600) each
	FLAGS="$(FLAGS)" fuzz/run $(FUZZ_SECONDS)

.PHONY: bench-inbound
bench-inbound: ## Letters per second, syncs and memory beside Postfix in the same run; LETTERS=300 is short
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	$(AS_ROOT) benches/inbound/run "$(BINARY)" $(LETTERS)

.PHONY: bench-outbound
bench-outbound: ## Drain 100,000 queued letters; start with them queued
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	benches/outbound/run "$(BINARY)"

.PHONY: bench-search
bench-search: ## Search and lists over 200,000 tickets
	cargo bench $(FLAGS) --profile dev $(FAST) --bench search

.PHONY: bench-spf
bench-spf: ## Processor time of an SPF evaluation from cached answers
	cargo bench $(FLAGS) --profile dev $(FAST) --bench spf

.PHONY: bless
bless: ## Write everything generated anew: example file, schemas, key table, API
	MXDESK_BLESS=1 cargo nextest run $(FLAGS) --status-level fail -E 'test(fresh)'
	cd web && npm run --silent api
