# make demo: from nothing to a rehearsed mailing.   make test: everything that is tested, the browser too.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
ISSUE := back-muscle-spasms

.PHONY: demo test lint bench wheel clean

demo: $(VENV)/installed
	@$(BIN)/newsletter init $(DEMO) >$(VENV)/init.log 2>&1 || { cat $(VENV)/init.log; exit 1; }
	@echo "1. A practice folder: $(DEMO)/ (practice.yaml, subscribers.csv, issues/, images/)"
	@echo; echo "2. Checking"
	@$(BIN)/newsletter -C $(DEMO) check $(ISSUE)
	@echo; echo "3. Building"
	@$(BIN)/newsletter -C $(DEMO) build $(ISSUE) | head -n 1
	@echo; echo "4. Rehearsing: every mail over SMTP to a server on this computer"
	@$(BIN)/newsletter -C $(DEMO) send $(ISSUE) --rehearse | grep -v '^Next'
	@echo
	@echo "Look at it:  $(BIN)/newsletter -C $(DEMO) preview $(ISSUE)"

test: $(VENV)/tested tests/node/node_modules/installed
	@sh tests/need_chromium.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(TESTS)

bench: $(VENV)/tested
	$(BIN)/python benchmarks/startup.py

wheel: $(VENV)/tested
	$(BIN)/python -m pip install -q -c constraints.txt build
	$(BIN)/python -m build -q --wheel

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing (once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test,keyring]'
	@touch $@

tests/node/node_modules/installed: tests/node/package.json
	@if command -v npm >/dev/null; then npm install --prefix tests/node --no-audit --no-fund --no-package-lock --silent && touch $@; \
	else echo "npm is missing, so the MJML and accessibility tests are skipped: apt-get install npm"; fi

clean:
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage tests/node/node_modules
