"""The first pages: dates to the second, "can I do it with what I have?", and the planner."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings
from site_reader import PREFIXES, Reader

from mynapoint.kernel.period import JST
from mynapoint.site.start.readiness import QUESTIONS, advise, find_next, read_answers

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
OPENED = datetime(2020, 7, 1, tzinfo=JST)
CLOSED = datetime(2021, 4, 1, tzinfo=JST)
READY = {"who": "me", "card": "yes", "certificate": "yes", "pin": "known", "payment": "ready"}


def walk(answers: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Yield every way in which the questions can be answered to their end."""
    known = dict(answers or {})
    question = find_next(known)
    if question is None:
        yield known
        return
    for answer in question.answers:
        yield from walk({**known, question.name: answer})


class TestS1Steps:
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_lead_from_the_card_to_the_points(self, reader: Reader, prefix: str) -> None:
        steps = reader.source(prefix).partition('<ol class="cards journey">')[2].partition("</ol>")[0]
        assert re.findall(r'href="([^"]+)"', steps) == [f"{prefix}{page}/" for page in ("card", "reserve", "services")]
        assert steps.count("<h3>") == 4  # the last one is to spend
        assert "5,000" in reader.words(prefix)

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_are_named_where_something_is_missing(self, reader: Reader, prefix: str) -> None:
        for known, missing in (
            ("who=me&card=no", "card/"),
            ("who=me&card=yes&certificate=yes&pin=locked&device=none&payment=ready", "places/"),
            (
                "who=me&card=yes&certificate=yes&pin=known&device=pc&reader=yes&program=no&payment=ready",
                "card-program/",
            ),
            ("who=me&card=yes&certificate=yes&pin=known&device=pc&reader=yes&program=yes&payment=no", "services/"),
            ("who=me&card=yes&certificate=yes&pin=known&device=pc&reader=yes&program=yes&payment=ready", "reserve/"),
        ):
            main = reader.source(f"{prefix}check/?{known}").partition("<main")[2].partition("</main>")[0]
            assert f'href="{prefix}{missing}"' in main, known

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_that_are_done_are_looked_up_by_card(self, reader: Reader, prefix: str) -> None:
        main = reader.source(f"{prefix}status/").partition("<main")[2].partition("</main>")[0]
        assert '<form method="post"' in main


class TestWhereOneStands:
    """Nobody signs in, so this page is the same for all: where one can stand, and the way on."""

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_leads_on_from_each_step(self, reader: Reader, prefix: str) -> None:
        box = reader.source(prefix).partition('class="rows stand"')[2].partition("</dl>")[0]
        links = re.findall(r'href="([^"]+)"', box)
        assert links == [f"{prefix}{page}" for page in ("card/", "reserve/", "apply/", "faq/#resume", "status/")]

    def test_offers_nothing_that_is_over(self, reader: Reader, settings: Settings) -> None:
        settings.CLOCK = lambda: CLOSED
        box = reader.source("/").partition('class="rows stand"')[2].partition("</dl>")[0]
        assert "いまは受け付けていません" in box
        assert "/apply/" not in box


class TestS6Cap:
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_is_told_first(self, reader: Reader, prefix: str) -> None:
        words = reader.words(prefix)
        assert "5,000" in words
        assert "25%" in words.replace(" %", "%")


class TestS7Card:
    @pytest.mark.parametrize(("prefix", "words"), [("/", "お店では使いません"), ("/easy/", "店では使いません"),
                                                   ("/en/", "never in a shop")])  # fmt: skip
    def test_is_said_to_stay_out_of_shops(self, reader: Reader, prefix: str, words: str) -> None:
        assert words in reader.words(prefix)


class TestS12Windows:
    @pytest.mark.parametrize(
        ("at", "words"),
        [
            (OPENED - SECOND, "まもなく 2020年7月1日に始まります"),
            (OPENED, "あと274日"),
            (CLOSED - SECOND, "あと1日"),
            (CLOSED, "受付は2021年3月31日で終わりました"),
        ],
    )
    def test_count_their_days_to_the_second(self, reader: Reader, settings: Settings, at: datetime, words: str) -> None:
        settings.CLOCK = lambda: at
        assert words in reader.words("/")

    @pytest.mark.parametrize(
        ("left", "is_warned"), [(timedelta(days=31), True), (timedelta(days=31) + SECOND, False), (SECOND, True)]
    )
    def test_warn_in_the_last_month(self, reader: Reader, settings: Settings, left: timedelta, is_warned: bool) -> None:
        settings.CLOCK = lambda: CLOSED - left
        assert ("申込の締切が近づいています" in reader.words("/")) is is_warned

    def test_offer_no_reservation_once_they_are_over(self, reader: Reader, settings: Settings) -> None:
        settings.CLOCK = lambda: CLOSED
        assert 'class="button" href="/reserve/"' not in reader.source("/")


class TestS2Planner:
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ("2020-10-27", "間に合います 2020年12月27日ごろ"),
            ("2021-01-02", "間に合わないおそれがあります"),
            ("2021-01-31", "間に合わないおそれがあります"),
            ("2021-02-01", "間に合いません"),
        ],
    )
    def test_says_whether_a_card_comes_in_time(self, reader: Reader, asked: str, words: str) -> None:
        assert words in reader.words(f"/card/?asked={asked}")

    def test_begins_with_today(self, reader: Reader) -> None:
        assert 'value="2020-09-10"' in reader.source("/card/")

    @pytest.mark.parametrize("asked", ["", "x", "2020-02-30", "0001-01-01", "9999-12-31", "2020-1", "１"])
    def test_keeps_what_is_no_day_and_says_so_twice(self, reader: Reader, asked: str) -> None:
        html = reader.source(f"/card/?asked={asked}", 422)
        assert f'value="{asked}"' in html
        assert html.count("申請する日を、年・月・日で入れてください") == 2
        assert 'href="#asked"' in html

    def test_says_so_when_it_is_all_over(self, reader: Reader, settings: Settings) -> None:
        settings.CLOCK = lambda: CLOSED - SECOND
        assert "受付は2021年3月31日で終わりました" not in reader.words("/card/")
        settings.CLOCK = lambda: CLOSED
        assert "受付は2021年3月31日で終わりました" in reader.words("/card/")


class TestS15WithWhatIHave:
    def test_leads_every_answer_to_advice(self) -> None:
        ways = {tuple(answers.items()): advise(answers) for answers in walk()}
        assert len(ways) > 500
        assert {advice.way for advice in ways.values()} == {"phone", "pc", "counter", "nobody"}

    @pytest.mark.parametrize(
        ("more", "way", "first"),
        [
            ({"device": "android", "android": "yes"}, "phone", ()),
            ({"device": "android", "android": "no"}, "counter", ()),
            ({"device": "android", "android": "unknown"}, "phone", ("look_at_phone",)),
            ({"device": "iphone", "iphone": "yes"}, "phone", ()),
            ({"device": "iphone", "iphone": "no"}, "counter", ()),
            ({"device": "pc", "reader": "yes", "program": "yes"}, "pc", ()),
            ({"device": "pc", "reader": "yes", "program": "no"}, "pc", ("get_program",)),
            ({"device": "pc", "reader": "no"}, "counter", ()),
            ({"device": "none"}, "counter", ()),
            ({"device": "none", "pin": "locked", "payment": "no"}, "counter", ("reset_pin", "choose_service")),
            ({"device": "none", "certificate": "renewed"}, "counter", ("wait_after_renewal",)),
        ],
    )
    def test_names_the_way_and_what_comes_first(self, more: dict[str, str], way: str, first: tuple[str, ...]) -> None:
        advice = advise(read_answers(READY | more))
        assert (advice.way, advice.first) == (way, first)

    def test_asks_nothing_more_of_who_has_no_card(self) -> None:
        assert advise({"who": "me", "card": "no"}).first == ("ask_for_card",)

    def test_asks_nobody_to_act_for_another_adult(self) -> None:
        assert advise({"who": "other"}).way == "nobody"

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_has_words_for_every_question_and_every_advice(self, reader: Reader, prefix: str) -> None:
        answers: dict[str, str] = {}
        for question in QUESTIONS[:2]:
            reader.source(f"{prefix}check/?" + "&".join(f"{name}={value}" for name, value in answers.items()))
            answers[question.name] = question.answers[0]
        shown = set()
        for complete in walk({"who": "me", "card": "yes"}):
            advice = advise(complete)
            if (key := (advice.way, advice.first[:1])) not in shown:
                shown.add(key)
                reader.source(f"{prefix}check/?" + "&".join(f"{name}={value}" for name, value in complete.items()))
        for end in ("who=other", "who=child&card=no", "who=me&card=asked"):
            reader.source(f"{prefix}check/?{end}")

    def test_points_to_the_first_answer_when_none_was_chosen(self, reader: Reader) -> None:
        html = reader.source("/check/?asked=who", 422)
        assert 'href="#who-me"' in html
        assert 'id="who-me"' in html
        assert html.count("当てはまるものを一つ選んでください") == 2

    @pytest.mark.parametrize("query", ["who=nobody", "card=yes", "who=me&card=%00", "who=<script>", "payment=ready"])
    def test_asks_again_for_what_is_no_answer(self, reader: Reader, query: str) -> None:
        html = reader.source(f"/check/?{query}")
        assert "<script" not in html
        assert 'name="asked"' in html

    def test_goes_back_one_question_with_the_earlier_answers(self, reader: Reader) -> None:
        assert 'href="?who=me"' in reader.source("/check/?who=me&card=yes")
