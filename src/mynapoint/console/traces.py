"""What a database server leaves in its folder and among the machine's processes."""

import os
from pathlib import Path
from typing import Final

PROCESSES: Final = Path("/proc")


def read_lock(lock: Path) -> int | None:
    """Return the process number that a server wrote into its lock file, whether it lives or not."""
    try:
        return int(lock.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def names_a_living_process(lock: Path) -> bool:
    """Tell whether the number in a lock file is some process's."""
    pid = read_lock(lock)
    return pid is not None and _is_alive(pid)


def is_server_process(pid: int, *, data: Path) -> bool:
    """Tell whether this process is the server of this folder: after a crash its number may be another's."""
    if not PROCESSES.is_dir():
        return _is_alive(pid)
    return os.fsencode(data) in _command_line(pid).split(b"\0")


def leftover_processes(name: str) -> list[int]:
    """Return the processes that a server of this name started, and that outlive it for a moment when it is killed."""
    title = f"postgres: {name}: ".encode()
    numbers = (int(entry.name) for entry in PROCESSES.glob("[0-9]*"))
    return [pid for pid in numbers if _command_line(pid).startswith(title)]


def _command_line(pid: int) -> bytes:
    try:
        return (PROCESSES / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
