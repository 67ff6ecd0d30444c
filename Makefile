# The ways in: each target is one job, and all use the same environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := run
.PHONY: run demo test screenshots breaks lint bench soak faults reference docs lock clean

$(VENV)/.run-ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "ansgar needs Python 3.11 or newer: install python3 with your system's package manager"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ansgar needs Python 3.11 or newer: run 'make PYTHON=python3.12 $(MAKECMDGOALS)' with the one you have"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "ansgar needs Python's venv module: on Debian, install python3-venv"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 13))' || { command -v cc >/dev/null || { echo "durable-rules is built from source and needs a C compiler: on Debian, install build-essential"; exit 2; }; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements-test.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

run: demo  ## the demo, then the API on 127.0.0.1:8484 until stopped
	@$(BIN)/ansgar serve

demo: $(VENV)/.run-ready  ## example contacts, shipped rules, one run, printed
	@$(BIN)/ansgar demo

test: $(VENV)/.test-ready  ## the whole suite
	@$(BIN)/python -m pytest -n 2

screenshots: $(VENV)/.test-ready  ## every page of the console in both languages, light and dark, to var/screenshots (needs Chromium)
	@ANSGAR_SCREENSHOTS=1 $(BIN)/python -m pytest -p no:randomly tests/browser/test_every_page.py

lint: $(VENV)/.test-ready  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

breaks: $(VENV)/.test-ready  ## breaks each promise about deletion once, in a copy, and tells which test notices
	@$(BIN)/python -m tests.breaking

$(VENV)/.bench-ready: $(VENV)/.test-ready requirements-bench.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(VENV)/.bench-ready  ## speed, beside what one could pick instead: a table, var/bench.json and charts; three minutes
	@$(BIN)/python -m bench

soak: $(VENV)/.test-ready  ## a million verdicts by three executions, half an hour; var/soak-*.txt counts them
	@ANSGAR_SOAK=1 $(BIN)/python -m pytest -n 2 tests/store/test_equivalence.py

faults: $(VENV)/.test-ready  ## kills a real server two hundred times in each test of crashes; a quarter of an hour
	@ANSGAR_FAULTS=200 $(BIN)/python -m pytest -n 2 tests/acceptance/test_faults.py

reference: $(VENV)/.run-ready  ## docs/reference.md, from the lists in code
	@$(BIN)/python -m engine.service.reference > docs/reference.md

$(VENV)/.docs-ready: $(VENV)/.run-ready requirements-docs.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

docs: $(VENV)/.docs-ready  ## the site of docs/ to var/site: files that load nothing from elsewhere; a broken link ends it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile --universal --generate-hashes --no-header --quiet --upgrade pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --quiet --upgrade --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
	uv pip compile --universal --generate-hashes --no-header --quiet --upgrade --extra test --extra bench -c requirements-test.lock pyproject.toml -o requirements-bench.lock
	uv pip compile --universal --generate-hashes --no-header --quiet --upgrade --extra docs -c requirements.lock pyproject.toml -o requirements-docs.lock

clean:
	rm -rf $(VENV) var dist
