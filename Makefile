# Every command that people and CI use. Needs Python 3.11+ and make; the rest comes with `setup`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup check-install demo test test-long fuzz bench bench-full bench-intake bench-setup restore-drill lint format clean help

help:  ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(STAMP)  ## Make .venv/ with the locked packages and the command .venv/bin/hongqun

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; say which one by PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked packages into .venv/ …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation -e .
	@touch $@

check-install: setup  ## See that the installed command starts
	@$(BIN)/hongqun --version
	@$(BIN)/hongqun --help >/dev/null

demo: setup  ## Run everything on a sample brand (ARGS=--once ends after the numbers)
	@$(BIN)/hongqun demo $(ARGS)

test: setup  ## Run the test suite in parallel, on servers that it starts itself
	@$(BIN)/python -m pytest -n 4 --dist worksteal -m "not long" $(ARGS)

test-long: setup  ## Run what takes minutes
	@$(BIN)/python -m pytest -n 2 -m long $(ARGS)

fuzz: setup  ## Check the served API against its OpenAPI document with 100 examples an operation
	@HONGQUN_FUZZ_EXAMPLES=100 $(BIN)/python -m pytest -n 2 tests/api/test_schemathesis.py $(ARGS)

bench: setup bench-setup  ## Run the small size of every bench in five minutes (ARGS=--help says more)
	@$(BIN)/python -m bench $(ARGS)

bench-full: setup bench-setup  ## Run every bench at its full size: hours, and 30 GB of disk
	@$(BIN)/python -m bench --full $(ARGS)

bench-intake: setup  ## Measure how fast events come in, beside what the machine can do without us
	@$(BIN)/python -m bench.intake $(ARGS)

bench-setup: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r bench/requirements.lock

restore-drill: setup  ## Back up a sample brand, lose its server, restore it on another, and compare
	@$(BIN)/python -m bench.restore $(ARGS)

lint: setup  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:  ## Remove what can be made again
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
