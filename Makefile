# The two front doors are `make report` and `make test`; run.py does the work, with or without make.
PYTHON ?= python3
UV ?= uv
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(LOCKFLAGS)

.PHONY: help report test lint recovery calibration fuzz bench intake reference lock

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

report:  ## run a study from raw waves to report.html (STUDY=star for another than the default one)
	@$(PYTHON) run.py report '$(STUDY)'

test:  ## run the tests that need nothing but Python (ARGS='-k name' for some of them)
	@$(PYTHON) run.py test $(ARGS)

lint:  ## check style, workflow and types
	$(PYTHON) run.py python -m ruff check .
	$(PYTHON) run.py python -m ruff format --check .
	$(PYTHON) run.py python -m snakefmt --check Snakefile workflow
	$(PYTHON) run.py python -m snakemake --lint
	$(PYTHON) run.py python -m mypy

recovery:  ## check over 200 simulated cohorts that planted effects are found again
	@$(PYTHON) run.py python -m outcomes.recovery

calibration:  ## check over 2,000 cohorts a cell how often intervals and tests of the engine err
	@$(PYTHON) run.py python -m outcomes.calibration

fuzz:  ## damage 20,000 exports at random and check that each is refused in a sentence or read rightly
	@$(PYTHON) run.py python tests/fuzzing.py

bench:  ## time the engine beside R's lme4 (needs Rscript, lme4 and nlme)
	@$(PYTHON) run.py python benchmarks/run.py

intake:  ## time the reading, checking and cleaning of waves of up to a million rows (about 10 min)
	@$(PYTHON) run.py python benchmarks/intake.py

reference:  ## write docs/reference/ anew from the code
	@$(PYTHON) run.py python -m outcomes.reference

lock:  ## pin pyproject.toml's dependencies anew (needs uv; LOCKFLAGS=--upgrade for newer versions)
	$(LOCK) --group pyproject.toml:build --output-file locks/build.txt
	$(LOCK) pyproject.toml --output-file locks/runtime.txt
	$(LOCK) pyproject.toml --constraint locks/runtime.txt --group test --output-file locks/test.txt
	$(LOCK) pyproject.toml --constraint locks/runtime.txt --group slurm --output-file locks/slurm.txt
