"""docs/requirements.md is so: every statement of the programme's page has a page that answers and a test."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from site_reader import PREFIXES, Reader, read_words

ROOT = Path(__file__).parents[2]
WORDS = {
    "S1": "予約",
    "S2": "間に合います",
    "S3": "チャージ",
    "S4": "ポイントを使う",
    "S5": "登録されている",
    "S6": "5,000",
    "S7": "お店では使いません",
    "S8": "買い物",
    "S9": "PDF",
    "S10": "詐欺",
    "S11": "9:30から20:00まで",
    "S12": "2021年3月31日",
    "S13": "マイキーID",
    "S14": "決済サービスを一つ",
    "S15": "どなたの手続ですか",
    "S16": "24時間",
    "S17": "よくある質問",
    "S18": "窓口",
    "S19": "暗証番号",
    "S20": "この窓口で申し込める",
    "S21": "決済サービスを一つ決めます",
    "S22": "マスク",
    "S23": "(at)",
}
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
    def test_are_spoken_of_on_their_page(self, reader: Reader) -> None:
        """In words that stand in the page itself, not in the frame that all pages share."""
        first = {one.number: one.pages[0] for one in REQUIREMENTS if one.pages}
        assert first.keys() >= WORDS.keys()
        missing = [
            f"{number}: {word} on {first[number]}"
            for number, word in WORDS.items()
            if word not in read_words(reader.source(first[number]).partition("<main")[2].partition("</main>")[0])
        ]
        assert missing == []

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
