# Two commands on a fresh machine: make train, make test. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
PIP_FLAGS ?=
PYTEST_FLAGS ?= -n 2
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_FLAGS)
SOURCES := pyproject.toml constraints.txt

.PHONY: help install install-dev train test test-all bench lint format clean

help:
	@echo "make train [ARGS='corpus=yesno ...']  install, and run python train.py with ARGS"
	@echo "make test       install with the development tools; lint, types and tests"
	@echo "make test-all   the same, with the tests that take minutes"
	@echo "make bench      the benchmark; ARGS='--recordings FSDD/audio' for all of it"
	@echo "make lint       ruff, mypy and codespell only"
	@echo "make format     let ruff format and mend what it can"
	@echo "make install    the environment of train; make install-dev that of test"
	@echo "make clean      remove $(VENV), caches and builds; runs and data stay"
	@echo "Variables: PYTHON=$(PYTHON) (3.10 to 3.13), VENV=$(VENV), PIP_FLAGS, PYTEST_FLAGS=$(PYTEST_FLAGS)"

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

train: install
	$(BIN)/python train.py $(ARGS)

test: lint
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_FLAGS)

test-all: lint
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

bench: install
	$(BIN)/python scripts/benchmark.py $(if $(ARGS),$(ARGS),--parts index peak start)

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' || \
		{ echo "error: $(PYTHON) is not Python 3.10 to 3.13; choose another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
		{ echo "error: $(PYTHON) cannot make environments; install its venv package (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Torch and torchaudio are resolved together, as the package index gives them: their builds must match.
$(VENV)/.installed: $(SOURCES) | $(BIN)/python
	@echo "installing into $(VENV); the first time this loads some gigabytes and takes minutes"
	$(PIP) -e ".[espeak]"
	@touch $@

$(VENV)/.installed-dev: $(SOURCES) | $(BIN)/python
	@echo "installing into $(VENV); the first time this loads some gigabytes and takes minutes"
	$(PIP) -e ".[dev]"
	@touch $(VENV)/.installed $@
