SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/common libs/tenants libs/connectwise libs/accounting libs/distributors services/ingest services/mapper services/poster services/billing-sync sandbox cli
INTERNAL := ledgerwire-common ledgerwire-tenants ledgerwire-connectwise ledgerwire-accounting ledgerwire-distributors ledgerwire-ingest ledgerwire-mapper ledgerwire-poster ledgerwire-billing-sync ledgerwire-sandbox ledgerwire-cli
COMPILE := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 $(foreach p,$(INTERNAL),--no-emit-package $(p))

# A cached byte code halves the start of every process; some images switch the cache off.
unexport PYTHONDONTWRITEBYTECODE
BROKER ?= local
WORKERS ?= 3
TRANSPORT ?= local
TESTS ?=

.PHONY: help
help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.base: requirements/base.txt $(addsuffix /pyproject.toml,$(MEMBERS))
	@echo "Setting up $(VENV) (first time: a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/base.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev ## Install everything into .venv

.PHONY: lock
lock: ## Recompute the hash-pinned requirement files from the pyproject files
	$(COMPILE) pyproject.toml requirements/build.in -o requirements/base.txt
	$(COMPILE) --group dev pyproject.toml requirements/build.in -c requirements/base.txt -o requirements/dev.txt
	$(COMPILE) requirements/uv.in -o requirements/uv.txt

.PHONY: fmt
fmt: $(VENV)/.dev ## Format and apply safe lint fixes
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .

.PHONY: demo
demo: $(VENV)/.base ## The whole story on this machine: 60 invoices; BROKER=rabbitmq for separate processes over RabbitMQ
ifeq ($(BROKER),rabbitmq)
	@tools/ensure_rabbitmq.sh server
endif
	@$(BIN)/ledgerwire demo --broker $(BROKER)

LEDGER ?= xero
.PHONY: month
month: $(VENV)/.base ## A seeded quarter of every record type into LEDGER=xero or quickbooks, and its books checked; one JSON line
ifeq ($(BROKER),rabbitmq)
	@tools/ensure_rabbitmq.sh server
endif
	@$(BIN)/ledgerwire month --ledger $(LEDGER) --broker $(BROKER) --json

.PHONY: seats
seats: $(VENV)/.base ## A seeded half-year of seats: planned, applied, invoiced, reconciled; one JSON line
	@$(BIN)/ledgerwire seats story --json

.PHONY: up
up: $(VENV)/.base ## Run everything in one process until Ctrl-C (database in ./ledgerwire-data)
	@$(BIN)/ledgerwire up

.PHONY: sandbox
sandbox: $(VENV)/.base ## Serve the simulated ConnectWise and Xero; prints one JSON line
	@$(BIN)/ledgerwire sandbox

.PHONY: test
test: $(VENV)/.dev ## All tests: unit, integration (real PostgreSQL and RabbitMQ), end to end; TESTS=path for some, TRANSPORT=rabbitmq
	@tools/ensure_rabbitmq.sh
	@LEDGERWIRE_TEST_TRANSPORT=$(TRANSPORT) $(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

.PHONY: test-unit
test-unit: $(VENV)/.dev ## Unit tests only: no server needed
	@$(BIN)/pytest -q -n $(WORKERS) $(wildcard libs/*/tests/unit services/*/tests/unit cli/tests/unit sandbox/tests/unit tests/architecture)

.PHONY: properties
properties: $(VENV)/.dev ## 10,000 random documents against each ledger's arithmetic and each tax regime
	@$(BIN)/pytest -q -n $(WORKERS) --hypothesis-profile=thorough services/mapper/tests/unit/domain/test_four_tax_regimes.py libs/accounting/tests/unit/test_totals_of_any_document.py libs/accounting/tests/unit/test_quickbooks_totals.py

.PHONY: payload-check
SCHEMAS ?= ../shared/reference/schemas
payload-check: $(VENV)/.dev ## Xero bodies and answers against the published schema, where SCHEMAS has it
	@$(BIN)/python -m tools.check_payloads $(SCHEMAS)/xero_accounting.yaml

.PHONY: lint
lint: $(VENV)/.dev ## Formatting and lint rules
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .

.PHONY: types
types: $(VENV)/.dev ## Strict type check
	@$(BIN)/mypy

.PHONY: arch
arch: $(VENV)/.dev ## Import contracts and house rules
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.lint.rules

.PHONY: generate
generate: $(VENV)/.dev ## Write the documents and files that are made from code
	@$(BIN)/python -m tools.generate
	@env -i $(BIN)/python -m ledgerwire.common.settings > .env.example

.PHONY: generate-check
generate-check: $(VENV)/.dev ## Fail if a generated document is out of date
	@$(BIN)/python -m tools.generate --check

.PHONY: migrate-check
migrate-check: $(VENV)/.dev ## Migrations from empty, down and up again; models and database must not differ
	@$(BIN)/pytest -q libs/common/tests/integration/db/test_migrations.py

SEED ?= $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
N ?= 20
.PHONY: chaos
chaos: $(VENV)/.dev ## Five minutes under a seeded nemesis, then the books check; SEED=n replays; one JSON line
	@tools/ensure_rabbitmq.sh server
	@$(BIN)/python -m tests.chaos --seed $(SEED) --profile usual

.PHONY: chaos-long
chaos-long: $(VENV)/.dev ## 20,000 documents and more than 500 faults in about 25 minutes; SEED=n replays
	@tools/ensure_rabbitmq.sh server
	@$(BIN)/python -m tests.chaos --seed $(SEED) --profile long

.PHONY: chaos-partitions
chaos-partitions: $(VENV)/.dev ## Each link cut both ways and one way, for 10 and 30 seconds; SEED=n replays
	@tools/ensure_rabbitmq.sh server
	@$(BIN)/python -m tests.chaos --seed $(SEED) --profile partitions

.PHONY: soak
soak: $(VENV)/.dev ## Twenty minutes of load with a fault a minute: memory, files and tasks must not grow
	@tools/ensure_rabbitmq.sh server
	@$(BIN)/python -m tests.chaos --seed $(SEED) --profile soak

.PHONY: crash-points
crash-points: $(VENV)/.dev ## Kill a process at every named point, N=20 times each, restart it, and check the books
	@tools/ensure_rabbitmq.sh
	@for round in $$(seq $(N)); do echo "round $$round of $(N)"; $(BIN)/pytest -q -n $(WORKERS) --dist worksteal tests/e2e/test_crashes.py tests/e2e/test_crashes_of_corrections.py || exit 1; done

.PHONY: bench
bench: $(VENV)/.dev ## Ingest, relay, pipeline, backlog, fairness, growth, replicas, poison beside baselines, each id verified; one JSON line each
	@tools/ensure_rabbitmq.sh
	@failed=0; for each in callback_to_batched "callback_to_batched --broker rabbitmq" ingest relay_and_consumer pipeline growth \
		mapper_replicas mapping backlog fairness poison; do \
		$(BIN)/python -m benchmarks.$$each 2>/dev/null || { failed=1; echo "benchmarks.$$each fell short or failed" >&2; }; \
	done; exit $$failed

.PHONY: ci
ci: ## What the continuous integration runs
	@.ci/run
