# Encours: the chores. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test check demo fuzz simulate bench setup setup-test format messages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## set everything up and start Encours (demo company on the first start)
	@$(BIN)/python run.py

test: setup-test ## set everything up and run all tests
	@$(BIN)/pytest -n 2 --dist worksteal -q

check: setup-test ## format, lint, types, import rules, templates, translations, migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python -m tests.translations
	@d=$$(mktemp -d) && ENCOURS_DATA=$$d $(BIN)/flask db upgrade >/dev/null 2>&1 && ENCOURS_DATA=$$d $(BIN)/flask db check && rm -rf $$d

demo: setup ## make the demo company again in a new data folder (./data-demo)
	@rm -rf data-demo && ENCOURS_DATA=data-demo $(BIN)/flask db upgrade >/dev/null && ENCOURS_DATA=data-demo $(BIN)/flask demo --sign-ins

fuzz: setup-test ## read 10,000 damaged files of every kind; SEED=n for others
	@$(BIN)/python -m tests.damaged 10000 $(or $(SEED),1)

simulate: setup-test ## years of 200 customers with a dying worker and a misbehaving mail server; LIVES=n SEED=n
	@$(BIN)/python -m tests.simulate $(or $(LIVES),1) $(or $(SEED),1)

bench: setup-test ## measure speed as ratios against a baseline of the same run
	@$(BIN)/python -m bench

setup: $(VENV)/ready translations/ready ## set everything up, start nothing

setup-test: $(VENV)/ready-test translations/ready

$(VENV)/ready: requirements.lock tools/setup.sh
	@PYTHON="$(PYTHON)" sh tools/setup.sh run
	@touch $@

$(VENV)/ready-test: requirements-dev.lock $(VENV)/ready tools/setup.sh
	@PYTHON="$(PYTHON)" sh tools/setup.sh test
	@touch $@

translations/ready: $(VENV)/ready $(wildcard translations/*/LC_MESSAGES/*.po)
	@$(BIN)/pybabel -q compile -d translations
	@touch $@

format: setup-test ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

messages: setup-test ## collect new strings into translations/*/LC_MESSAGES/messages.po
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k _l --no-location --sort-output --omit-header -o translations/messages.pot .
	@$(BIN)/pybabel -q update -i translations/messages.pot -d translations --no-fuzzy-matching --omit-header --no-wrap
	@rm translations/messages.pot

clean: ## remove what set-up made (data stays)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis translations/ready
