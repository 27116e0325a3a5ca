# Everything for users and developers of a checkout; `make help` says what there is.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Hundreds of processes are started: none should compile what another one has.
unexport PYTHONDONTWRITEBYTECODE

# The first of these that is Python 3.11 or later and can make a virtual environment.
FITS := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for it in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$it" -c '$(FITS)' 2>/dev/null && echo "$$it" && break; done)

.PHONY: help
help: ## List the targets.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo >&2 "flopod needs Python 3.11 or later with venv (on Debian and\
	Ubuntu: apt-get install python3-venv), or name one: make PYTHON=/path/to/python3"; exit 1; }
	@echo >&2 "setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

.PHONY: install
install: $(READY) ## Make .venv and install flopod and its tools into it.

.PHONY: demo
demo: $(READY) ## Open the app with the built-in workflows at work on real files.
	@$(BIN)/flopod demo

# More than there are cores: many tests wait for processes and terminals.
JOBS ?= 4

.PHONY: test
test: $(READY) ## Run the tests.
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: check
check: format lint types imports test ## All checks: format, lint, types, imports, tests.

.PHONY: format
format: $(READY) ## Check the format.
	$(BIN)/ruff format --check

.PHONY: lint
lint: $(READY) ## Check the code with ruff.
	$(BIN)/ruff check

.PHONY: types
types: $(READY) ## Check the types with mypy --strict.
	$(BIN)/mypy

.PHONY: imports
imports: $(READY) ## Check that imports point down.
	$(BIN)/lint-imports

.PHONY: bench
bench: $(READY) ## Measure, beside the raw limits of this machine; prints JSON.
	@$(BIN)/python tests/benchmarks

SECONDS ?= 60
SEED ?= 1
NAMES ?=

.PHONY: soak
soak: $(READY) ## Try the promises under faults: SECONDS=600 SEED=1 NAMES="kills walk" make soak.
	@$(BIN)/python tests/soak --seconds $(SECONDS) --seed $(SEED) $(NAMES)

.PHONY: mutants
mutants: $(READY) ## Break the code on purpose, one line at a time: a test must notice each.
	@$(BIN)/python tests/mutants

.PHONY: screenshots
screenshots: $(READY) ## Take the pictures in screenshots/ anew.
	$(BIN)/python screenshots/take.py
	$(BIN)/python screenshots/record.py

.PHONY: clean
clean: ## Remove .venv, caches and builds; the runs in .flopod stay.
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache snapshot_report.html
	find runtime backends tui tests -name __pycache__ -prune -exec rm -rf {} +
