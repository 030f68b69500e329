"""`mynapoint-card serve` when many come at once, or come and say nothing: a person's page still opens."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from card_program_site import BYTES, PLACE, PROBLEM, TOKEN, Reply, Site, reply_json
from window_program import NAVIGATION, Browser, Page, Program

from cardagent.link import ActLink
from cardagent.site import SiteUnreachable, fetch_statement, open_http_client

_CROWD = 12
_MAY_WAIT = 4
_SILENT = 150
_HELD = 50
_HEADERS = f"HTTP/1.1 200 OK\r\nContent-Type: {BYTES}\r\nContent-Length: 600\r\n\r\n".encode()


@contextmanager
def slow(site: Site) -> Iterator[threading.Event]:
    """Have a site answer nobody until it is told to."""
    may_answer, fresh = threading.Event(), Site()

    def wait(site: Site) -> Reply:
        may_answer.wait(timeout=60)
        return fresh.get(site)

    site.get = wait
    try:
        yield may_answer
    finally:
        may_answer.set()
        site.get = fresh.get


class TestSlowSite:
    def test_holds_up_no_other_page(self, trusted: Site, program: Program) -> None:
        def come() -> int:
            with Browser(program) as visitor:
                answer = visitor.client.get(
                    f"{program.origin}/sign", params={"link": trusted.link}, headers=NAVIGATION, timeout=60
                )
            if answer.status_code == 503:
                assert "ほかの手続をひらいています" in answer.text
            return answer.status_code

        with ThreadPoolExecutor(_CROWD) as pool, slow(trusted) as may_answer, Browser(program) as visitor:
            crowd = [pool.submit(come) for _ in range(_CROWD)]
            while sum(one.done() for one in crowd) < _CROWD - _MAY_WAIT:
                assert visitor.go("/ja/").response.status_code == 200
            may_answer.set()
            codes = [one.result(timeout=60) for one in crowd]
        assert sorted(codes) == [303] * _MAY_WAIT + [503] * (_CROWD - _MAY_WAIT)
        with Browser(program) as visitor:
            assert visitor.open(trusted.link).response.status_code == 200

    @pytest.mark.parametrize("begin", [_HEADERS, b"HTTP/1.1 200 OK\r\nDate: "], ids=["body", "headers"])
    def test_that_sends_a_byte_now_and_then_is_left_in_time(self, begin: bytes) -> None:
        with dripping(begin) as origin:
            leave_in_time(ActLink.parse(f"{origin}/act/{TOKEN}"))

    def test_is_left_in_time_when_its_proxy_is_the_slow_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with dripping(b"HTTP/1.1 200 OK\r\nDate: ") as origin:
            monkeypatch.setenv("HTTPS_PROXY", origin)
            leave_in_time(ActLink.parse(f"https://mynapoint.example/act/{TOKEN}"))


def leave_in_time(link: ActLink) -> None:
    began = time.monotonic()
    with open_http_client(link, seconds=0.5) as http_client, pytest.raises(SiteUnreachable):
        fetch_statement(link, http_client=http_client)
    assert time.monotonic() - began < 20


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """Be a site that begins an answer, and goes on with a byte every tenth of a second, for a minute."""
    over = threading.Event()

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(begin)
            try:
                for _ in range(600):
                    connection.sendall(b"m")
                    if over.wait(0.1):
                        return
            except OSError:
                return  # whoever asked has left

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join(timeout=30)
        assert not thread.is_alive()


class TestPagesThatWaitForTheirEnd:
    """At a counter. The newest is kept, however many pretend to be looked at."""

    def test_hold_up_nobody_and_the_oldest_give_way(self, trusted: Site, program: Program) -> None:
        trusted.place = PLACE
        with ExitStack() as held, Browser(program) as visitor:
            held.callback(lambda: setattr(trusted, "place", None))
            shown = [visitor.open(trusted.link) for _ in range(_HELD)]
            pages = [held.enter_context(closing(wait_for_end(program, page))) for page in shown]
            for page in pages[:-_MAY_WAIT]:
                answer = page.recv(4096).decode()
                assert answer.startswith("HTTP/1.1 303")
                assert trusted.link in answer
            gave_way = shown[0].address.removeprefix(program.origin)
            assert visitor.go(gave_way).response.status_code == 200, "its act is not over"
            assert visitor.go("/ja/").response.status_code == 200
            newest = visitor.open(trusted.link)
            assert not select.select(pages[1 - _MAY_WAIT :], [], [], 0)[0]
            assert "Refresh" in newest.response.headers
            for page in pages:
                page.close()
            kept = held.enter_context(closing(wait_for_end(program, newest)))
            over = reply_json(409, {"code": "case_over", "title": "件は終わりました"}, PROBLEM)
            trusted.get = lambda _site: over
            held.callback(lambda: setattr(trusted, "get", Site().get))
            assert kept.recv(4096).startswith(b"HTTP/1.1 303")

    def test_take_no_thread_from_a_slow_site_s_crowd(self, trusted: Site, program: Program) -> None:
        trusted.place = PLACE
        with ExitStack() as held, Browser(program) as visitor:
            held.callback(lambda: setattr(trusted, "place", None))
            page = visitor.open(trusted.link)
            held.enter_context(slow(trusted))
            for _ in range(_HELD):
                held.enter_context(closing(wait_for_end(program, page)))
            for _ in range(3):
                assert visitor.go("/ja/").response.status_code == 200

    def test_keep_nobody_from_the_next_act(self, trusted: Site, program: Program) -> None:
        trusted.place = PLACE
        with ExitStack() as held, Browser(program) as visitor:
            held.callback(lambda: setattr(trusted, "place", None))
            page = visitor.open(trusted.link)
            quick, asked = trusted.get, len(trusted.paths)
            held.enter_context(slow(trusted))
            for _ in range(_MAY_WAIT):
                held.enter_context(closing(wait_for_end(program, page)))
            while len(trusted.paths) < asked + _MAY_WAIT:
                assert visitor.go("/ja/").response.status_code == 200
            trusted.get = quick
            assert visitor.open(trusted.link).response.status_code == 200


def wait_for_end(program: Program, page: Page) -> socket.socket:
    """Ask, as a page at a counter does, for what comes after its act."""
    connection = socket.create_connection(("127.0.0.1", program.port), timeout=60)
    path = page.address.removeprefix(program.origin)
    lines = [f"GET {path}/end HTTP/1.1", f"Host: 127.0.0.1:{program.port}"]
    lines += [f"{name}: {value}" for name, value in NAVIGATION.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


class TestSilentConnections:
    def test_keep_nobody_out_and_are_let_go(self, program: Program) -> None:
        with ExitStack() as held, Browser(program) as visitor:
            silent = [
                held.enter_context(closing(socket.create_connection(("127.0.0.1", program.port), timeout=60)))
                for _ in range(_SILENT)
            ]
            for connection in silent[::2]:
                connection.sendall(b"GET /ja/ HTTP/1.1\r\nHost: ")
            assert visitor.go("/ja/").response.status_code == 200
            assert [connection.recv(1) for connection in silent] == [b""] * _SILENT
