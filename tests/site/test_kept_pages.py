"""Pages kept ready: the same bytes, for one minute and one state of the texts, and never what is somebody's own."""

import gzip
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from catalogue import load_catalogue
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from django.test import Client, RequestFactory
from pytest_django import Settings

from cast import AT, LOADED_AT, MINUTE, PROGRAMME_FILE, SECOND
from mynapoint.entrance.operations import open_waiting_room
from mynapoint.programme.operations import load_programme
from mynapoint.programme.queries import get_programme
from mynapoint.site.kept.moments import Remembered, count_texts, get_moment
from mynapoint.site.kept.pages import LARGEST, LONGEST_ADDRESS, MOST, KeptPages

COOKIES = f"sessionid={'a' * 32}; csrftoken={'b' * 32}; ticket=whatever"
PUBLIC = {"Cache-Control": "max-age=60, public", "ETag": '"tag"', "Content-Type": "text/html; charset=utf-8"}


@dataclass
class Behind:
    """An application that counts how often it is asked."""

    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=lambda: dict(PUBLIC))
    body: bytes = b"page"
    asked: list[WSGIEnvironment] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ)
        self.before()
        start_response(self.status, list(self.headers.items()))
        return [self.body]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(application: Any, path: str = "/", *, method: str = "GET", **headers: str) -> Answer:
    """Ask as a server does."""
    environ = RequestFactory().generic(method, path, **{f"HTTP_{name}": value for name, value in headers.items()})
    started: list[tuple[str, list[tuple[str, str]]]] = []
    parts = application(environ.environ, lambda status, sent, _exc=None: started.append((status, sent)))
    body = b"".join(parts)
    status, sent = started[0]
    assert len({name for name, _ in sent}) == len(sent)
    return Answer(int(status[:3]), dict(sent), body)


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def moments() -> list[int]:
    """Hold the moment that it is; change it in place."""
    return [0]


@pytest.fixture
def pages(behind: Behind, moments: list[int]) -> KeptPages:
    return KeptPages(behind, moment=lambda: moments[0])


class TestKeptPage:
    def test_is_asked_for_once_a_moment(self, pages: KeptPages, behind: Behind, moments: list[int]) -> None:
        for _ in range(3):
            assert ask(pages).body == b"page"
        assert len(behind.asked) == 1
        moments[0], behind.body = 1, b"newer"
        assert [ask(pages).body for _ in range(3)] == [b"newer"] * 3
        assert len(behind.asked) == 2

    def test_is_one_for_each_host_path_and_query(self, pages: KeptPages, behind: Behind) -> None:
        for path in ("/", "/en/", "/?q=a", "/?q=b"):
            ask(pages, path)
        ask(pages, HOST="other.example")
        assert len(behind.asked) == 5

    def test_keeps_the_headers_of_the_first_time(self, pages: KeptPages, behind: Behind) -> None:
        behind.headers["Content-Security-Policy"] = "default-src 'none'"
        for _ in range(2):
            answer = ask(pages)
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
            assert answer.headers["Content-Length"] == "4"
            assert answer.headers["ETag"] == 'W/"tag"'
            assert answer.headers["Vary"] == "Accept-Encoding"

    @pytest.mark.parametrize(
        ("accepts", "is_zipped"),
        [("gzip, br", True), ("deflate", False), ("gzip;q=0", False), ("gzip;q=0.0, br", False), ("gzip;q=0.5", True)],
    )
    def test_is_compressed_for_whoever_reads_it_so(self, pages: KeptPages, accepts: str, is_zipped: bool) -> None:
        answer = ask(pages, ACCEPT_ENCODING=accepts)
        assert ("Content-Encoding" in answer.headers) == is_zipped
        assert (gzip.decompress(answer.body) if is_zipped else answer.body) == b"page"
        assert int(answer.headers["Content-Length"]) == len(answer.body)

    @pytest.mark.parametrize("known", ['W/"tag"', '"tag"', '"other", W/"tag"', "*"])
    def test_is_not_sent_again_to_whoever_has_it(self, pages: KeptPages, behind: Behind, known: str) -> None:
        for _ in range(2):
            answer = ask(pages, IF_NONE_MATCH=known)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["ETag"] == 'W/"tag"'
            assert "Content-Length" not in answer.headers
        assert "HTTP_IF_NONE_MATCH" not in behind.asked[0]
        assert ask(pages, IF_NONE_MATCH='"old"').status == 200

    def test_is_shown_from_before_while_something_is_broken(
        self, pages: KeptPages, behind: Behind, moments: list[int]
    ) -> None:
        ask(pages)
        moments[0], behind.status, behind.headers = 1, "503 Service Unavailable", {}
        assert [ask(pages).status for _ in range(3)] == [200] * 3
        assert len(behind.asked) == 2  # not tried again at once
        assert ask(pages, "/never-seen").status == 503

    def test_is_renewed_by_one_while_others_have_the_one_before(
        self, pages: KeptPages, behind: Behind, moments: list[int]
    ) -> None:
        ask(pages)
        moments[0], behind.body = 1, b"newer"
        asked, go_on = Event(), Event()
        behind.before = lambda: (asked.set(), go_on.wait(10))
        with ThreadPoolExecutor(1) as pool:
            renewing = pool.submit(ask, pages)
            assert asked.wait(10)
            assert ask(pages).body == b"page"
            go_on.set()
            assert renewing.result().body == b"newer"
        assert ask(pages).body == b"newer"
        assert len(behind.asked) == 2


class TestWhatIsNotKept:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Cache-Control": "no-store"},
            {"Cache-Control": "private, max-age=60"},
            {"Set-Cookie": "a=b"},
            {"Vary": "Cookie"},
            {"Vary": "HX-Request"},
            {"Content-Encoding": "br"},
            {"ETag": ""},
        ],
    )
    def test_is_what_may_differ(self, pages: KeptPages, behind: Behind, headers: dict[str, str]) -> None:
        behind.headers |= headers
        for _ in range(2):
            assert ask(pages).headers == behind.headers
        assert len(behind.asked) == 2

    @pytest.mark.parametrize("status", ["404 Not Found", "302 Found", "500 Internal Server Error"])
    def test_is_anything_but_a_page(self, pages: KeptPages, behind: Behind, status: str) -> None:
        behind.status = status
        for _ in range(2):
            assert ask(pages).status == int(status[:3])
        assert len(behind.asked) == 2

    @pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
    def test_is_any_other_request(self, pages: KeptPages, behind: Behind, method: str) -> None:
        for _ in range(2):
            ask(pages, method=method)
        ask(pages, RANGE="bytes=0-1")
        assert len(behind.asked) == 3

    def test_is_what_would_fill_the_memory(self, pages: KeptPages, behind: Behind) -> None:
        ask(pages, "/?q=" + "a" * LONGEST_ADDRESS)
        ask(pages, "/?q=" + "a" * LONGEST_ADDRESS)
        behind.body = b"a" * (LARGEST + 1)
        ask(pages, "/large")
        ask(pages, "/large")
        assert len(behind.asked) == 4
        behind.body = b"page"
        for number in range(MOST + 1):
            ask(pages, f"/{number}")
        assert len(pages._shelves) == 1


class TestRemembered:
    def test_is_asked_again_when_it_is_old(self) -> None:
        answers = iter(range(10))
        remembered = Remembered(lambda: next(answers), at_first=-1, seconds=1000)
        assert [remembered(), remembered()] == [0, 0]
        remembered.forget()
        assert remembered() == 1

    def test_is_waited_for_by_nobody_when_it_is_asked_aside(self) -> None:
        answers, asked, go_on = count(), Event(), Event()

        def question() -> int:
            answer = next(answers)
            if answer == 1:
                asked.set()
                go_on.wait(10)
            return answer

        remembered = Remembered(question, at_first=-1, seconds=0, aside=True)
        assert [remembered(), remembered()] == [0, 0]
        assert asked.wait(10)
        assert remembered() == 0
        go_on.set()
        while remembered() == 0:
            go_on.wait(0.01)

    def test_keeps_its_last_answer_while_the_database_is_away(self) -> None:
        def fail() -> int:
            raise OperationalError

        assert Remembered(fail, at_first=7)() == 7


@pytest.mark.django_db(transaction=True)
class TestSite:
    def test_shows_a_new_text_and_a_new_minute(self, settings: Settings) -> None:
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        settings.CLOCK = lambda: AT
        before = count_texts()
        open_waiting_room(per_minute=1, at=AT)
        assert count_texts() != before
        moment = get_moment()
        settings.CLOCK = lambda: AT + MINUTE - SECOND
        assert get_moment()[0] == moment[0]
        settings.CLOCK = lambda: AT + MINUTE
        assert get_moment()[0] != moment[0]

    def test_is_answered_from_memory_without_the_database(self, settings: Settings, django_assert_num_queries) -> None:
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        settings.CLOCK = lambda: AT
        pages = KeptPages(get_wsgi_application(), moment=lambda: 0)
        first = ask(pages, HOST="127.0.0.1:8000")
        with django_assert_num_queries(0):
            again = ask(pages, HOST="127.0.0.1:8000", COOKIE="ticket=whatever")
        assert (first.status, first) == (200, again)
        assert ask(pages, "/services/", HOST="127.0.0.1:8000").status == 200


@pytest.mark.django_db(transaction=True)
class TestPageBeforeItBegins:
    @pytest.fixture(autouse=True)
    def demonstration(self, settings: Settings) -> None:
        load_catalogue()
        settings.CLOCK = lambda: AT

    def test_is_kept_and_holds_nothing_of_who_looked(self, django_assert_num_queries: Any) -> None:
        pages, others = (KeptPages(get_wsgi_application(), moment=lambda: 0) for _ in range(2))
        for path in ("/reserve/", "/en/apply/", "/apply/with/sakura/", "/easy/status/", "/objection/not_my_look/"):
            known = ask(pages, path, HOST="127.0.0.1:8000", COOKIE=COOKIES, ACCEPT_LANGUAGE="en", USER_AGENT="one")
            assert "public" in known.headers["Cache-Control"], path
            assert "Set-Cookie" not in known.headers, path
            assert known.headers["Vary"] == "Accept-Encoding", path
            assert b"<form" in known.body, path
            assert b"<input" not in known.body, path
            with django_assert_num_queries(0):
                assert ask(pages, path, HOST="127.0.0.1:8000") == known
            assert ask(others, path, HOST="127.0.0.1:8000") == known

    def test_begins_anew_for_everybody(self, client: Client) -> None:
        ways = set()
        for _ in range(2):
            assert client.get("/reserve/").status_code == 200
            answer = client.post("/reserve/")
            assert answer.status_code == 302
            assert "public" not in answer.headers.get("Cache-Control", "")
            assert "public" not in client.get(answer["Location"]).headers["Cache-Control"]
            ways.add(answer["Location"])
        assert len(ways) == 2

    def test_is_kept_no_longer_than_one_may_begin(self, settings: Settings) -> None:
        pages = KeptPages(get_wsgi_application(), moment=lambda: settings.CLOCK().replace(second=0))
        end = get_programme("mynapoint-2020", at=AT).reservation.until
        for at, status in ((end - SECOND, 200), (end, 422), (end - SECOND, 200)):
            settings.CLOCK = lambda at=at: at
            answer = ask(pages, "/reserve/", HOST="127.0.0.1:8000")
            assert (answer.status, "public" in answer.headers.get("Cache-Control", "")) == (status, status == 200)
