"""`iccard.pcsc` without pyscard: nothing else suffers."""

import subprocess
import sys

WITHOUT_PYSCARD = "import sys; sys.modules['smartcard'] = None; "


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_PYSCARD + code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


class TestListReaders:
    def test_says_that_the_extra_is_missing(self) -> None:
        done = run("from iccard.pcsc import list_readers; list_readers()")
        assert done.stderr.strip().endswith("iccard.unreachable.ReaderSupportMissing")


class TestProgram:
    def test_says_what_to_install(self) -> None:
        done = run("from cardagent.main import main; main()", "info")
        assert done.returncode == 12
        assert "mynapoint[reader]" in done.stdout
