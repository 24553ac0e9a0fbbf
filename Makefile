# Uses .venv where `make venv` has made one, and otherwise the python that is on the path.
PYTHON := $(if $(wildcard .venv/bin/python),.venv/bin/python,python)
BENCHMARKS := $(filter-out __init__,$(basename $(notdir $(wildcard benchmarks/*.py))))

# Of `make slice`: minutes for everything, and further options of `vmd-train slice`.
MINUTES ?= 60
SLICE ?=

# Further options of `make release`.
RELEASE ?=

.PHONY: check format-check lint types test quick fmt bench kernel rules pictures notebook demo site shots share dist release venv slice slice-end

check: format-check lint types test

format-check:
	$(PYTHON) -m ruff format --check .

lint:
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

# All tests, the examples of docstrings and of README, and how much of the code they run.
test:
	$(PYTHON) -m pytest -n 2 --cov

# The same without what takes long: a Ray cluster, torchrun, a wheel, a bare clone that trains.
quick:
	$(PYTHON) -m pytest -n 2 -m "not slow"

fmt:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

# Every benchmark with its defaults; each prints one JSON document on its last line.
bench:
	set -e; for name in $(BENCHMARKS); do $(PYTHON) -m "benchmarks.$$name"; done

# The bitcode of the exact kernel, after a change of kernel.py or digits.py.
kernel:
	$(PYTHON) -m training.make_kernel

# The page of rules, docs/RULES.md, and its pictures.
rules:
	$(PYTHON) docs/rules.py

# The other pictures of the pages: screens of vmd-play as it is now, a recording, the picture that
# moves, the figures of METHOD, and the gallery, docs/GALLERY.md.
pictures:
	$(PYTHON) docs/pictures.py
	$(PYTHON) docs/figures.py
	$(PYTHON) docs/moving.py
	$(PYTHON) docs/gallery.py

# These pages as a site, in site/: any warning ends it, a link that leads nowhere among them. The
# demonstration is part of it after `make demo`.
site:
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

# A picture of each of its pages, in build/shots/, with Chromium.
shots:
	$(PYTHON) docs/shots.py

# The notebook, docs/notebook.ipynb, executed: it trains a model, which takes a minute or two.
notebook:
	$(PYTHON) docs/notebook.py

# What the demonstration in the browser needs, docs/demo/vendor/: ONNX Runtime (npm) and the models.
demo:
	$(PYTHON) docs/demo.py

# What a wheel installs in share/: man pages, and completion for bash, fish and zsh.
share:
	$(PYTHON) docs/share.py

# The wheel and the sdist, as an index takes them.
dist: demo
	rm -rf dist
	$(PYTHON) -m build --no-isolation
	$(PYTHON) -m twine check --strict dist/*

# A release: make release VERSION=1.2.3, first with RELEASE=--dry-run.
release: demo
	$(PYTHON) .ci/release.py $(VERSION) $(RELEASE)

# Some minutes more for the lineage, beside other work: one thread, and only what is left over.
slice:
	PYTHONPATH=training nice -n 19 $(PYTHON) -m vmd_training.cli slice --time $(MINUTES)m --threads 1 $(SLICE)

# Ends the slice that runs, and waits until its row is in the ledger.
slice-end:
	PYTHONPATH=training $(PYTHON) -m vmd_training.cli slice --end

venv:
	python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e '.[dev]'
