"""docs/requirements.md is so: every statement of the programme's page has a page that answers and a test."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from site_reader import PREFIXES, Reader

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"^\| ([SA]\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Requirement:
    """One line of the page."""

    number: str
    pages: list[str]
    tests: list[str]


REQUIREMENTS = [
    Requirement(number, re.findall(r"`(/[^`]*)`", pages), re.findall(r"`(tests/[^`]+)`", tests))
    for number, _, pages, tests in LINE.findall((ROOT / "docs/requirements.md").read_text())
]


class TestRequirements:
    def test_are_all_there(self) -> None:
        assert [one.number for one in REQUIREMENTS] == [
            *(f"S{number}" for number in range(1, 25)),
            *(f"A{number}" for number in range(1, 12)),
        ]

    @pytest.mark.parametrize("one", REQUIREMENTS, ids=lambda one: one.number)
    def test_have_a_test_that_exists(self, one: Requirement) -> None:
        assert one.tests
        for test in one.tests:
            file, _, name = test.partition(":")
            assert re.search(rf"^class {name}\b", (ROOT / file).read_text(), re.MULTILINE), test

    @pytest.mark.django_db
    def test_have_pages_that_answer_in_every_language(self, reader: Reader) -> None:
        pages = sorted({page for one in REQUIREMENTS for page in one.pages})
        refused = [
            address
            for page in pages
            for address in (prefix + page.removeprefix("/") for prefix in PREFIXES)
            if reader.client.get(address).status_code != 200
        ]
        assert refused == []
