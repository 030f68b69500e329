"""Every page with a text of its own says the day on which that text was last changed."""

from datetime import date, datetime

import page_days
import pytest

from mynapoint.kernel.period import JST
from mynapoint.site.shell.text_days import find_text_day

PUBLISHED = date(2026, 11, 23)
SOME_DAY = date(2099, 1, 1)
TO_DO = "the text of a page was changed: python tests/site/page_days.py gives it its day"


class TestTable:
    def test_has_a_new_day_whenever_a_text_was_changed(self) -> None:
        assert page_days.TABLE.read_text() == page_days.renew(on=SOME_DAY), TO_DO

    def test_has_days_that_have_been(self) -> None:
        days = {row["changed_on"] for row in page_days.read_table().values()}
        assert PUBLISHED <= min(days) <= max(days) <= datetime.now(JST).date()

    def test_is_what_pages_read(self) -> None:
        told = {page: find_text_day(page) for page in page_days.list_pages()}
        assert told == {page: row["changed_on"] for page, row in page_days.read_table().items()}

    @pytest.mark.parametrize("page", sorted(page_days.OF_DOCUMENTS | page_days.OF_THE_MOMENT))
    def test_leaves_out_pages_that_there_are(self, page: str) -> None:
        assert (page_days.TEMPLATES / f"{page}.html").exists()
        assert find_text_day(page) is None


class TestDigest:
    @pytest.mark.parametrize(
        ("page", "phrase"),
        [
            ("journey/reserve", "journey.reserve.lead"),
            ("start/advice", "start.way.pc.text"),
            ("services/service", "services.state.open"),
            ("guide/howto", None),
        ],
    )
    def test_is_another_when_a_phrase_of_the_page_is(self, page: str, phrase: str | None) -> None:
        phrases = page_days.read_phrases()
        before = page_days.digest(page, phrases)
        for name in phrases["easy"]:
            phrases["easy"][name] += "。" if name == phrase else ""
        assert (page_days.digest(page, phrases) != before) is (phrase is not None)
