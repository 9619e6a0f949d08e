SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/common libs/tenants libs/connectwise libs/accounting services/ingest services/mapper services/poster sandbox cli
INTERNAL := ledgerwire-common ledgerwire-tenants ledgerwire-connectwise ledgerwire-accounting ledgerwire-ingest ledgerwire-mapper ledgerwire-poster ledgerwire-sandbox ledgerwire-cli
COMPILE := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 $(foreach p,$(INTERNAL),--no-emit-package $(p))

.PHONY: help
help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
