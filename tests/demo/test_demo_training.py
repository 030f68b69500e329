"""`make training`: everything got ready for staff who train, over real processes."""

import subprocess
import sys
from pathlib import Path

from test_demo import processes_of

from cast import ROOT


class TestTraining:
    def test_is_got_ready_and_leaves_nothing_running(self, folder: Path) -> None:
        words = [sys.executable, "-m", "demo", "--training", "--once", "--folder", str(folder)]
        told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert "暗証番号ロック" in told.stdout
        assert not processes_of(folder)
