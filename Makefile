.DEFAULT_GOAL := test
UV_VERSION := 0.13.9
.PHONY: setup test
setup: .venv/.synced
.venv/.synced: pyproject.toml uv.lock
	test -x .venv/bin/python || python3 -m venv .venv
	.venv/bin/python -m pip install --quiet uv==$(UV_VERSION)
	.venv/bin/uv sync --frozen --quiet
	touch $@
test: setup
	.venv/bin/python -m pytest
