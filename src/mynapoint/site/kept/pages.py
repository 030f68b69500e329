"""What stands before Django: pages that any cache may keep are answered from memory, everything else goes on."""

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from mynapoint.site.kept.answers import KeptAnswer, keep_answer
from mynapoint.site.kept.asking import ask

MOST: Final = 2000
"""pages in memory; when there are more, all are forgotten and those that are asked for come back"""
LARGEST: Final = 256 * 1024
LONGEST_ADDRESS: Final = 300
WHILE_BROKEN: Final = 20.0
"""seconds for which an old page is shown after its renewal failed, before it is tried again"""
STILL_NEW: Final = 120.0
"""seconds for which an old page is shown to others while somebody's request renews it"""

Key = tuple[str, str, str]


@dataclass(slots=True)
class _Shelf:
    """A kept page, the moment that it was made for, and seconds of this machine's own clock."""

    answer: KeptAnswer
    moment: Hashable
    renewed_at: float
    wait_until: float = 0.0


class KeptPages:
    """The application with a memory for its pages.

    A page is kept when it was answered with 200, for any cache (`Cache-Control: public`) and without a cookie. It
    counts for one moment: the minute, and the texts that it may show. When Django fails, the page of an earlier moment
    is shown, so that people can read while the database is away.
    """

    def __init__(self, application: WSGIApplication, *, moment: Callable[[], Hashable]) -> None:
        self._application = application
        self._moment = moment
        self._shelves: dict[Key, _Shelf] = {}
        self._renewing: set[Key] = set()
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or from the application."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_RANGE" in environ:
            return self._application(environ, start_response)
        key = (environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        shelf = self._shelves.get(key)
        if shelf is not None and (shelf.moment == self._moment() or shelf.wait_until > time.monotonic()):
            return shelf.answer.answer(environ, start_response)
        if shelf is None:
            return self._ask(environ, start_response, key, None)
        return self._renew(environ, start_response, key, shelf)

    def _renew(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: Key, shelf: _Shelf
    ) -> Iterable[bytes]:
        """Ask the application again; of several at once one does, the others show what is there."""
        with self._lock:
            is_mine = key not in self._renewing
            self._renewing.add(key)
        if not is_mine and time.monotonic() < shelf.renewed_at + STILL_NEW:
            return shelf.answer.answer(environ, start_response)
        try:
            return self._ask(environ, start_response, key, shelf)
        finally:
            self._renewing.discard(key)

    def _ask(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: Key, shelf: _Shelf | None
    ) -> Iterable[bytes]:
        moment = self._moment()
        fresh = ask(self._application, environ)
        if fresh.has_failed and shelf is not None:
            fresh.read()
            shelf.wait_until = time.monotonic() + WHILE_BROKEN
            return shelf.answer.answer(environ, start_response)
        tag = fresh.find_tag()
        if tag is None:
            return fresh.pass_on(start_response)
        body = fresh.read()
        answer = keep_answer(fresh.headers, body, tag=tag)
        if len(body) <= LARGEST and sum(map(len, key)) <= LONGEST_ADDRESS:
            self._put(key, _Shelf(answer=answer, moment=moment, renewed_at=time.monotonic()))
        return answer.answer(environ, start_response)

    def _put(self, key: Key, shelf: _Shelf) -> None:
        with self._lock:
            if len(self._shelves) >= MOST:
                self._shelves.clear()
            self._shelves[key] = shelf
