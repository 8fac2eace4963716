# From a data set to a verified bitstream. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

RECIPE      ?= digits
# A budget, or own: what the recipe has without one.
MULTIPLIERS ?= $(if $(filter digits,$(RECIPE)),28,own)
SEED        ?= 0
BOARD       ?= ulx3s-85f
# MHz of the network's clock, or max; the board's own where empty.
CLOCK       ?=
OUT         ?= runs/$(RECIPE)-$(MULTIPLIERS)-$(SEED)
PYTHON      ?= python3
BIN         := .venv/bin
MULBUDGET   := $(BIN)/mulbudget

PACKAGES    := boards hw report schemes sim spn sweep train

# What each step reads: a change of these makes its files again, and nothing else does.
TRAINING := $(wildcard train/*.py spn/*.py)
HARDWARE := $(wildcard spn/*.py hw/*.py hw/*/*.py)
BUILDING := $(HARDWARE) $(wildcard boards/*.py sim/tools.py)

NETWORK := $(OUT)/network.spn
VERILOG := $(OUT)/verilog/$(subst -,_,$(RECIPE)).v
BUDGET  := $(if $(filter own,$(MULTIPLIERS)),,--multipliers $(MULTIPLIERS))
FASTER  := $(if $(CLOCK),--clock $(CLOCK))
# A folder for each clock, so that a build is of the clock that is asked for.
BUILD   := $(BOARD)$(if $(CLOCK),-$(CLOCK))
REPORT  := $(OUT)/$(BUILD)/report.json

##@ The two commands
demo: $(NETWORK) ## train, export, Verilog, bit-exact simulation, bitstream, summary
	$(MULBUDGET) show $(NETWORK)
	@$(MAKE) --no-print-directory $(VERILOG)
	$(MULBUDGET) sim $(NETWORK) --report $(OUT)/sim.json
	@$(MAKE) --no-print-directory bitstream
	@echo
	$(MULBUDGET) summary $(OUT) --board $(BUILD)

test: $(BIN)/ready ## run all tests, on every core
	$(BIN)/pytest -n auto

##@ One step of the way, and what it needs before it
train: $(NETWORK) ## learn the network under the budget
	$(MULBUDGET) show $(NETWORK)

verilog: $(VERILOG) ## portable Verilog and its JSON sidecar
	@ls -l $(OUT)/verilog

sim: $(NETWORK) ## the whole test set through the RTL
	$(MULBUDGET) sim $(NETWORK)

bitstream: $(REPORT) ## synthesis, place and route for BOARD, with a report
	@echo "$(dir $(REPORT)) holds what was built, and report.json there says what it is"

program: $(REPORT) ## load the bitstream into the connected BOARD
	$(MULBUDGET) program $(dir $(REPORT)) --board $(BOARD)

report: $(NETWORK) ## one HTML page about the network and its plan for BOARD
	$(MULBUDGET) report $(NETWORK) --board $(BOARD) --out $(OUT)/report.html

bench: $(BIN)/peers $(NETWORK) ## time and size, measured, beside da4ml, alkaid and Brevitas
	$(BIN)/python -m bench

##@ For whoever changes the project
lint: $(BIN)/ready ## format, rules and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright

docs: $(BIN)/ready ## the manual as a site, in build/docs
	@mkdir -p build/packages/mulbudget
	@ln -sfn $(addprefix $(CURDIR)/,$(PACKAGES)) build/packages/mulbudget/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

lock: $(BIN)/ready ## pin the newest packages that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --upgrade --output-file requirements.lock pyproject.toml

clean: ## remove what is made here, the environment too; not the cache in ~/.cache/mulbudget
	rm -rf .venv build runs *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\n%s\n' "Settings, with their values now:"
	@printf '  %-12s %s\n' RECIPE $(RECIPE) MULTIPLIERS $(MULTIPLIERS) SEED $(SEED) \
		BOARD $(BOARD) CLOCK '$(CLOCK)' OUT $(OUT)

.PHONY: demo test train verilog sim bitstream program report bench lint docs lock clean help

$(NETWORK): $(TRAINING) | $(BIN)/ready
	$(MULBUDGET) train $(RECIPE) $(BUDGET) --seed $(SEED) --out $(OUT)

$(VERILOG): $(NETWORK) $(HARDWARE)
	$(MULBUDGET) verilog $(NETWORK) --out $(dir $@)

$(REPORT): $(NETWORK) $(BUILDING)
	$(MULBUDGET) bitstream $(NETWORK) --board $(BOARD) $(FASTER) --out $(dir $@)

# The environment is thrown away and made again whenever its copy of the lock, which is written
# last, differs from requirements.lock; a half-made one has no copy.
.venv/requirements.lock: requirements.lock
	@if cmp -s $< $@; then touch $@; exit; fi; \
	need() { command -v "$$1" >/dev/null || { \
		echo "mulbudget needs $$1: install it with 'apt-get install $$2'" >&2; exit 1; }; }; \
	need $(PYTHON) python3; need perl perl; need g++ g++; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "mulbudget needs Python 3.11 or later, and $(PYTHON) is older: install" \
			"python3.11 and python3.11-venv, and set PYTHON=python3.11" >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "mulbudget needs Python's venv: install it with 'apt-get install" \
			"python3-venv'" >&2; exit 1; }; \
	echo "Installing the packages of requirements.lock into .venv; this takes a minute or two."; \
	rm -rf .venv; \
	$(PYTHON) -m venv .venv; \
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock; \
	cp $< $@

$(BIN)/ready: .venv/requirements.lock pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What only the bench compares with; Brevitas takes no setuptools as new as the lock's.
$(BIN)/peers: $(BIN)/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation \
		--constraint <(grep -v '^setuptools==' requirements.lock) -e '.[peers,qat]'
	@touch $@
