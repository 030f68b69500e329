"""Files that survive a kill at any moment and are shared by several processes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """This will keep every other process and thread out of what the lock file guards."""
    with path.open("ab") as lock:
        path.chmod(0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back, and so does the end of the process


def write_durably(path: Path, content: bytes) -> None:
    """This will replace the file as a whole, readable by its owner only; to be called by one writer at a time."""
    successor = path.with_name(f"{path.name}.new")
    with open(os.open(successor, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    successor.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """This will make the names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
