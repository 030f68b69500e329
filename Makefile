# Everything a newcomer or a machine does with this project. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

UV_VERSION := 0.13.9
BIN := .venv/bin
PG15 := /usr/lib/postgresql/15/bin
# A file's tests stay together: some share a server.
EACH_CORE := -n auto --dist loadfile
# The first Python that is new enough and runs; `make PYTHON=…` takes another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo "$$name"; break; }; done)

.PHONY: help setup demo test test-pg15 mutants check bench format

help: ## List what can be made.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: .venv/.synced ## Put everything that the project needs into .venv, as pinned in uv.lock.

.venv/.synced: pyproject.toml uv.lock
	@test -n "$(PYTHON)" || \
		{ echo "make: Python 3.11, 3.12 or 3.13 is missing (Debian 12: apt-get install python3 python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || \
		{ echo "make: Python cannot make a .venv (Debian 12: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Setting up .venv (once, and after uv.lock changes) …"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || \
		{ echo "make: the package index cannot be reached; check the network or PIP_INDEX_URL" >&2; exit 1; }
	@$(BIN)/uv sync --frozen --quiet
	@$(BIN)/python tests/jpki/pkits.py fetch
	@touch $@

demo: setup ## Run the whole journey and leave the site running (ARGS=--once: end after the journey).
	@$(BIN)/python -m demo $(ARGS)

test: setup ## Run every test on the PostgreSQL that comes with the project.
	@$(BIN)/python -m pytest $(EACH_CORE) $(ARGS)

test-pg15: setup $(PG15)/postgres ## Run the same tests through DATABASE_URL on Debian's PostgreSQL 15.
	@$(BIN)/python tests/on_server.py $(PG15) $(EACH_CORE) $(ARGS)

$(PG15)/postgres:
	@test "$$(id -u)" = 0 || { echo "make: PostgreSQL 15 is missing; as root: apt-get install postgresql-15" >&2; exit 1; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15

mutants: setup ## Try 200,000 mutated certificates, OCSP answers, revocation lists and lineages (ARGS=COUNT).
	@PYTHONPATH=src $(BIN)/python -W ignore tests/jpki/mutants.py $(or $(ARGS),200000)

check: setup ## Check style, types, layers and the rules of the architecture.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PAYMENTSERVICE_CONFIG=src/paymentservice/samples/hanamaru.toml $(BIN)/mypy --config-file src/paymentservice/mypy.toml
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/quality

format: setup ## Write every file as `make check` wants it.
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup ## Measure (ARGS=--json: one object a row).
	@$(BIN)/python -m bench $(ARGS)
