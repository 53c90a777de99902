# `make help` lists the targets. Needs Python 3.11 or newer; all other Python packages are installed into .venv.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
ARTICLES ?= 1000000
SEEDS ?= 5
SECONDS ?= 600
MINUTES ?= 4
STREAM ?= ../shared/corpus/stream-2019.jsonl ../shared/corpus/stream-2022.jsonl
SUPPLY := build/supply
# All files of each release: of every processor, and of every system.
HASHES = $(SUPPLY)/tools/bin/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-annotate \
	--custom-compile-command "make hashes" -c constraints.txt
TESTS := tests/integration tests/property tests/unit
# Tests that start no broker, take less than ten seconds, and can run beside other tests.
FAST := not kafka and not broker and not slow and not alone

# A Python that is new enough and can create virtual environments (a separate package in Debian).
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	if $$python -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

.PHONY: help install demo test test-fast check bench chaos soak soak-day fuzz alerts-review broker wheel sbom audit hashes \
	clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  ARGS="..." is passed to the command, e.g. make demo ARGS="--exit-when-idle"'

$(BIN)/python:
	@$(if $(strip $(PYTHON)),,echo 'newswatch needs Python 3.11 or newer with the modules venv and ensurepip' \
		'(Debian: apt-get install python3 python3-venv); set another one with make PYTHON=/path/to/python3' >&2; exit 1)
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install -q --upgrade 'pip>=25.1'

# Stamps: reinstall only when the requirements have changed.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing newswatch into $(VENV); the first time takes about a minute'
	@$(BIN)/pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo 'Installing the development tools'
	@$(BIN)/pip install -q -c constraints.txt -e . --group dev
	@touch $@

install: $(VENV)/installed-dev ## Create .venv with newswatch and the development tools

demo: $(VENV)/installed ## See it work: embedded broker, worker, sample articles, alerts
	@$(BIN)/newswatch demo $(ARGS)

test: install ## Run unit, property and integration tests (real Apache Kafka, Prometheus, Chromium)
	@.ci/system-packages
	@# Integration tests mostly wait, and each file has its own topics: run two files at a time, the longest first.
	@# Tests that measure time (`alone`) run afterwards, one by one. Status 5: ARGS selects none of these.
	@run() { $(BIN)/pytest $(TESTS) -m "$$@" $(ARGS) || [ $$? = 5 ]; }; \
	run 'not alone' -n 2 --dist loadfile --no-loadscope-reorder; beside=$$?; \
	run alone; exit $$((beside | $$?))

test-fast: install ## Run the tests without broker and Java, with fewer examples per property: two minutes
	@$(BIN)/pytest $(TESTS) -m "$(FAST)" --hypothesis-profile=fast -n 2 --dist worksteal $(ARGS)

check: install ## Check lint, formatting, types, import layers, dead code, compose file, Prometheus files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/vulture
	@.ci/compose-check docker-compose.yml
	@.ci/prometheus-check

bench: install ## Run the benchmarks
	@$(BIN)/pytest tests/bench -s -q $(ARGS)

chaos: install ## Kill, pause and disconnect workers and brokers; count losses (SEEDS=1: one seed each)
	@.ci/system-packages
	@SEEDS=$(SEEDS) $(BIN)/pytest tests/chaos -s -q --show-capture=no $(ARGS)

alerts-review: install ## Scan a stream; write each alert beside its evidence, and a table for verdicts (STREAM="FILE ...")
	@mkdir -p build/review
	@$(BIN)/newswatch scan $(STREAM) --rules deploy/rules > build/review/alerts.jsonl
	@$(BIN)/python -m streams.evaluation.alert_review build/review/alerts.jsonl $(STREAM) build/review

fuzz: install ## Search for hostile records, rules, feeds, pages, requests (SECONDS=60: time of all searches)
	@NEWSWATCH_FUZZ_SECONDS=$(SECONDS) $(BIN)/pytest tests/fuzz -s -q --timeout 0 $(ARGS)

soak: install ## Run a worker over a million small articles and check its memory (ARTICLES=100000)
	@NEWSWATCH_SOAK_ARTICLES=$(ARTICLES) $(BIN)/pytest tests/soak/test_soak.py -s -q $(ARGS)

soak-day: install ## Run a day of event time with rule edits, scaling and broker restarts (MINUTES=10: longer)
	@NEWSWATCH_DAY_MINUTES=$(MINUTES) $(BIN)/pytest tests/soak/test_day.py -s -q --show-capture=no $(ARGS)

broker: $(VENV)/installed ## Start Apache Kafka for development (ARGS="--brokers 3")
	@$(BIN)/newswatch broker --kafka $(ARGS)

wheel: $(BIN)/python ## Build the wheel into dist
	@$(BIN)/pip wheel -q --no-deps -w dist .

$(SUPPLY)/tools: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m venv --clear --without-pip $@
	@$(BIN)/pip --python $@/bin/python install -q -c constraints.txt --group supply
	@touch $@

sbom: $(SUPPLY)/tools ## Write dist/sbom.json (CycloneDX): the packages of an environment with newswatch alone
	@$(BIN)/python -m venv --clear --without-pip $(SUPPLY)/product
	@$(BIN)/pip --python $(SUPPLY)/product/bin/python install -q -c constraints.txt .
	@mkdir -p dist
	@$(SUPPLY)/tools/bin/cyclonedx-py environment $(SUPPLY)/product/bin/python --pyproject pyproject.toml \
		--output-reproducible --of JSON -o dist/sbom.json

# Who knows vulnerabilities: pypi (the index's own JSON interface, which mirrors often lack), osv, esms.
SERVICE ?= pypi
audit: $(SUPPLY)/tools ## Ask for known vulnerabilities of the packages in constraints.txt (SERVICE=osv: elsewhere)
	@$(SUPPLY)/tools/bin/pip-audit --strict --no-deps --disable-pip -s $(SERVICE) -r constraints.txt || { echo \
		"audit: not passed. A table above lists vulnerable packages and the versions to raise them to in" \
		"constraints.txt. 'Could not be audited', or a failed connection, means that NOTHING is known: the service" \
		"$(SERVICE) does not answer from here. Run it elsewhere, or with SERVICE=osv." >&2; exit 1; }

hashes: $(SUPPLY)/tools ## Write the hashes of all that the image installs (deploy/docker/*requirements.txt)
	@$(HASHES) --extra rocksdb pyproject.toml -o deploy/docker/requirements.txt
	@echo hatchling | $(HASHES) - -o deploy/docker/build-requirements.txt

clean: ## Remove the environment, caches and build results
	rm -rf $(VENV) build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
