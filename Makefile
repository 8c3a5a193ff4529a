# The two commands a newcomer types are `make run` and `make test`. CONTRIBUTING.md tells of the rest.
.DEFAULT_GOAL := help
SHELL := bash
.PHONY: help run test deny fuzz faults bench bench-window bench-ten-million soak screenshots package build ui system check fmt

help: ## Lists the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

system: ## Installs the system packages that are missing (Debian, Ubuntu)
	@.ci/system-packages build

ui/node_modules: ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui: ui/node_modules ## Builds the UI
	cd ui && npm run build

build: system ui ## Builds `callboard` and `callboard-desktop` for release
	cargo build --release -p callboard -p callboard-desktop

run: system ui ## Opens Callboard on the practice production
	cargo build -p callboard-desktop
	.ci/open-on-practice target/debug/callboard-desktop

test: ## Installs what the tests need, then runs all of them
	@.ci/test

deny: ## Checks licences, banned crates and known holes of what Cargo.lock brings
	@.ci/deny

fuzz: ## Has libFuzzer try all that reads bytes from outside, each target for FUZZ seconds (600)
	FUZZ=$(or $(FUZZ),600) .ci/fuzz

faults: ## Lets each call to the disk fail in turn, as the program starts and as it serves
	CALLBOARD_EVERY_CALL=1 cargo test -p callboard --test it -- faults::an_error_at_any_call

check: ui ## Lints: rustfmt, clippy, svelte-check, eslint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cd ui && npm run check && npm run lint

fmt: ui/node_modules ## Formats everything
	cargo fmt --all
	cd ui && npm run format

bench: system ui ## Runs the benchmarks and prints a table of ratios
	.ci/bench

bench-window: system ui ## Measures the window with a million events behind it
	.ci/bench window

bench-ten-million: system ui ## Measures what people wait for with ten million events; takes half an hour and 20 GB
	.ci/bench ten-million

soak: system ui ## Fifty events a second with the window open and what-if running, for MINUTES (60)
	MINUTES=$(or $(MINUTES),60) .ci/bench soak

screenshots: ui ## Takes README's pictures from the practice production
	@.ci/screenshots

package: system ui ## Builds the installable bundle for this system
	npm install --silent --no-audit --no-fund --prefix target/tools @tauri-apps/cli@2.12.5
	target/tools/node_modules/.bin/tauri build --bundles $(if $(filter Darwin,$(shell uname -s)),dmg,deb)
