# Everything a developer does, one word each. Needs Python 3.11 or newer and git; the rest it installs into .venv.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python manage.py

# `make worker NODE=gpu-1 ROLE=gpu LABELS=disk=fast WORKERS=4`: what is not given stays unset.
ifdef NODE
export CELERIAC_NODE := $(NODE)
endif
ifdef ROLE
export CELERIAC_ROLES := $(ROLE)
endif
ifdef LABELS
export CELERIAC_LABELS := $(LABELS)
endif
ifdef WORKERS
export WORKERS
endif
ifdef PORT
export PORT
endif

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: .venv/runtime .venv/bin/celeriac ## Run the whole service on this machine: PORT (8000), WORKERS (2), CELERIAC_HOME (var)
	@exec $(RUN) up

.PHONY: worker
worker: .venv/runtime ## Add a worker to the running service: NODE, ROLE, LABELS, WORKERS, CELERIAC_QUEUES
	@exec $(RUN) worker

.PHONY: test
test: .venv/tools ## Run the whole suite on real servers and workers of its own
	@failed=0; $(BIN)/python -m pytest -n auto -m "not alone" || failed=1; \
	$(BIN)/python -m pytest -n auto -m alone $$(grep -rl 'mark\.alone' tests --include='*.py') || failed=1; exit $$failed

.PHONY: chaos
chaos: .venv/tools ## Break everything that can break, and audit what comes of it: ONLY="name name", LIST=1
	@$(BIN)/python -m tests.chaos $(if $(LIST),--list) $(ONLY)

.PHONY: gate
gate: lint types layers ## Everything that is checked without running the tests
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run

.PHONY: lint
lint: .venv/tools ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: .venv/tools ## Check types
	$(BIN)/mypy .

.PHONY: layers
layers: .venv/tools ## Check that imports point down
	$(BIN)/lint-imports

.PHONY: fmt
fmt: .venv/tools ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: .venv/tools ## Measure beside bare Celery: ONLY=chain,latency QUICK=1 JSON=file
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON))

.PHONY: migrate
migrate: .venv/runtime ## Bring the running service's database up to date
	$(RUN) migrate

.PHONY: shell
shell: .venv/runtime ## Open a Python shell on the running service's data
	$(RUN) shell

.PHONY: clean
clean: ## Remove the environment and caches; data under var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Installing is skipped while the list of requirements is the one that was installed last.
.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The command, on the code of this checkout: an edit needs no second installing. The service runs without it.
.venv/bin/celeriac: pyproject.toml | .venv/runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . && touch $@ \
		|| echo "The command is not installed; in this folder it is $(BIN)/python -m celeriac"

.venv/tools: requirements-dev.txt .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: PYTHON=python3.11 make")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
