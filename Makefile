# One command a purpose. Everything happens inside $(VENV); nothing is installed outside it.
PYTHON ?= python3
PYTHON_OLD ?= python3.10
VENV ?= .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true

.PHONY: install demo test verify lint bench bench-features bench-models bench-scorecard bench-attribution bench-drift bench-drift-stories bench-drift-large lock clean

install: $(VENV)/.installed

# uv installs the lock in seconds; where it cannot be had, pip does the same, slower.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "icpfit needs Python 3.11, 3.12 or 3.13; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); then \
	  $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev,excel,postgres,spark]'; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,excel,postgres,spark]'; \
	fi
	@touch $@

# A whole quarterly cycle on the demo company: simulate, retrain, sign off as "demo", score, document.
demo: install
	$(BIN)/icpfit demo

test: install
	$(BIN)/python -m pytest -m "not verify" -n 2

# The full experiments behind the figures in docs/. Hours, not minutes; resumable.
verify: install
	$(BIN)/python -m pytest -m verify

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two companies of known truth: the share of what could be known that the model and its card learn. Minutes.
bench: install
	$(BIN)/python benchmarks/attainable.py --seeds 11 12

# Features side by side with SQL by hand, Polars, pandas and featuretools, and docs/benchmarks.md of it. 20 minutes, 20 GB of disk.
bench-features: install $(VENV)-peers/.installed
	$(BIN)/python benchmarks/features.py --peers $(VENV)-peers/bin/python --write docs/benchmarks.md

# featuretools wants an older pandas than ours, so the peers live apart.
$(VENV)-peers/.installed: benchmarks/peers.txt
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
	@touch $@

# The model side by side with LightGBM, FLAML, EBM and logistic regression, and docs/benchmarks-models.md of it. 40 minutes; resumable.
# The public sets are in the folder that ICPFIT_REAL_DATA names.
bench-models: install $(VENV)-model-peers/.installed
	$(BIN)/python benchmarks/models.py --workspace $(VENV)-model-peers/contest --peers $(VENV)-model-peers/bin/python --write docs/benchmarks-models.md

$(VENV)-model-peers/.installed: benchmarks/model_peers.txt
	$(PYTHON) -m venv $(VENV)-model-peers
	$(VENV)-model-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/model_peers.txt
	@touch $@

# The card side by side with optbinning, FasterRisk, EBM and logistic regression, and docs/benchmarks-scorecard.md of it. Resumable.
# The public sets are in the folder that ICPFIT_REAL_DATA names.
bench-scorecard: install $(VENV)-scorecard-peers/.installed
	$(BIN)/python benchmarks/scorecard.py --workspace $(VENV)-scorecard-peers/contest --peers $(VENV)-scorecard-peers/bin/python \
	  --write docs/benchmarks-scorecard.md

# FasterRisk asks for a pandas and a scikit-learn of 2022, which the others do not run on; it runs on theirs.
$(VENV)-scorecard-peers/.installed: benchmarks/scorecard_peers.txt
	$(PYTHON) -m venv $(VENV)-scorecard-peers
	$(VENV)-scorecard-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/scorecard_peers.txt
	$(VENV)-scorecard-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps fasterrisk==0.1.10
	@touch $@

# Attributions side by side with pred_contrib, shap, woodelf and fasttreeshap, and docs/benchmarks-attribution.md of it. 10 minutes.
bench-attribution: install $(VENV)-attribution-peers/.installed $(VENV)-attribution-old/.installed
	$(BIN)/python benchmarks/attribution.py --woodelf $(VENV)-attribution-peers/bin/python \
	  --fasttreeshap $(VENV)-attribution-old/bin/python --write docs/benchmarks-attribution.md

$(VENV)-attribution-peers/.installed: benchmarks/attribution_peers.txt
	$(PYTHON) -m venv $(VENV)-attribution-peers
	$(VENV)-attribution-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/attribution_peers.txt
	@touch $@

# fasttreeshap is built from source against an old NumPy; where that fails, the table says that it is not there.
$(VENV)-attribution-old/.installed: benchmarks/attribution_peers_old.txt
	$(PYTHON_OLD) -m venv $(VENV)-attribution-old || $(PYTHON) -m venv $(VENV)-attribution-old
	-grep -v '^fasttreeshap' $< | $(VENV)-attribution-old/bin/python -m pip install --quiet --disable-pip-version-check -r /dev/stdin
	-$(VENV)-attribution-old/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -r $<
	@touch $@

# Drift alarms side by side with evidently, nannyml, PSI and plain tests, and docs/benchmarks-drift.md of it. An hour and a half; resumable.
# The public set is in the folder that ICPFIT_REAL_DATA names.
bench-drift: install $(VENV)-drift-evidently/.installed $(VENV)-drift-nannyml/.installed
	$(BIN)/python benchmarks/drift.py --workspace $(VENV)-drift-nannyml/contest --evidently $(VENV)-drift-evidently/bin/python \
	  --nannyml $(VENV)-drift-nannyml/bin/python --write docs/benchmarks-drift.md

# evidently does not import on the pandas that the others run on, and nannyml asks for an older LightGBM: each has a place of its own.
$(VENV)-drift-%/.installed: benchmarks/drift_peers_%.txt
	$(PYTHON) -m venv $(VENV)-drift-$*
	$(VENV)-drift-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Twenty companies of each story (up-market, a region that churns, a market that falls, nothing), and docs/drift-stories.md of it. Resumable.
bench-drift-stories: install
	$(BIN)/python benchmarks/drift_stories.py --workspace $(VENV)/drift-stories --write docs/drift-stories.md

# A million rows: seconds and memory, beside plain tests in the same run. Two minutes.
bench-drift-large: install
	$(BIN)/python benchmarks/drift_large.py

# Makes constraints.txt again; it names no registry. An old graphene would break python-dateutil.
lock: install
	printf 'graphene>=3.4.3\n' > $(VENV)/lock-floor.txt
	$(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --quiet \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header -c $(VENV)/lock-floor.txt -o constraints.txt

clean:
	rm -rf $(VENV) $(VENV)-peers $(VENV)-model-peers $(VENV)-scorecard-peers $(VENV)-attribution-peers $(VENV)-attribution-old
	rm -rf $(VENV)-drift-evidently $(VENV)-drift-nannyml
	rm -rf demo documents .mypy_cache .ruff_cache .pytest_cache
