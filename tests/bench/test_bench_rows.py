"""Every measurement, with small sizes: that its rows are there, not how large their figures are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.nginx import find_missing
from bench.revocation import measure_here
from bench.table import Row
from cast import ROOT
from left_out import PAGES_NOT_MEASURED

FIELDS = {"name", "figure", "unit", "limit", "ratio", "goal"}
GOALS = {
    "acts": {"applications, 16 clients, to the linked account": 0.15},
    "reservations": {"reservations, 5,000 holders": 0.8},
    "site": {"site, start page": 0.1, "site, 500 mixed pages a second, 95 of 100 within": 1.0},
    "stack": {},
    "verification": {"statement verification, one core": 0.25},
}


class TestRow:
    def test_is_met_from_the_goal_on(self) -> None:
        assert Row("name", 1, "/s", 10, 0.5, 0.5).is_met
        assert not Row("name", 1, "/s", 10, 0.49, 0.5).is_met

    def test_is_missed_when_there_is_a_goal_and_no_limit_to_hold_it_against(self) -> None:
        assert Row("name", 1, "/s").is_met
        assert not Row("name", 1, "/s", goal=0.5).is_met


@pytest.mark.django_db
class TestRevocationRows:
    def test_are_there_for_each_kind_of_registry(self, tmp_path: Path) -> None:
        """In this process, whose database is there already: a process of their own costs fifteen seconds."""
        rows = list(measure_here(tmp_path, 20, 0.02, people=2, ask_limit=lambda: 1.0))
        assert {row.name: row.goal for row in rows} == {
            "CRL import, 20 serials": None,
            "revocation look-up at 20, lists in tables": None,
            "verification with revocation: none": GOALS["verification"]["statement verification, one core"],
            "verification with revocation: the authority's own register": None,
            "verification with revocation: lists in tables": None,
            "verification with revocation: OCSP answers (network and responder apart)": None,
        }
        assert all(row.figure > 0 for row in rows)


@pytest.mark.slow
class TestMeasurements:
    @pytest.mark.parametrize("name", GOALS)
    def test_prints_one_object_a_row_on_standard_output(self, name: str) -> None:
        if name == "site" and (missing := find_missing()):
            pytest.skip(f"{PAGES_NOT_MEASURED}, MISSING: {' '.join(missing)}")
        words = [sys.executable, "-m", "bench", "--quick", "--json", "--only", name]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode in {0, 1}, done.stderr  # 1: a goal was missed, which says nothing on a busy machine
        assert all(row.keys() == FIELDS for row in rows), done.stderr
        assert {row["name"]: row["goal"] for row in rows if row["goal"]} == GOALS[name], done.stderr
        assert all(row["figure"] > 0 for row in rows)
        assert all(row["ratio"] > 0 and row["limit"] > 0 for row in rows if row["goal"])
