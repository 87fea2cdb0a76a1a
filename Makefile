# make run: a working Allmende. make test: every check a newcomer needs. make bench, make proof: the numbers and the whole proof.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test bench proof lint lock clean environment environment-dev

run: environment
	@$(BIN)/allmende serve

environment: .venv/run.stamp
environment-dev: .venv/dev.stamp

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Allmende needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "Preparing the environment (once) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "Preparing the developers' environment (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

test: environment-dev
	@$(BIN)/python -m tests.run

lint: environment-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: environment-dev
	@$(BIN)/python -m benchmarks

proof: environment-dev
	@$(BIN)/python -m tests.proof

# Needs `uv` (pip install uv). Every dependency is pinned with its hashes; see docs/dependencies.md.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --extra server --extra postgresql requirements/build.in pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --extra server --extra postgresql --extra dev requirements/build.in pyproject.toml -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf .venv var
