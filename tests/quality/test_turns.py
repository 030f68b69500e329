"""What a run on a second database has: what meets it, and nothing that another PostgreSQL cannot change."""

import subprocess
import sys
from pathlib import Path

import pytest

from turns import LONGEST_FIRST

TESTS = Path(__file__).parents[1]
SOME = ("act/test_act.py", "closing/test_closing_races.py", "town/test_survival.py", "lives/test_lives.py")
OTHERS = ("jpki/test_jpki_path.py", "iccard", "sealedclaim", "cardagent/test_card_program.py", "paymentservice", "demo")


@pytest.fixture(scope="module")
def files() -> list[str]:
    """The files that such a run takes of some and others, in their order."""
    words = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--database-only"]
    words += [str(TESTS / name) for name in (*SOME, *OTHERS)]
    said = subprocess.run(words, cwd=TESTS.parent, capture_output=True, text=True, check=True).stdout
    return list(dict.fromkeys(line.partition("::")[0] for line in said.splitlines() if "::" in line))


class TestLongestFirst:
    def test_names_files_that_exist(self) -> None:
        assert [name for name in LONGEST_FIRST if not (TESTS / name).is_file()] == []

    def test_is_the_order(self, files: list[str]) -> None:
        assert files[:2] == ["tests/town/test_survival.py", "tests/lives/test_lives.py"]


class TestDatabaseOnly:
    def test_has_rooms_races_and_survival_and_nothing_that_never_meets_a_database(self, files: list[str]) -> None:
        assert set(files) == {f"tests/{name}" for name in SOME}
