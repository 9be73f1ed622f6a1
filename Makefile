# Everything that a person or a machine does here. `make help` lists it.
#
# What is slow is cached outside the tree: programs, images, trained models under $(CACHE), wheels in uv's cache.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Some shells forbid it; then every process compiles every module that it imports anew, a second and more.
unexport PYTHONDONTWRITEBYTECODE

export BERTRELEASE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bertrelease
CACHE := $(BERTRELEASE_CACHE)
NAME ?= dev
VENV := .venv
PY := $(VENV)/bin/python
UV = $(shell command -v uv 2>/dev/null || echo $(CACHE)/uv/bin/uv)
PYTEST := $(PY) -m pytest
# tests/conftest.py keeps all that need a cluster on one of the two.
TWO_AT_A_TIME := -n 2 --dist loadscope

##@ The two commands
.PHONY: demo test
demo: setup ## Bring up a cluster, release good and bad versions with real traffic, watch them being rolled back
	@$(PY) -m demo $(if $(KEEP),--keep) $(if $(CHAPTER),--chapter $(CHAPTER))

test: setup test-tools lint ## Everything: lint, types, unit, property, integration and end-to-end tests
	@$(PYTEST) $(TWO_AT_A_TIME) $(ARGS)

##@ Tests in part
.PHONY: test-unit test-properties test-server test-web test-integration test-e2e test-tools
test-unit: setup ## Unit tests, in seconds
	@$(PYTEST) tests/unit $(TWO_AT_A_TIME) $(ARGS)

test-properties: setup ## Property tests and state machines
	@$(PYTEST) tests/properties $(TWO_AT_A_TIME) $(ARGS)

test-server: setup test-tools ## The server with real models: protocols, reference equality, overload, drain
	@$(PYTEST) tests/server $(ARGS)

test-web: setup test-tools ## The web page in a real Chromium
	@$(PYTEST) tests/web $(ARGS)

test-integration: setup ## Against a real API server (needs root on Debian)
	@$(PYTEST) tests/integration $(ARGS)

test-e2e: setup ## Against a whole cluster with real traffic (needs root on Debian)
	@$(PYTEST) tests/e2e tests/devcluster $(ARGS)

test-tools: setup ## Debian packages that the server's tests drive: Chromium, Redis, a Chinese font (needs root)
	@$(PY) -m scripts.test_tools

##@ The server alone
.PHONY: serve
serve: setup ## Serve the demo models with the web page on http://localhost:8080 (ARGS="--port 8000")
	@$(PY) -m demo.serve $(ARGS)

##@ Code
.PHONY: lint format crds lock
lint: setup ## ruff, mypy, import-linter, drift of generated files
	@echo "==> ruff"; $(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@echo "==> mypy"; $(VENV)/bin/mypy
	@echo "==> import-linter"; $(VENV)/bin/lint-imports
	@echo "==> generated files"; $(PY) -m bertrelease_operator.api.crd --check

format: setup ## Reformat and mend what can be mended automatically
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

crds: setup ## Regenerate crds/ and docs/reference.md from the models
	@$(PY) -m bertrelease_operator.api.crd

LOCK := --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock: $(CACHE)/uv/bin/uv ## Freeze the dependencies of pyproject.toml into requirements/
	@$(UV) pip compile $(LOCK) pyproject.toml --extra operator -o requirements/operator.txt
	@$(UV) pip compile $(LOCK) pyproject.toml --extra server -o requirements/server.txt
	@$(UV) pip compile $(LOCK) pyproject.toml --extra operator --extra server --extra package \
		--group build --group test --group bench --group lint --group devcluster -o requirements/dev.txt
	@$(UV) pip compile $(LOCK) benchmarks/server/requirements-peers.in -o benchmarks/server/requirements-peers.txt

##@ Dev cluster (NAME=dev)
.PHONY: cluster-build cluster-up cluster-down cluster-status cluster-env cluster-kubectl cluster-logs \
	cluster-restart cluster-load-image images
cluster-build: setup ## Build Kubernetes, Istio and the rest into the cache (about 20 minutes, once)
	@$(PY) -m devcluster build

cluster-up: setup ## Start a one-node Kubernetes with Istio
	@$(PY) -m devcluster up --name $(NAME)

cluster-down: setup ## Remove it and everything of it
	@$(PY) -m devcluster down --name $(NAME)

cluster-status: setup ## What runs
	@$(PY) -m devcluster status --name $(NAME)

cluster-env: setup ## Print KUBECONFIG, PATH and URLs for eval
	@$(PY) -m devcluster env --name $(NAME)

cluster-kubectl: setup ## kubectl against it (ARGS="get pods -A")
	@$(PY) -m devcluster kubectl --name $(NAME) -- $(ARGS)

cluster-logs: setup ## Log of one component (COMPONENT=istiod)
	@$(PY) -m devcluster logs $(COMPONENT) --name $(NAME)

cluster-restart: setup ## Restart one component (COMPONENT=istiod)
	@$(PY) -m devcluster restart $(COMPONENT) --name $(NAME)

cluster-load-image: setup ## Give its node an image that was built here (IMAGE=name:tag)
	@$(PY) -m devcluster load-image $(IMAGE) --name $(NAME)

images: setup ## Build the operator's image and the demo versions of the server's
	@$(PY) -m demo.images

##@ Benchmarks (each writes build/bench/<name>.json)
.PHONY: bench-rollback bench-strategies bench-operator bench-judgement bench-drift bench-server soak
bench-rollback: setup ## Rollback times and lost requests, on the dev cluster
	@$(PY) -m benchmarks.rollback $(ARGS)

bench-strategies: setup ## Lost requests in promotions and rollbacks in every way (ARGS="--promotions 50 --rollbacks 50", "--quick")
	@$(PY) -m benchmarks.strategies $(ARGS)

bench-operator: setup ## CPU, memory and API requests with many idle releases
	@$(PY) -m benchmarks.operator_load $(ARGS)

bench-judgement: setup ## False rollbacks and requests to detect, simulated
	@$(PY) -m benchmarks.judgement $(ARGS)

bench-drift: setup ## Requests until drift of the answers is found, and false alarms, simulated
	@$(PY) -m benchmarks.drift $(ARGS)

bench-server: setup ## The server against the obvious one, its bare engine and a peer (ARGS="--quick")
	@$(PY) -m benchmarks.server $(ARGS)

soak: setup ## Ten minutes of mixed load with flat memory, then 100 rolling restarts without a lost request
	@$(PY) -m benchmarks.soak $(ARGS)

##@ Other
.PHONY: help setup clean
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

setup: $(VENV)/.ready ## Virtual environment with everything pinned

$(VENV)/.ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, this is $$(python3 -V)" >&2; exit 1; }
	@$(MAKE) $(CACHE)/uv/bin/uv
	@echo "==> installing pinned dependencies into $(VENV)"
	@[ -x $(PY) ] || $(UV) venv --quiet --python "$$(command -v python3)" $(VENV)
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

$(CACHE)/uv/bin/uv:
	@command -v uv >/dev/null && exit 0; \
	echo "==> installing uv into $(CACHE)/uv"; \
	python3 -m venv $(CACHE)/uv 2>/dev/null \
		|| { echo "python3 cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }; \
	$(CACHE)/uv/bin/pip install --quiet --require-hashes -r requirements/uv.txt

clean: ## Remove what was built in the tree (the cache stays)
	@rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
