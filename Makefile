# Everything that a developer or a user of a checkout types.
PYTHON ?= python3
VENV ?= .venv
VV ?= tests/data/vv/2.2.4.txt
BIN = $(VENV)/bin
HAPADVISE ?= $(shell command -v hapadvise)
FACTS = $(wildcard data/*.csv data/advisories/*.toml)

.PHONY: help advise dev test check lint types golden smoke data advisory rehearse nightly man clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml hatch_build.py $(FACTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

advise: $(VENV)/.installed ## install and report on a sample; VV=file for another
	@$(BIN)/hapadvise $(VV) || [ $$? -eq 1 ]

dev: $(VENV)/.dev ## everything that development needs, in .venv

test: $(VENV)/.test ## the tests
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=100

check: lint types test ## all that must pass before a commit

lint: $(VENV)/.dev ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

golden: $(VENV)/.test ## write the expected reports anew; read the diff
	HAPADVISE_GOLDEN=write $(BIN)/python -m pytest -q tests/test_golden.py tests/test_docs.py

smoke: $(VENV)/.dev ## build the wheel, install it alone, run it
	rm -rf dist && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	rm -rf $(VENV)/smoke && $(PYTHON) -m venv $(VENV)/smoke
	$(VENV)/smoke/bin/pip install --quiet --disable-pip-version-check dist/hapadvise-*.whl
	cd / && $(CURDIR)/$(VENV)/smoke/bin/hapadvise --help >/dev/null
	cd / && $(CURDIR)/$(VENV)/smoke/bin/hapadvise 2.2.4 >/dev/null || [ $$? -eq 1 ]

data: $(VENV)/.installed ## read the facts anew: make data CLONE=path of a clone with all release tags
	@test -n "$(CLONE)" || { echo "make data CLONE=path of a clone of HAProxy with the tags of every branch" >&2; exit 2; }
	$(BIN)/python scripts/facts_from_git.py $(CLONE)

advisory: $(VENV)/.installed ## start an advisory: make advisory FIX=commit of the fix
	@test -n "$(FIX)" || { echo "make advisory FIX=commit of the fix, in any branch" >&2; exit 2; }
	@$(BIN)/python scripts/new_advisory.py $(FIX)

rehearse: $(VENV)/.test ## run the refresh against a site that is served: make rehearse SITE=URL
	@test -n "$(SITE)" || { echo "make rehearse SITE=address of a site of known bugs" >&2; exit 2; }
	@$(BIN)/python scripts/rehearse.py $(SITE)

nightly: ## install the nightly refresh as root: make nightly [HAPADVISE=path of the command] [DESTDIR=]
	@test -x "$(HAPADVISE)" || { echo "make nightly HAPADVISE=path of the installed command" >&2; exit 2; }
	install -d $(DESTDIR)/etc/systemd/system $(DESTDIR)/etc/sysusers.d
	install -m 644 deploy/systemd/hapadvise.sysusers $(DESTDIR)/etc/sysusers.d/hapadvise.conf
	install -m 644 deploy/systemd/hapadvise-refresh.timer $(DESTDIR)/etc/systemd/system/
	sed 's|@HAPADVISE@|$(HAPADVISE)|' deploy/systemd/hapadvise-refresh.service \
	  > $(DESTDIR)/etc/systemd/system/hapadvise-refresh.service
	@test -n "$(DESTDIR)" || { systemd-sysusers hapadvise.conf && systemctl daemon-reload \
	  && systemctl enable --now hapadvise-refresh.timer; }

man: $(VENV)/.installed ## write hapadvise.1 from the help
	$(BIN)/python scripts/manpage.py hapadvise.1

clean: ## remove what was built
	rm -rf $(VENV) dist build advisory/catalogue.db hapadvise.1 .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
