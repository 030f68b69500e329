"""CPU seconds that processes have used, as Linux counts them."""

import os
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def used_by(pid: int) -> float:
    """Return the CPU seconds of a process, its group and its children, ended ones included."""
    return sum(_seconds(stat) for stat in map(_stat, _pids()) if stat and pid in (int(stat[0]), *map(int, stat[2:4])))


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat: number, state, parent, group, … without the name: it may hold anything."""
    try:
        return [str(pid), *Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()]
    except OSError:
        return []


def _seconds(stat: list[str]) -> float:
    """Add a process's own time and that of the children it has waited for (proc(5), fields 14 to 17)."""
    return sum(map(int, stat[12:16])) / _TICKS
