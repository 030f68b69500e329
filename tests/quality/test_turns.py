"""What a run on a second database has: what meets it, and nothing that another PostgreSQL cannot change."""

import subprocess
import sys
from pathlib import Path

import pytest

from turns import LONGEST_FIRST

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def files() -> list[str]:
    """The files of such a run, in their order."""
    words = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--database-only", "-p", "no:randomly"]
    said = subprocess.run(words, cwd=TESTS.parent, capture_output=True, text=True, check=True).stdout
    return list(dict.fromkeys(line.partition("::")[0] for line in said.splitlines() if "::" in line))


class TestLongestFirst:
    def test_names_files_that_exist(self) -> None:
        assert [name for name in LONGEST_FIRST if not (TESTS / name).is_file()] == []

    def test_is_the_order(self, files: list[str]) -> None:
        assert files[:2] == ["tests/town/test_survival.py", "tests/lives/test_lives.py"]


class TestDatabaseOnly:
    @pytest.mark.parametrize(
        "file", ["act/test_act.py", "closing/test_closing_races.py", "journal/test_journal_races.py"]
    )
    def test_has_every_room_and_race(self, files: list[str], file: str) -> None:
        assert f"tests/{file}" in files

    @pytest.mark.parametrize("folder", ["jpki", "iccard", "sealedclaim", "cardagent", "paymentservice", "fuzz", "demo"])
    def test_has_nothing_of_what_never_meets_a_database(self, files: list[str], folder: str) -> None:
        assert not [file for file in files if file.startswith(f"tests/{folder}/")]
