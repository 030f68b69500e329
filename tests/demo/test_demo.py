"""`make demo`: the whole journey, over real processes."""

import fcntl
import re
import subprocess
import sys
from pathlib import Path

from cast import ROOT


class TestDemo:
    def test_tells_the_whole_journey_and_leaves_nothing_running(self, tmp_path: Path) -> None:
        folder = tmp_path / "demo"
        tmp_path.chmod(0o711)
        words = [sys.executable, "-m", "demo", "--once", "--folder", str(folder)]
        told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert re.findall(r"^✔ +(\d+) ", told.stdout, re.MULTILINE) == [str(number) for number in range(1, 32)]
        assert "残り 4,800 ポイント" in told.stdout
        assert "5,000 円を 10月02日に振り込む" in told.stdout
        assert "verified: row 1 of 1 has 5000 points" in told.stdout
        assert not _processes_of(folder)

    def test_ends_with_an_error_when_one_runs_already(self, tmp_path: Path) -> None:
        folder = tmp_path / "demo"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            words = [sys.executable, "-m", "demo", "--once", "--folder", str(folder)]
            told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert told.returncode == 1
        assert "もう動いています" in told.stdout


def _processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            lines.append(command)
    return lines
