"""Where the real stack cannot run, nobody may think that it was tested."""

import os
import subprocess
import sys

from cast import ROOT
from demo.card_stack import CardStack
from left_out import STACK_NOT_TESTED

WITHOUT_DRIVER = 'mount -t tmpfs tmpfs /usr/lib/pcsc && exec "$@"'


class TestSummary:
    def test_says_in_capitals_what_was_not_tested(self, stack: CardStack) -> None:
        tests = "tests/stack/test_stack_judges.py::TestOpenSc::test_says_jpki"
        words = [sys.executable, "-m", "pytest", "-n", "1", tests]
        command = ["unshare", "--mount", "--map-root-user", "sh", "-c", WITHOUT_DRIVER, "sh", *words]
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout
        assert f"{STACK_NOT_TESTED} !!" in done.stdout
        assert "\nMISSING: VSMARTCARD-VPCD" in done.stdout
        assert "1 skipped" in done.stdout
