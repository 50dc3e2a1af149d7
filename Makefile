# The index of what can be done here. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help conformance slow-clients start-backend dev test properties torture lint fmt doc bench bench-jobs rolling facts db migrate migration env-example openapi start-often try-dockerfile configuration image

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

start-backend: need web ## Build and serve on 127.0.0.1:8000
	cargo run --release --bin tapedeck -- serve

dev: need web ## Serve, and rebuild and restart on change
	scripts/dev.sh

test: need web ## Run every test
	scripts/test.sh

properties: need ## Try the property tests on random cases, 20 times
	scripts/properties.sh

conformance: need web ## Hold running servers against their description, with schemathesis, on both databases
	scripts/conformance.sh

slow-clients: need web ## Attack a server with clients that are slow on purpose
	scripts/slow-clients.sh

torture: need web ## Kill, freeze, cut and fill up everything, and prove that nothing was lost
	scripts/torture.sh

lint: need ## Formatting, clippy, docs, dependencies; warnings denied
	cargo fmt --all -- --check
	cargo clippy --workspace --lib --bins --locked -- -D warnings
	cargo clippy --workspace --tests --benches --locked -- -D warnings -A clippy::unwrap_used -A clippy::expect_used -A clippy::panic
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	scripts/check-dependencies.sh
	scripts/check-secrets.sh

fmt: ## Format everything
	cargo fmt --all

doc: need ## Build the documentation of the crates
	cargo doc --workspace --no-deps

bench: need ## Measure the engine and the server beside a reference loop, in a release build
	cargo test --release -p tapedeck-engine --test golden
	cargo bench -p tapedeck-engine --bench w1 --bench w2 --bench memory
	cargo bench -p tapedeck-sandbox --bench child --bench guest
	cargo build --release --bin tapedeck
	scripts/bench-server.sh

bench-jobs: need ## Measure the queue beside pgbench, on a durable Postgres of its own, in a release build
	scripts/bench-jobs.sh

image: ## VERSION=x REVISION=commit: build the image tapedeck:latest with Docker
	docker build -f deploy/Dockerfile -t tapedeck:latest --build-arg VERSION="$(or $(VERSION),0.1.0)" --build-arg REVISION="$(or $(REVISION),unknown)" .

start-often: need web ## Start a release build, or PROGRAM, 20 times with each configuration that is shipped
	$(if $(PROGRAM),,cargo build --locked --release --bin tapedeck)
	scripts/start-often.sh "$(or $(PROGRAM),target/release/tapedeck)" 20

try-dockerfile: need ## Run the commands of deploy/Dockerfile in a fresh clone, and its image under chroot; as root
	scripts/try-dockerfile.sh

rolling: need ## REV=commit: replace servers of that build by this one's under load
	scripts/rolling-restart.sh "$(REV)"

facts: need ## Measure what the README states under Facts
	cargo build --release --bin tapedeck
	scripts/facts.sh

db: ## Run a Postgres in the foreground and print its DATABASE_URL; nothing of it is kept
	scripts/with-postgres.sh scripts/show-database.sh

migrate: need ## Bring the configured database to this build's schema
	cargo run --release --bin tapedeck -- migrate up

migration: ## NAME=verb_noun: an empty migration, up and down, for every database
	scripts/new-migration.sh "$(NAME)"

env-example: need ## Write .env.example and deploy/production.env.example from the table of settings
	cargo run --bin tapedeck -- config example > .env.example.new && mv .env.example.new .env.example
	deploy/production-env.sh > .env.example.new && mv .env.example.new deploy/production.env.example

configuration: need ## Write docs/configuration.md from the table of settings
	cargo run --bin tapedeck -- config reference > docs/configuration.md.new && mv docs/configuration.md.new docs/configuration.md

openapi: need ## Write docs/api from the description of the API
	mkdir -p docs/api
	cargo run -p tapedeck-http --features describe --example describe > docs/api/openapi.json.new && mv docs/api/openapi.json.new docs/api/openapi.json
	cargo run --bin tapedeck -- openapi --playback > docs/api/ws-protocol.md.new && mv docs/api/ws-protocol.md.new docs/api/ws-protocol.md
	cargo run --bin tapedeck -- openapi --error-codes > docs/api/error-codes.md.new && mv docs/api/error-codes.md.new docs/api/error-codes.md

.PHONY: web
web:
	@scripts/fetch-web.sh

.PHONY: need
need:
	@scripts/need.sh cargo cc
