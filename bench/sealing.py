"""Sealing: rows per second against the same SHA-256 calls alone, memory per row, and openings."""

import hashlib
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bench.table import Row
from sealedclaim.sealing import Row as ClosingRow
from sealedclaim.sealing import salted, seal

GOAL: Final = 0.5
ROUNDS: Final = 5
MILLION: Final = 1_000_000
LEAF_SIZE: Final = 49
NODE_SIZE: Final = 81
_ROW: Final = struct.Struct(">16sQ16s")


def measure(quick: bool) -> Iterator[Row]:
    """Yield rows per second at three sizes, how the largest compares with the smallest, memory, and openings."""
    millions = (0.05, 0.1, 0.2) if quick else (1, 2, 4)
    rates = {}
    for size in millions:
        count = int(size * MILLION)
        row = _sealing(count, rounds=3 if quick else ROUNDS)
        rates[size] = row.figure
        yield row
        yield Row(f"sealing {size:g} million rows, memory", _memory_per_row(count), "bytes/row")
    smallest, largest = millions[0], millions[-1]
    growth = rates[largest] / rates[smallest]
    yield Row(f"sealing, rate at {largest:g} / {smallest:g} million", growth, "×", 1.0, growth, 0.8)
    yield _salting(int(smallest * MILLION))
    yield _opening(int(largest * MILLION))


def _sealing(count: int, *, rounds: int) -> Row:
    octets = _closing(count)
    times = [
        (_seconds(lambda: _hash_alone(count)), _seconds(lambda: seal(_ROW.iter_unpack(octets)))) for _ in range(rounds)
    ]
    limit, figure = count / median(alone for alone, _ in times), count / median(sealing for _, sealing in times)
    ratio = median(alone / sealing for alone, sealing in times)
    return Row(f"sealing {count / MILLION:g} million rows", figure, "rows/s", limit, ratio, GOAL)


def _hash_alone(count: int) -> None:
    """Make the calls that sealing cannot do without: one of a leaf's length a row, one of a node's for all but one."""
    leaf, node = os.urandom(LEAF_SIZE), os.urandom(NODE_SIZE)
    for _ in range(count):
        hashlib.sha256(leaf).digest()
    for _ in range(count - 1):
        hashlib.sha256(node).digest()


def _salting(count: int) -> Row:
    octets = _closing(count)
    unsalted = ((token, points) for token, points, _ in _ROW.iter_unpack(octets))
    seconds = _seconds(lambda: seal(salted(unsalted, closing_key=b"k" * 32, period="2020-09")))
    return Row(f"sealing {count / MILLION:g} million rows, salts derived too", count / seconds, "rows/s")


def _opening(count: int) -> Row:
    sealed = seal(_ROW.iter_unpack(_closing(count)))
    indices = [int.from_bytes(os.urandom(8), "big") % count for _ in range(200)]
    seconds = _seconds(lambda: [sealed.open_row(index) for index in indices])
    return Row(f"opening one of {count / MILLION:g} million rows", len(indices) / seconds, "rows/s")


def _closing(count: int) -> bytes:
    """Return that many rows in 40 bytes each, so that what is measured is not the list they came in."""
    salts = os.urandom(16 * count + 16)
    return b"".join(
        _ROW.pack(i.to_bytes(16, "big"), i % 5001, salts[16 * i : 16 * i + 16]) for i in range(1, count + 1)
    )


def _memory_per_row(count: int) -> float:
    """Return by how much a fresh process's peak grows when it seals rows that it makes as it goes."""
    code = f"from bench.sealing import print_peak_growth; print_peak_growth({count})"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(answer.stdout) / count


def print_peak_growth(count: int) -> None:
    """Seal rows that are made as they are read, and print by how many bytes the process's peak memory grew."""
    seal(_rows_made_as_read(2000))
    before = _peak()
    sealed = seal(_rows_made_as_read(count))
    print(_peak() - before)
    assert sealed.commitment.count == count


def _rows_made_as_read(count: int) -> Iterator[ClosingRow]:
    return (
        ClosingRow(index.to_bytes(16, "big"), index % 5001, bytes([index % 256]) * 16) for index in range(1, count + 1)
    )


def _peak() -> int:
    # Not ru_maxrss: a new program inherits its parent's there. This one is the memory's own.
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
