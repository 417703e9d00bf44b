# `make help` lists everything. Each target sets up what it needs; a second run is quick.
.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-quick test-newer-python compat faults hostile lint rooms bench bench-quick advisories sbom images chart compose-check format contracts lock clean

PYTHON := .venv/bin/python
# Each test process starts its own servers, so tests in different files do not affect each other. A test may take 300 s;
# TEST_TIMEOUT_FACTOR=10 is for a machine ten times slower.
TEST_PROCESSES ?= 2
# The quick tests start programs such as Helm, and wait for them.
QUICK_PROCESSES ?= 3
# Whole files, in the order of tests/conftest.py.
DISTRIBUTION := --dist loadfile --no-loadscope-reorder
STATE ?= .stack
NODE_TOOLS := dev/javascript/node_modules/.bin
JAVASCRIPT := services/api/web tests/web dev/javascript
PRETTIER := $(NODE_TOOLS)/prettier --config dev/javascript/package.json --log-level warn $(JAVASCRIPT) '!dev/javascript/types/openapi.d.ts' '!services/api/web/vendor'
S3 ?= light

help: ## List the targets.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# It also runs on an old Python, and then chooses the newest in the PATH, or BASE_PYTHON=<path>.
setup: ## Install what is missing: Python packages, Azurite, programs (as root, from Debian's packages).
	@python3 dev/install.py $(if $(filter rgw,$(S3)),--rgw)

demo: setup ## Run a playlist through the whole system and show the result. PLAYLIST=<url> takes one from the internet.
	@$(PYTHON) -m dev.demo $(if $(PLAYLIST),--playlist "$(PLAYLIST)")

up: setup ## Start all servers and services and keep them running. STATE=<dir>, S3=rgw, SITE=1 (the local site), OBSERVE=1.
	@$(PYTHON) -m dev.stack --state "$(STATE)" --s3 $(S3) $(if $(SITE),--site) $(if $(OBSERVE),--observe)

test: setup ## Run all tests against real servers, which it starts. ARGS="-k name" selects some.
	@python3 dev/install.py --browser
	@$(PYTHON) -m pytest --numprocesses $(TEST_PROCESSES) $(DISTRIBUTION) $(ARGS)

test-quick: setup ## Run the unit and contract tests, which need no servers: about a minute. ARGS="-k name" selects some.
	@$(PYTHON) -m pytest tests/unit tests/contract -p no:schemathesis --numprocesses $(QUICK_PROCESSES) $(DISTRIBUTION) $(ARGS)

test-newer-python: setup ## Run the unit and contract tests on Python 3.13 too, where it is installed.
	@$(PYTHON) -m dev.versions.newer_python --numprocesses 2 $(DISTRIBUTION) $(ARGS)

compat: setup ## Run the broker's tests on RabbitMQ 4, which compose and the chart use. Needs root; ARGS replaces the tests.
	@$(PYTHON) -m dev.versions.compat $(ARGS)

faults: setup ## Inject every fault, with full numbers, and print what was lost (nothing). Takes long.
	@FAULTS=full $(PYTHON) -m pytest tests/faults $(ARGS)

hostile: setup ## Try every hostile input, including slow ones, and print the results.
	@HOSTILE=full $(PYTHON) -m pytest tests/hostile $(ARGS)

lint: setup ## Check style, types, the order of imports between packages, JavaScript, Dockerfiles and compose file.
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache
	@$(NODE_TOOLS)/tsc --project tsconfig.json
	@$(NODE_TOOLS)/eslint --config dev/javascript/eslint.config.js $(JAVASCRIPT)
	@$(PRETTIER) --check
	@$(foreach file,Dockerfile dev/compose_check/Dockerfile,.venv/bin/hadolint $(file) &&) true
	@$(foreach name,$(COMPOSE_MUST_SET),$(name)=check) .venv/bin/docker-compose --profile observability --profile audit --profile backup --profile topology config --quiet
	@echo "lint: all good"

rooms: setup ## Print the rooms of the code by floors, from its imports. ARGS=shared.catalog prints one package.
	@$(PYTHON) -m dev.rooms $(ARGS)

bench: setup ## Measure speed and memory in about two hours; figures go to bench/history.jsonl. ARGS=videos runs one benchmark.
	@python3 dev/install.py --bench
	@$(PYTHON) -m bench $(ARGS)

bench-quick: setup ## Measure the main figures, beside rclone, aio-pika and yt-dlp, in about ten minutes.
	@python3 dev/install.py --bench
	@$(PYTHON) -m bench --quick

images: setup ## Build all images with the Docker engine here. PUSH=<registry>; LOCAL_BASE=1 makes their base from Debian's packages.
	@$(PYTHON) -m dev.images $(if $(LOCAL_BASE),--local-base) $(if $(PUSH),--push "$(PUSH)")

chart: setup ## Lint and package the Helm chart into dist/. PUSH=oci://<registry>/<path> pushes it, ADDRESS=<url> names its home.
	@$(PYTHON) -m dev.chart $(if $(PUSH),--push "$(PUSH)") $(if $(ADDRESS),--address "$(ADDRESS)")

compose-check: images ## Bring up docker-compose.yml and run a playlist of the local site through it. STAND_INS=1 needs no registry.
	@$(PYTHON) -m dev.compose_check $(if $(STAND_INS),--stand-ins)

# docker-compose.yml does not start without these.
COMPOSE_MUST_SET := RABBITMQ_PASSWORD MONGO_PASSWORD MONGO_ROOT_PASSWORD MINIO_ACCESS_KEY MINIO_SECRET_KEY API_KEY AZURE_ACCOUNT_KEY

format: setup ## Format the code.
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .
	@$(PRETTIER) --write

contracts: setup ## Write the stored JSON Schemas, topology, OpenAPI document and generated tables again. Read the diff!
	@$(PYTHON) -m dev.generate

# Only this target needs uv: pip install uv. The files must contain no index address.
lock: ## Compile requirements/*.txt from pyproject.toml.
	for extra in scraper retry sync watch notify probe api cli; do \
	  uv pip compile -q $(LOCK_OPTIONS) --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit 1; done
	uv pip compile -q $(LOCK_OPTIONS) --all-extras --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile -q $(LOCK_OPTIONS) --group pyproject.toml:servers -o requirements/servers.txt
	uv pip compile -q $(LOCK_OPTIONS) --group pyproject.toml:site -o requirements/site.txt
	uv pip compile -q $(LOCK_OPTIONS) --group pyproject.toml:bench -o requirements/bench.txt
	uv pip compile -q $(LOCK_OPTIONS) --group pyproject.toml:build -o requirements/build.txt
LOCK_OPTIONS = --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock'

# Only this target needs pip-audit: pip install pip-audit. It reads the advisory database of the package index.
advisories: ## Check the locked requirements against a database of known vulnerabilities. Needs pip-audit and the internet.
	@command -v pip-audit > /dev/null || { echo "advisories: pip-audit is not installed: pip install pip-audit" >&2; exit 1; }
	@status=0; for file in requirements/*.txt; do echo "$$file"; \
	  pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement $$file || status=1; done; exit $$status

sbom: setup ## Write NOTICE, each image's SBOM (CycloneDX) and licence label again, from the locked requirements.
	@$(PYTHON) -m dev.licences

clean: ## Delete a native stack's data and logs, after asking. STATE=<dir>; YES=1 does not ask. Installed packages stay.
	@python3 dev/clean.py --state "$(STATE)" $(if $(YES),--yes)
