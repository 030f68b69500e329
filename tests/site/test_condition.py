"""How the site is doing, and maintenance: announced, kept to the second, and nothing lost by it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from cast import AT, LOADED_AT, MINUTE, PROGRAMME_FILE, SECOND
from mynapoint.act.models import ProposedAct
from mynapoint.entrance.operations import announce_maintenance, open_waiting_room
from mynapoint.entrance.rules import Closure
from mynapoint.journal.operations import record, sequence
from mynapoint.programme.operations import load_programme
from mynapoint.service_api import silences
from mynapoint.service_api.models import NoticedSilence
from mynapoint.service_api.silences import KEPT, LATELY
from mynapoint.service_api.tasks import link_application
from mynapoint.site.waiting.announced import ANNOUNCED
from races import at_once

pytestmark = pytest.mark.django_db
PREFIXES = ("", "/easy", "/en")


def in_each(*words: str) -> list[tuple[str, str]]:
    """Pair the languages' addresses with what is said there."""
    return list(zip(PREFIXES, words, strict=True))


HOURS = timedelta(hours=3)


@pytest.fixture(autouse=True)
def forgotten(settings: Settings, db: None) -> Iterator[None]:
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    settings.CLOCK = lambda: AT
    ANNOUNCED.forget()
    yield
    ANNOUNCED.forget()


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "127.0.0.1:8000"})


def read(answer: HttpResponse) -> str:
    without_readings = re.sub(r"<r[tp]>.*?</r[tp]>", "", answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", without_readings))


def announce(*, in_: timedelta = timedelta()) -> None:
    announce_maintenance(Closure(from_at=AT + in_, until_at=AT + in_ + HOURS), at=AT)
    ANNOUNCED.forget()


class TestCondition:
    @pytest.mark.parametrize(
        ("prefix", "words"),
        in_each("すべて動いています", "使うことができます", "Everything works"),
    )
    def test_is_good_when_nothing_is_wrong(self, visitor: Client, prefix: str, words: str) -> None:
        answer = visitor.get(f"{prefix}/condition/")
        assert words in read(answer)
        assert "no-store" in answer["Cache-Control"]

    def test_tells_when_the_journal_was_last_signed(self, visitor: Client) -> None:
        record(kind="test", facts={}, at=AT)
        sequence(at=AT)
        assert "10時00分に署名しました(1 件)" in read(visitor.get("/condition/"))

    def test_says_how_many_wait(self, visitor: Client) -> None:
        open_waiting_room(per_minute=60, at=AT)
        for _ in range(3):
            visitor.cookies.clear()
            visitor.post("/status/")
        text = read(visitor.get("/condition/"))
        assert "3 人が待っています(1分に 60 人ずつ)" in text
        assert "いつもどおりでないところがあります" in text

    def test_names_a_service_that_gave_no_answer_lately(self, visitor: Client, programme: str) -> None:
        silences.note("hanamaru", at=AT)
        silences.note("hanamaru", at=AT + SECOND)  # the same minute
        assert re.search("はなまる[^ ]*: 10時00分に返事がありませんでした", read(visitor.get("/condition/")))

    def test_counts_the_links_that_wait(self, visitor: Client) -> None:
        for number in range(2):
            link_application.defer(holder_id=str(number), application_id="a")
        assert "2 件が順番を待っています" in read(visitor.get("/condition/"))


class TestSilences:
    def test_are_told_for_a_while_and_forgotten_the_day_after(self) -> None:
        silences.note("hanamaru", at=AT + SECOND)
        assert silences.list_silent(at=AT + LATELY - SECOND) == {"hanamaru": AT}
        assert silences.list_silent(at=AT + LATELY) == {}
        assert silences.forget_old(at=AT + KEPT) == 0
        assert silences.forget_old(at=AT + KEPT + SECOND) == 1


class TestMaintenance:
    @pytest.mark.parametrize(
        ("prefix", "words"),
        in_each("保守のため受付を休みます", "休みです", "Closed for maintenance from 11:00"),
    )
    def test_is_announced_on_every_page(self, visitor: Client, prefix: str, words: str) -> None:
        announce(in_=MINUTE * 60)
        assert words in read(visitor.get(f"{prefix}/"))
        assert visitor.post(f"{prefix}/status/").status_code == 302

    def test_takes_nothing_in_from_its_first_moment_until_its_end(self, visitor: Client, settings: Settings) -> None:
        announce(in_=MINUTE)
        statuses = []
        for after in (MINUTE - SECOND, MINUTE, MINUTE + HOURS - SECOND, MINUTE + HOURS):
            settings.CLOCK = lambda after=after: AT + after
            statuses.append(visitor.post("/status/").status_code)
        assert statuses == [302, 503, 503, 302]
        assert ProposedAct.objects.count() == 2

    @pytest.mark.parametrize(
        ("prefix", "words"), in_each("13時00分に受付を再開します", "また始まります", "open again at 13:00")
    )
    def test_says_when_it_ends_and_lets_everything_be_read(self, visitor: Client, prefix: str, words: str) -> None:
        announce()
        answer = visitor.post(f"{prefix}/reserve/", {"terms": "yes"})
        assert (answer.status_code, answer["Retry-After"]) == (503, str(3 * 60 * 60 + 1))
        assert words in read(answer)
        assert {visitor.get(prefix + page).status_code for page in ("/", "/services/", "/condition/")} == {200}

    def test_puts_a_signature_off_with_a_problem(self, visitor: Client) -> None:
        act = visitor.post("/status/")["Location"].rstrip("/")
        announce()
        answer = visitor.post(f"{act}/signature", "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "Retry-After" in answer.headers

    def test_leaves_the_office_alone(self, visitor: Client) -> None:
        announce()
        assert visitor.post("/signin/", {"login": "a", "password": "b"}).status_code != 503


@pytest.mark.django_db(transaction=True)
class TestSilencesAtOnce:
    def test_are_one_note_a_minute(self) -> None:
        at_once(*[lambda late=late: silences.note("sakura", at=AT + late * SECOND) for late in (0, 1, 59, 60)])  # type: ignore[misc]
        noted = NoticedSilence.objects.order_by("noticed_at").values_list("noticed_at", flat=True)
        assert list(noted) == [AT, AT + MINUTE]
