# Everything that is done with this repository; each target does its own set-up. Needs make and Python 3.11 or newer.

SUITABLE := import sys; sys.exit(sys.version_info < (3, 11))
# A name alone proves nothing: version managers put a python3.13 on PATH that only says that there is none.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c '$(SUITABLE)' 2>/dev/null && echo "$$name" && break; done)
LAYOUT ?= parliament
# The HTTP header TE, half of café, and a kind that is misspelt on purpose.
NOT_MISSPELT := te,caf,triger,notin
ENVIRONMENT := .venv/.made
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run ride test chaos bench performance check check-format check-lint check-types check-imports check-spelling check-manifests \
	stage deploy undeploy migrate new tools clean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

run: $(ENVIRONMENT) ## everything up, one ride settled and shown, then serving until Ctrl-C (ONCE=1: stop after the ride)
	@$(BIN)/python scripts/run.py $(if $(ONCE),--once) $(ARGS)

ride: $(ENVIRONMENT) ## send one ride to the running mesh and follow it
	@$(BIN)/python scripts/ride.py

test: $(ENVIRONMENT) ## all tests, two files at a time (ARGS='tests/unit -k fare' goes to pytest instead)
	@$(BIN)/pytest $(or $(ARGS),--numprocesses 2 --dist loadfile)

chaos: $(ENVIRONMENT) ## of each broker class, the mesh, its functions and its Postgres killed 200 times under load (ARGS='--kills 20 --seed 7 --class Kafka')
	@PYTHONPATH=tests $(BIN)/python -m chaos $(ARGS)

bench: $(ENVIRONMENT) ## speed, memory and start-up against goals, in ten minutes (ARGS='--long curves': only those, and longer)
	@$(BIN)/python bench/run.py $(ARGS)

performance: $(ENVIRONMENT) ## docs/performance.md of what the benches found
	@$(BIN)/python bench/performance.py

check: check-format check-lint check-types check-imports check-spelling check-manifests ## everything below that starts with check-

check-format: $(ENVIRONMENT) ## whether the code is formatted
	@$(BIN)/ruff format --check .

check-lint: $(ENVIRONMENT) ## ruff's rules
	@$(BIN)/ruff check .

check-types: $(ENVIRONMENT) ## mypy, strict; one call for each step, since all their files are named func.py
	@$(BIN)/mypy src tests scripts bench
	@printf '%s\n' functions/*/func.py | xargs -n 1 $(BIN)/mypy --no-error-summary

check-imports: $(ENVIRONMENT) ## who may import whom
	@$(BIN)/lint-imports

check-spelling: $(ENVIRONMENT) ## spelling of code and documents
	@$(BIN)/codespell --ignore-words-list $(NOT_MISSPELT) *.md Makefile broker docs functions scripts src templates tests triggers bench

check-manifests: $(ENVIRONMENT) ## func.yaml, brokers and triggers, as the cluster would judge them
	@$(BIN)/mesh check .

stage: $(ENVIRONMENT) ## wrap each step for func, into build/functions (LAYOUT=parliament|asgi)
	@$(BIN)/python -m mesh.functions.staging . --layout $(LAYOUT)

deploy: $(ENVIRONMENT) ## everything to the cluster (REGISTRY=HOST/NAME, LAYOUT=, BUILDER=pack|s2i|host; DRY_RUN=1 only prints)
	@$(BIN)/python scripts/deploy.py deploy --layout $(LAYOUT) $(if $(REGISTRY),--registry '$(REGISTRY)') \
		$(if $(BUILDER),--builder $(BUILDER)) $(if $(DRY_RUN),--dry-run)

undeploy: $(ENVIRONMENT) ## the functions away again (DATA=1: events, Kafka and namespace, too; DRY_RUN=1 only prints)
	@$(BIN)/python scripts/deploy.py undeploy $(if $(DATA),--data) $(if $(DRY_RUN),--dry-run)

migrate: $(ENVIRONMENT) ## apply each step's tables to the database that DATABASE_URL names
	@$(BIN)/python -m mesh.functions.migrate .

new: $(ENVIRONMENT) ## a step with its trigger and its test (STEP=surge-pricing TYPE=cabs.rides.ride-completed)
	@$(BIN)/python scripts/new.py '$(STEP)' '$(TYPE)'

tools: $(ENVIRONMENT) ## the real func and kn-event, from their Go modules into .tools/bin, for the tests that use them
	@$(BIN)/python scripts/tools.py

clean: ## remove .venv, build, .tools and caches (what the mesh stored in .mesh stays)
	@rm -rf .venv build .tools .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(ENVIRONMENT): pyproject.toml constraints.txt
	@'$(PYTHON)' -c '$(SUITABLE)' 2>/dev/null || { \
		echo "make: no Python 3.11 or newer (tried $(or $(PYTHON),python3 python3.13 python3.12 python3.11)):" \
		"install one, or name it with PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making .venv with what constraints.txt pins (a minute or two, once)"
	@if command -v uv >/dev/null && rm -rf .venv && uv venv --quiet --python "$$(command -v '$(PYTHON)')" .venv && \
		uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'; then :; else \
		rm -rf .venv && '$(PYTHON)' -m venv .venv && $(BIN)/python -m pip install --quiet --no-input \
		--disable-pip-version-check --constraint constraints.txt --editable '.[dev]'; fi
	@touch $@
