"""The stage of the measurements: a town in a folder of its own, which leaves nothing behind."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from demo.commands import Commands
from demo.processes import start
from demo.town import PROGRAMME, ROOT, Town
from mynapoint.console.cluster import open_cluster
from mynapoint.kernel.period import JST

SERVICE: Final = "hanamaru"
AT: Final = datetime(2020, 9, 10, 10, tzinfo=JST)
"""When everything happens: inside the programme's windows, at a clock that runs."""

__all__ = ["AT", "PROGRAMME", "SERVICE", "empty_folder", "own_cluster", "running", "settled_town"]


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Lend a new folder on the checkout's own disk: memory would make every commit look cheap."""
    around = ROOT / ".mynapoint"
    around.mkdir(mode=0o711, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=around, prefix="bench-"))
    folder.chmod(0o711)  # the database's user has to pass through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_cluster(state_dir: Path) -> Iterator[None]:
    """Throw the database server of a state folder away at the end, whoever started it."""
    try:
        yield
    finally:
        open_cluster(state_dir).discard()


@contextmanager
def settled_town() -> Iterator[Town]:
    """Found a town with its database, programme, services and test authority; nothing else runs yet."""
    with empty_folder() as folder, own_cluster(folder / "state"), Commands() as run:
        town = Town.found(folder, run=run, at=AT, ports={})
        town.start_database()
        town.load()
        town.command("card", "issue", "first")
        yield town


@contextmanager
def running(town: Town, *names: str) -> Iterator[None]:
    """Run programs of a town: `site`, `worker` or a service's name."""
    programs = {"site": town.web, "worker": town.worker}
    processes = [programs[name]() if name in programs else town.services[name].process for name in names]
    try:
        start(*processes)
        yield
    finally:
        for process in reversed(processes):
            process.stop()
