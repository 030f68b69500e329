# Everything a newcomer or a machine does with this project. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# Where it is set, every process compiles the project anew: hundreds of them in one run of the suite.
unexport PYTHONDONTWRITEBYTECODE

UV_VERSION := 0.13.9
BIN := .venv/bin
TOKENS_VERSION := 1.1.9
HTMX_VERSION := 4.0.1
SITE_STATIC := src/mynapoint/site/static/site
PG15 := /usr/lib/postgresql/15/bin
# A file's tests stay together, for some share a server; the longest files come first (tests/turns.py). One more than there
# are cores, because many tests wait.
EACH_CORE := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadfile --no-loadscope-reorder
# The first Python that is new enough and runs; `make PYTHON=…` takes another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo "$$name"; break; }; done)

# What the real driver stack is made of, and what pyscard is built with.
STACK := pcscd vsmartcard-vpcd opensc openssl iproute2 libpcsclite-dev swig gcc libc6-dev

# For root on Debian.
install = echo "Installing $(1) …"; { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -qq --no-install-recommends $(1); } >/dev/null || echo "make: they could not all be installed" >&2

.PHONY: help setup reader browser load demo training test test-pg15 mutants check style bench format tokens htmx simulate-lives simulate-counter counter-sessions

help: ## List what can be made.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

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

reader: .venv/.reader ## Add what card readers need, and the tests through real drivers (Debian's packages when root).

# Never stops `make test`: where the stack cannot be, its tests are left out, and say so.
.venv/.reader: .venv/.synced
	@packages="$(STACK)"; $(BIN)/python -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' \
		2>/dev/null || packages="$$packages python3-dev"; \
	if [ "$$(id -u)" = 0 ] && ! dpkg -s $$packages >/dev/null 2>&1; then \
		$(call install,$$packages); \
	fi; \
	$(BIN)/uv sync --frozen --quiet --extra reader 2>/dev/null || true; \
	if missing="$$($(BIN)/python -m demo.card_stack 2>&1)"; then touch $@; else \
		echo "make: the tests through real card drivers are left out, for want of: $$missing" >&2; \
		echo "make: as root on Debian 12: apt-get install $$packages" >&2; \
	fi

browser: .venv/.browser ## Add what the tests in a browser need (Debian's packages when root).

# Never stops `make test` either.
.venv/.browser: .venv/.synced
	@missing="$$($(BIN)/python tests/browser/machine.py)"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
		$(call install,$$missing); missing="$$($(BIN)/python tests/browser/machine.py)"; \
	fi; \
	if [ -z "$$missing" ]; then touch $@; else \
		echo "make: the tests in a browser are left out, for want of: $$missing" >&2; \
		echo "make: as root on Debian 12: apt-get install $$missing" >&2; \
	fi

load: .venv/.load ## Add what measuring the pages needs (Debian's nginx-light and wrk when root).

# Where they cannot be, their rows are left out.
.venv/.load: .venv/.synced
	@missing="$$($(BIN)/python -m bench.nginx)"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
		$(call install,$$missing); missing="$$($(BIN)/python -m bench.nginx)"; \
	fi; \
	if [ -z "$$missing" ]; then touch $@; else \
		echo "make: the pages are not measured, for want of: $$missing" >&2; \
		echo "make: as root on Debian 12: apt-get install $$missing" >&2; \
	fi

demo: setup ## Run the whole journey and leave the site running (ARGS=--once: end after the journey).
	@$(BIN)/python -m demo $(ARGS)

training: setup ## Leave a town running in which staff train with virtual cards.
	@$(BIN)/python -m demo --training $(ARGS)

test: setup reader browser ## Run every test on the PostgreSQL that comes with the project.
	@$(BIN)/python -m pytest $(EACH_CORE) $(ARGS)

test-pg15: setup $(PG15)/postgres ## Run the tests that meet the database through DATABASE_URL on Debian's PostgreSQL 15.
	@$(BIN)/python tests/on_server.py $(PG15) $(EACH_CORE) --database-only $(ARGS)

$(PG15)/postgres:
	@test "$$(id -u)" = 0 || { echo "make: PostgreSQL 15 is missing; as root: apt-get install postgresql-15" >&2; exit 1; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15

mutants: setup ## Try 200,000 mutated certificates and OCSP answers, and some lists and lineages on top (ARGS=COUNT).
	@PYTHONPATH=src $(BIN)/python -W ignore tests/jpki/mutants.py $(or $(ARGS),200000)

check: style ## Check style, types, layers and the rules of the architecture.
	@$(BIN)/python -m pytest tests/quality

style: setup ## Check what reads the code and runs none of it: style, types, layers.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PAYMENTSERVICE_CONFIG=src/paymentservice/samples/hanamaru.toml $(BIN)/mypy --config-file src/paymentservice/mypy.toml
	@$(BIN)/lint-imports

format: setup ## Write every file as `make check` wants it.
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup reader load ## Measure (ARGS=--json: one object a row).
	@$(BIN)/python -m bench $(ARGS)

# Vendored, so that nothing is fetched when the site runs or is built; needs npm.
tokens: ## Renew the Digital Agency's design tokens that the site's styles stand on.
	@folder="$$(mktemp -d)" && cd "$$folder" && npm pack --silent @digital-go-jp/design-tokens@$(TOKENS_VERSION) | xargs tar xzf && \
		cp package/dist/tokens.css "$(CURDIR)/$(SITE_STATIC)/tokens.css" && \
		cp package/LICENSE "$(CURDIR)/$(SITE_STATIC)/tokens.LICENSE.txt" && rm -r "$$folder"

simulate-counter: setup ## Let citizens come to counters where all goes wrong (ARGS="--sessions 1000000 --seed 1").
	@PYTHONPATH=tests:src $(BIN)/python tests/simulate_counter.py $(ARGS)

counter-sessions: setup browser ## Hold sessions at a counter in a browser with two windows (ARGS="--sessions 500 --seed 1").
	@PYTHONPATH=.:tests:tests/service_api:tests/site:src $(BIN)/python tests/counter_sessions.py $(ARGS)

htmx: ## Renew htmx, with which the finder of services goes on while one types; needs npm.
	@folder="$$(mktemp -d)" && cd "$$folder" && npm pack --silent htmx.org@$(HTMX_VERSION) | xargs tar xzf && \
		cp package/dist/htmx.min.js "$(CURDIR)/$(SITE_STATIC)/htmx.min.js" && \
		gzip -9nkf "$(CURDIR)/$(SITE_STATIC)/htmx.min.js" && \
		cp package/LICENSE "$(CURDIR)/$(SITE_STATIC)/htmx.LICENSE.txt" && rm -r "$$folder"

simulate-lives: setup ## Let random people live with their cards (ARGS="--lives 100000 --seed 1").
	@PYTHONPATH=. $(BIN)/python tests/simulate_lives.py $(ARGS)
