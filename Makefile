# make demo: from nothing to a rehearsed mailing.   make test: everything that is tested, the browser too.
# Both use the program as it is installed from its wheel, in an environment of its own (.venv).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
ISSUE := back-muscle-spasms
SOURCES := pyproject.toml hatch_build.py constraints.txt $(shell find newsletter templates issues *.example.* -type f -not -name '*.pyc')

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONSAFEPATH := 1# the tests are to meet the installed program, not the source tree

.PHONY: demo test bench wheel clean

demo: $(VENV)/installed
	@$(BIN)/newsletter init $(DEMO) >$(VENV)/init.log 2>&1 || { cat $(VENV)/init.log; exit 1; }
	@echo "1. A practice folder: $(DEMO)/ (practice.yaml, subscribers.csv, issues/, images/)"
	@echo; echo "2. Checking"
	@$(BIN)/newsletter -C $(DEMO) check $(ISSUE)
	@echo; echo "3. Building"
	@$(BIN)/newsletter -C $(DEMO) build $(ISSUE)
	@echo; echo "4. Rehearsing: every mail over SMTP, to a server on this computer"
	@$(BIN)/newsletter -C $(DEMO) send $(ISSUE) --rehearse
	@echo
	@echo "Look at it:  $(BIN)/newsletter -C $(DEMO) preview $(ISSUE)"

test: $(VENV)/tested tests/node/node_modules/installed
	@sh tests/need_chromium.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 3 --cov --cov-report=term $(TESTS)

bench: $(VENV)/tested
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/checking.py
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python benchmarks/sending.py
	$(BIN)/python benchmarks/preview.py

wheel: $(VENV)/bin/python
	$(BIN)/python -m pip wheel -q --no-deps --wheel-dir dist .

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing. To get it: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/installed: $(VENV)/bin/python $(SOURCES)
	@echo "Installing ..."
	@$(BIN)/python -m pip install -q .
	@$(BIN)/python -m pip install -q --force-reinstall --no-deps .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	@$(BIN)/python -m pip install -q '.[test,keyring]'
	@touch $@

tests/node/node_modules/installed: tests/node/package.json
	@if command -v npm >/dev/null; then npm install --prefix tests/node --no-audit --no-fund --no-package-lock --silent && touch $@; \
	else echo "npm is missing, so the MJML and accessibility tests are skipped. To get it: sudo apt-get install npm"; fi

clean:
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage tests/node/node_modules
