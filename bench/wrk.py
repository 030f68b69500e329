"""wrk: as many requests a second as a server answers, over connections that stay open."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

CONNECTIONS: Final = 16
_SCRIPT: Final = 'done = function(_, latency, _) print("95 of 100: " .. latency:percentile(95) / 1000) end'
_RATE: Final = re.compile(r"^Requests/sec:\s+([0-9.]+)", re.MULTILINE)
_SLOW: Final = re.compile(r"^95 of 100: ([0-9.]+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^\s*(Non-2xx or 3xx responses|Socket errors): (.*)$", re.MULTILINE)


class WrkFailed(Exception):
    """Something was not answered as it should be."""


@dataclass(frozen=True)
class Answered:
    """How many requests a second were answered, and within how many milliseconds 95 of 100 were."""

    rate: float
    slow_ms: float


def ask_for(port: int, path: str, *, seconds: int) -> Answered:
    """Ask for one page over and over.

    :raises WrkFailed: when a request is answered with an error or not at all.
    """
    with TemporaryDirectory() as folder:
        script = Path(folder) / "slow.lua"
        script.write_text(_SCRIPT)
        words = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-H", "Accept-Encoding: gzip"]
        words += ["-s", str(script), f"http://127.0.0.1:{port}{path}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    rate, slow, failed = (pattern.search(done.stdout) for pattern in (_RATE, _SLOW, _FAILED))
    if failed or rate is None or slow is None:
        raise WrkFailed(f"{path}: {failed[0] if failed else done.stderr or done.stdout}")
    return Answered(rate=float(rate[1]), slow_ms=float(slow[1]))
