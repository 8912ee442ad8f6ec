# Every target sets up what it needs: Python 3.11 or newer, make and git are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
TESTED := $(BIN)/python -m pytest -n 4 --dist loadfile
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --annotation-style line

# Compiled modules are kept, whatever the shell says: a run of the tests starts dozens of Pythons.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup sandbox demo test check bench soak screenshots format lint types contracts lock

help: ## say what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY) ## make .venv with the pinned dependencies (the other targets do it by themselves)

sandbox: $(READY) ## start Slack, Fly.io and the bot on this machine, with a page in the browser
	@$(BIN)/drop-bot sandbox

demo: $(READY) ## print the conversation of a whole release, and stop
	@$(BIN)/drop-bot sandbox --play standard

test: $(READY) ## run the tests, but for the journeys: those that play whole releases, start bots, open a browser
	$(TESTED) -m "not soak and not journey"

check: lint types contracts ## what a change must pass: all tests; without Chromium the page's are skipped, and said to be
	$(TESTED)

bench: $(READY) ## measure what the product promises about speed
	$(BIN)/python -m benchmarks

soak: $(READY) ## 100,000 generated deployments, each fault at each call, and kills of the bot (SOAK_DEPLOYMENTS, SOAK_SEED, SOAK_STRIDE, SOAK_KILLS)
	$(BIN)/python -m pytest -m soak

screenshots: $(READY) ## take the pictures of the README anew (needs Chromium)
	$(BIN)/python -m tests.page.screenshots

format: $(READY) ## rewrite the code as ruff wants it
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(READY) ## format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## mypy, strict, over product and tests
	$(BIN)/mypy

contracts: $(READY) ## the arrows between the packages
	$(BIN)/lint-imports

lock: $(READY) ## pin the dependencies anew after pyproject.toml changed (UPGRADE=--upgrade for newer ones)
	$(PIP) install --require-hashes -r requirements/lock.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build -o requirements/base.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group dev -c requirements/base.txt -o requirements/dev.txt
	$(COMPILE) $(UPGRADE) --group lock -o requirements/lock.txt

# Once per change of the pins. The product itself is installed without asking for anything more.
$(READY): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "drop-bot needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Setting up $(VENV), once; this takes a minute."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@
