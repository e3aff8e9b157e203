# Two commands set Millwright up: `make demo` and `make test`. Each bootstraps .venv from the hashed lock, once.
PYTHON ?= $(shell for python in python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $$python && break; done)
UV := .bootstrap/bin/uv
ENV := PYTHONPATH= UV_PYTHON_DOWNLOADS=never

.PHONY: demo run test check lock clean

demo: .venv/installed
	.venv/bin/millwright demo

run: .venv/installed
	.venv/bin/millwright serve

test: .venv/installed
	.venv/bin/python -m pytest -n 2 --dist loadfile

check: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# pip, which comes with Python, installs uv aside; uv installs what the lock names, checked against its hashes
.venv/installed: requirements.lock bootstrap.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Millwright needs Python 3.11 or 3.12. Try: make PYTHON=/path/to/python3.12"; exit 2; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .bootstrap --require-hashes -r bootstrap.lock
	test -x .venv/bin/python || $(ENV) $(UV) venv --quiet --python $(PYTHON) .venv
	VIRTUAL_ENV=$(CURDIR)/.venv $(ENV) $(UV) pip sync --require-hashes requirements.lock
	VIRTUAL_ENV=$(CURDIR)/.venv $(ENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lock: .venv/installed
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements.lock
	sed -n 's/^\([a-z][a-z0-9.-]*==[^ ]*\( ;.*\)\{0,1\}\) \\$$/\1/p' requirements.lock > build.constraints
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c build.constraints deploy/serving.in -o deploy/serving.lock
	rm build.constraints
	echo uv | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o bootstrap.lock

clean:
	rm -rf .venv .bootstrap
