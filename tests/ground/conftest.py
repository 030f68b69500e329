"""Folders and servers for the tests of the ground itself."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mynapoint.console.cluster import Cluster, open_cluster

Opener = Callable[..., Cluster]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a new folder that every user may pass through; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="mynapoint-ground-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def open_server() -> Iterator[Opener]:
    """Return a way to open servers that are thrown away afterwards, whatever became of them."""
    opened: list[Cluster] = []

    def open_one(state_dir: Path, *, pg_bin: Path | None = None) -> Cluster:
        opened.append(open_cluster(state_dir, pg_bin=pg_bin, durable=False))
        return opened[-1]

    yield open_one
    for cluster in opened:
        cluster.discard()
