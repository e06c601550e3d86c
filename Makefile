# One command for each thing a person wants. Needs Python 3.11+ and a package index; uv is used when it is there.
# Options: PYTHON=python3.12 picks the interpreter, VENV=folder the environment, UV= does without uv.

PYTHON ?=
VENV ?= .venv
UV ?= $(shell command -v uv 2>/dev/null)
VERSIONS ?= 3.11 3.12 3.13 3.14

BIN := $(VENV)/bin
# A stamp names the interpreter that was asked for, so that asking for another one makes the environment anew.
CORE := $(VENV)/.core$(if $(PYTHON),-$(subst /,_,$(PYTHON)))
DEV := $(VENV)/.dev$(if $(PYTHON),-$(subst /,_,$(PYTHON)))
PINS := pyproject.toml constraints.txt plansync/__init__.py

# A worker a core; the tests of one file share their fixtures, and the files that take long come first.
AT_ONCE := -n auto --dist loadfile --no-loadscope-reorder

# What decides and what writes is reached by tests, branch by branch; what nothing can reach says why beside it.
ALL_REACHED = $(BIN)/coverage report --include='plansync/reconcile/*,plansync/sync/*' --fail-under=100

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
VERSION := import sys; print(*sys.version_info[:3])

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export UV_PYTHON_DOWNLOADS = never

# Install $(1) into the environment; uv reads other settings than pip, so where it finds nothing pip is asked.
define install
{ test -n "$(UV)" && "$(UV)" pip install --quiet --python $(BIN)/python -e '$(1)' -c constraints.txt 2>/dev/null; } || { \
  { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; } \
  && $(BIN)/python -m pip install -qq --no-input -e '$(1)' -c constraints.txt; }
endef

# Which seeded histories `make simulate` plays, and which part of them: SHARD=1/4 is the second of four.
SEEDS ?= 0:2000
SHARD ?= 0/1
LOOK ?= both
COPIES ?= 1

.PHONY: help demo test test-all pytest coverage goldens pictures branches simulate lint types contracts site format clean

help:
	@echo "make demo       see it work: a plan, a tracker on this machine, changes both ways"
	@echo "make test       lint, types, contracts and the tests     make coverage   the tests, and what they reach"
	@echo "make test-all   the same, with the tests on every Python of $(VERSIONS) that is here"
	@echo "make lint       ruff: rules and formatting       make types      mypy, strict"
	@echo "make contracts  which part may import which      make format     put the code in shape"
	@echo "make pytest     the tests alone                  make clean      remove what these made"
	@echo "make goldens    write anew what the commands are expected to print; git diff shows what changed"
	@echo "make pictures   draw the README's pictures anew, from what the commands show on a terminal"
	@echo "make branches   the unit tests of reconcile and sync, which must reach every branch there"
	@echo "make site       the pages of docs/ as a site in site/, which loads nothing from elsewhere"
	@echo "make simulate   seeded histories of people, faults and deaths: SEEDS=$(SEEDS) SHARD=$(SHARD) COPIES=$(COPIES)"

demo: $(CORE)
	@$(BIN)/plansync demo

test: lint types contracts $(DEV)
	@$(BIN)/python -m pytest $(AT_ONCE)

pytest: $(DEV)
	@$(BIN)/python -m pytest $(AT_ONCE)

coverage: $(DEV)
	@$(BIN)/python -m pytest $(AT_ONCE) --cov
	@$(ALL_REACHED)

goldens: $(DEV)
	@WRITE_GOLDENS=1 $(BIN)/python -m pytest -q -n 0 tests/acceptance/test_goldens.py
	@git status --short tests/acceptance/golden

pictures: $(DEV)
	@$(BIN)/python -m tests.docs.pictures
	@git status --short docs/images

branches: $(DEV)
	@$(BIN)/python -m pytest $(AT_ONCE) --cov --cov-report= tests/unit/reconcile tests/unit/sync
	@$(ALL_REACHED)

simulate: $(DEV)
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --shard $(SHARD) --look $(LOOK) --copies $(COPIES)

# Not --quiet: it passes over warnings, and then --strict fails for none. What the theme says of its successor is for us.
site: $(DEV)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open site/index.html; with the search: python3 -m http.server -d site, then http://localhost:8000"

lint: $(DEV)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "make format puts these in shape:"; $(BIN)/ruff format --check .; }

types: $(DEV)
	@$(BIN)/mypy

contracts: $(DEV)
	@$(BIN)/lint-imports --no-logo

format: $(DEV)
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

# A name on PATH may be a shim for a version that is not switched on, so each one is tried before it is believed.
test-all: lint types contracts
	@passed= failed= absent=; \
	for version in $(VERSIONS); do \
	  found=; \
	  for python in python$$version "$$HOME"/.pyenv/versions/$$version*/bin/python; do \
	    if test "$$("$$python" -c '$(VERSION)' 2>/dev/null | cut -d' ' -f1,2 | tr ' ' .)" = $$version; then \
	      found=$$python; break; \
	    fi; \
	  done; \
	  if test -z "$$found"; then absent="$$absent $$version"; continue; fi; \
	  echo "--- Python $$version"; \
	  if $(MAKE) --no-print-directory pytest PYTHON="$$found" VENV=.venvs/$$version; \
	  then passed="$$passed $$version"; else failed="$$failed $$version"; fi; \
	done; \
	echo "--- passed:$${passed:- none}; failed:$${failed:- none}; not on this machine:$${absent:- none}"; \
	test -z "$$failed" && test -n "$$passed"

clean:
	@rm -rf $(VENV) .venvs build dist site htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache
	@find plansync tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(CORE): $(PINS)
	@set -e; \
	python="$(PYTHON)"; \
	if test -z "$$python" && $(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null; then python=$(BIN)/python; fi; \
	for name in python3 python3.13 python3.12 python3.14 python3.11; do \
	  if test -z "$$python" && $$name -c '$(NEW_ENOUGH)' 2>/dev/null; then python=$$name; fi; \
	done; \
	if ! { test -n "$$python" && "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; }; then \
	  echo "plansync needs Python 3.11 or newer$${python:+, and $$python is not one}; name one: make PYTHON=python3.12" >&2; \
	  exit 1; \
	fi; \
	if test "$$("$$python" -c '$(VERSION)')" != "$$($(BIN)/python -c '$(VERSION)' 2>/dev/null)"; then \
	  if test -e $(VENV) && ! test -f $(VENV)/pyvenv.cfg; then \
	    echo "$(VENV) is no Python environment; move it away first" >&2; exit 1; \
	  fi; \
	  rm -rf $(VENV); \
	  if ! { test -n "$(UV)" && "$(UV)" venv --quiet --python "$$python" $(VENV) 2>/dev/null; }; then \
	    rm -rf $(VENV); \
	    "$$python" -m venv $(VENV) || { \
	      rm -rf $(VENV); \
	      echo "that Python cannot make an environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	      exit 1; \
	    }; \
	  fi; \
	fi; \
	echo "Installing plansync into $(VENV) ..."; \
	$(call install,.); \
	touch $@

$(DEV): $(CORE)
	@echo "Installing its tools into $(VENV) ..."
	@$(call install,.[dev])
	@touch $@
