"""Running services, one of each kind for a whole module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from service_process import ServiceProcess


@pytest.fixture(scope="module")
def hanamaru(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A running QR wallet."""
    yield from _running("hanamaru", tmp_path_factory.mktemp("hanamaru"))


@pytest.fixture(scope="module")
def sakura(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A running credit card service."""
    yield from _running("sakura", tmp_path_factory.mktemp("sakura"))


def _running(name: str, folder: Path) -> Iterator[ServiceProcess]:
    service = ServiceProcess.prepare(name, folder).start()
    yield service
    service.stop()
