# Short recipes; `make help` lists them. Everything lives in .venv, made once.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
NBVAL := $(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 120 \
	--nbval-sanitize-with tests/notebooks/sanitize.cfg -q

.DEFAULT_GOAL := help
.PHONY: help report test outputs check lint notebooks history lab bench clean

help: ## list the recipes
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) with $(PYTHON) (once; takes a minute or two) ..."
	@$(PYTHON) -c 'import sys; sys.exit("qcanalysis needs Python 3.11 or later, got " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

report: $(READY) ## the bundled failed inspection and scorecards, from data to HTML reports
	@echo "Making the reports of data/cases/metal-promo ..."
	@$(BIN)/qcanalysis case data/cases/metal-promo --out reports > /dev/null
	@echo "Making the reports of the illustrative, complete variant ..."
	@$(BIN)/qcanalysis case data/cases/metal-promo-illustrative --out reports/metal-promo-illustrative > /dev/null
	@echo "Making the scorecards of the simulated suppliers ..."
	@$(BIN)/qcanalysis scorecards --history data/history --period 2026-10 --out reports/scorecards > /dev/null
	@echo "Open reports/index.html (and reports/metal-promo-illustrative/index.html, reports/scorecards/index.html)"

test: $(READY) ## the whole suite: style, types, unit tests, notebooks, browser
	@$(MAKE) --no-print-directory -j 2 lint outputs
	@echo "Running the tests ..."
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

outputs: $(READY) ## compare the notebooks with their committed outputs
	@echo "Comparing the notebooks with their committed outputs ..."
	@$(NBVAL) -n 2 --dist loadfile $(NOTEBOOKS)

lint: $(READY) ## style and types only
	@echo "Checking style and types ..."
	@$(BIN)/ruff check --quiet src tests benchmarks data notebooks
	@$(BIN)/ruff format --quiet --check src tests benchmarks data
	@$(BIN)/mypy

check: $(READY) ## look for problems in the bundled cases and history
	@for case in data/cases/*/ data/history; do $(BIN)/qcanalysis check $$case || exit $$?; done

notebooks: $(READY) ## run the notebooks and store their outputs; look at the diff afterwards
	@$(BIN)/jupyter nbconvert --log-level WARN --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False $(NOTEBOOKS)
	@$(BIN)/nbstripout --keep-output --keep-count --keep-id --extra-keys "metadata.language_info metadata.kernelspec" $(NOTEBOOKS)
	@git --no-pager diff --stat -- notebooks

history: $(READY) ## rebuild the simulated inspection history
	@$(BIN)/python data/build_history.py

lab: $(READY) ## JupyterLab on the notebooks
	@cd notebooks && ../$(BIN)/jupyter lab

bench: $(READY) ## measure the speed of the sampling core and of a batch, as ratios
	@$(BIN)/python benchmarks/sampling_speed.py
	@$(BIN)/python benchmarks/plan_design_speed.py
	@$(BIN)/python benchmarks/batch_speed.py

clean: ## remove the environment and the reports
	rm -rf $(VENV) reports/*.html reports/*.ipynb reports/*/
