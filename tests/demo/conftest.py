"""Where a town is built."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.__main__ import tear_down


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return where a town is built, and clear it away: its database may lie outside of pytest's private folders."""
    yield tmp_path / "demo"
    tear_down(tmp_path / "demo")
