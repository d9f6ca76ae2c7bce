# Everything a developer does here. `make` alone lists it. Needs Python 3.11+ and the package registries.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
SUITE ?= fast
JOBS ?= auto
PINS ?= constraints/pinned.txt
# Old versions of pip read the first for build requirements, too, newer ones the second.
PIP = PIP_CONSTRAINT=$(PINS) PIP_BUILD_CONSTRAINT=$(PINS) $(BIN)/pip install --quiet --disable-pip-version-check
SECONDS ?= 60
SEED ?=
FAST := -m "not slow and not browser"
ifeq ($(SUITE),all)
  MARKS :=
  TESTED := all browser-tools
else
  MARKS := $(FAST)
  TESTED := test
endif

.DEFAULT_GOAL := help
.PHONY: help serve test coverage test-lowest constraints licences audit check format fixtures story statements bench bench-peers bench-workers bench-survival bench-sandboxes bench-instructions load soak fuzz browser-tools images clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

serve: $(VENV)/serve.stamp ## serve all five vendors on http://127.0.0.1:8080 (ARGS="--port 9000 --dataset docs")
	@exec $(BIN)/mockserver serve $(ARGS)

test: $(TESTED:%=$(VENV)/%.stamp) ## run the tests (SUITE=all: the slow and browser ones, too)
	$(BIN)/python -m pytest -n $(JOBS) $(MARKS) $(ARGS)

coverage: $(VENV)/all.stamp $(VENV)/browser-tools.stamp ## run all tests, and judge the branches that they cover
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) $(ARGS)
	@find . -maxdepth 1 -name '.coverage.*' -empty -delete # of processes that tests have killed
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: $(VENV)/dev.stamp ## check style, types, layers, fixtures and specs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mockserver validate
	$(BIN)/openapi-spec-validator --errors all specs/*.yaml
	$(BIN)/python -m tests.statements --check

format: $(VENV)/dev.stamp ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fixtures: $(VENV)/serve.stamp ## generate every vendor's default dataset with its recipe
	@for vendor in $$(ls fixtures); do $(BIN)/mockserver generate $$vendor --out fixtures/$$vendor/default.yaml || exit 1; done

story: $(VENV)/test.stamp ## write docs/story.md from the fixtures
	$(BIN)/python -m tests.story_page

statements: $(VENV)/test.stamp ## write tests/statements.md from the tests' markers
	$(BIN)/python -m tests.statements

test-lowest: ## run the fast tests with the oldest versions that setup.cfg allows, in a separate environment
	@$(MAKE) --no-print-directory VENV=$(VENV)-lowest PINS=constraints/lowest.txt $(VENV)-lowest/test.stamp
	$(VENV)-lowest/bin/python -m pytest -n $(JOBS) $(FAST) $(ARGS)

constraints: $(VENV)/supply.stamp ## resolve setup.cfg into constraints/ and list the licences (ARGS=--upgrade: the newest versions)
	$(BIN)/python -m tests.supply constraints $(ARGS)

licences: $(VENV)/supply.stamp ## write the table of licences in docs/supply-chain.md
	$(BIN)/python -m tests.supply licences

audit: $(VENV)/supply.stamp ## look up known vulnerabilities of the pinned packages
	$(BIN)/python -m tests.supply audit

bench: $(VENV)/serve.stamp ## measure the sandbox beside a bare Flask route (QUICK=1: a trial; ARGS=--write: into docs/performance.md)
	$(BIN)/python -m bench.ours $(ARGS)

bench-peers: $(VENV)/serve.stamp ## measure it beside other mock servers, which npm installs into build/bench
	$(BIN)/python -m bench.beside $(ARGS)

bench-workers: $(VENV)/bench.stamp ## measure it under every gunicorn worker that can serve it
	$(BIN)/python -m bench.workers $(ARGS)

bench-survival: $(VENV)/test.stamp ## print the fate of calls and changes under the faults of docs/survival.md
	$(BIN)/python -m bench.survival

bench-sandboxes: $(VENV)/serve.stamp ## print the time and memory of sandboxes (ARGS=5000: their number)
	$(BIN)/python bench/sandboxes.py $(ARGS)

bench-instructions: $(VENV)/serve.stamp ## count the instructions of a call, independent of other load (needs valgrind)
	$(BIN)/python -m bench.instructions

load: $(VENV)/load.stamp ## check every answer while many clients use one server (SECONDS=10; ARGS="--only answers --workers 2 --store redis://...", --write)
	$(BIN)/python -m bench.underload $(ARGS)

soak: $(VENV)/load.stamp ## use a server in every way for ten minutes, and check that its memory stays flat (SECONDS=60; ARGS=--write)
	$(BIN)/python -m bench.soak $(ARGS)

fuzz: $(VENV)/fuzz.stamp ## send hostile input for SECONDS=60 to every test of tests/fuzz and every target of atheris (SEED=7: this seed)
	$(BIN)/python -m tests.fuzz $(SECONDS) $(SEED)

images: $(VENV)/all.stamp $(VENV)/browser-tools.stamp ## take the console's pictures in docs/images again, with the test that checks them
	MOCK_TEST_IMAGES=docs/images $(BIN)/python -m pytest -q tests/browser/test_console.py -k picture $(ARGS)

browser-tools: $(VENV)/browser-tools.stamp ## install the npm packages of the browser tests into build/browser

clean: ## remove the virtual environment and all build products
	rm -rf $(VENV) $(VENV)-lowest build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mockserver needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/browser-tools.stamp: tests/browser/tools/package.json | $(VENV)/bin/python
	@mkdir -p build/browser && cp $< build/browser/
	npm install --silent --no-fund --no-audit --no-package-lock --prefix build/browser
	@touch $@

$(VENV)/supply.stamp: | $(VENV)/bin/python # without this package, whose requirements may be about to change
	$(PIP) uv pip-audit packaging
	@touch $@

$(VENV)/%.stamp: setup.cfg setup.py pyproject.toml $(PINS) | $(VENV)/bin/python
	$(PIP) -e '$(EXTRA_$*)'
	@touch $@

EXTRA_serve := .[docs]
EXTRA_load := .[docs,redis]
EXTRA_bench := .[docs,bench]
EXTRA_test := .[test,docs]
EXTRA_all := .[test,docs,browser]
EXTRA_fuzz := .[test,docs,fuzz]
EXTRA_dev := .[test,docs,browser,dev]
