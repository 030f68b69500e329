"""What platform and service hold of one account's link, read from both databases."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self
from uuid import UUID

import psycopg

from demo.town import Town
from paymentservice.config import read_config


class Left(Enum):
    """What there was of an application at one moment."""

    NOTHING = "nothing"
    WAITING = "committed, the service has no link"
    UNHEARD = "committed, the service has the link and its answer was not heard"
    LINKED = "linked on both sides"


@dataclass(frozen=True)
class Held:
    """The tokens of the applications on the platform, with the answers they got, and those of the service's links."""

    applied: tuple[tuple[bytes, tuple[str, ...]], ...]
    chosen: int
    linked: tuple[bytes, ...]

    @property
    def is_one_link(self) -> bool:
        """Tell whether both sides hold one and the same link, and nothing else."""
        one = len(self.linked) == 1 and self.chosen == 1
        return one and self.applied == ((self.linked[0], ("linked",)),)

    @property
    def left(self) -> Left:
        """Name how far it went."""
        if not self.applied:
            return Left.NOTHING
        if not self.linked:
            return Left.WAITING
        return Left.LINKED if self.applied[0][1] else Left.UNHEARD


@dataclass(frozen=True)
class TwoSides:
    """The two databases."""

    platform: psycopg.Connection
    service: sqlite3.Connection

    @classmethod
    @contextmanager
    def opened(cls, town: Town, *, database_url: str) -> Iterator[Self]:
        """Open both; no transaction outlives a question."""
        file = find_service_database(town)
        with (
            psycopg.connect(database_url, autocommit=True) as platform,
            closing(sqlite3.connect(file, isolation_level=None)) as service,
        ):
            yield cls(platform, service)

    def look(self, account_id: str, *, acts: Sequence[UUID]) -> Held:
        """Return what both hold of an account and of the acts that named it."""
        steps = self.platform.execute(_APPLIED, [list(acts)]).fetchall()
        chosen = self.platform.execute(_CHOSEN, [list(acts)]).fetchall()
        links = self.service.execute(_LINKED, [account_id]).fetchall()
        applied = tuple((bytes(token), tuple(states)) for token, states in steps)
        return Held(applied=applied, chosen=len(chosen), linked=tuple(bytes(token) for (token,) in links))

    def get_all_tokens(self) -> tuple[list[bytes], list[bytes]]:
        """Return every token of the platform and of the service, sorted."""
        ours = self.platform.execute("SELECT link_token FROM application_application").fetchall()
        theirs = self.service.execute("SELECT link_token FROM reference_link").fetchall()
        return sorted(bytes(token) for (token,) in ours), sorted(bytes(token) for (token,) in theirs)


def find_service_database(town: Town, name: str = "hanamaru") -> Path:
    """Return the file in which a service keeps what it knows."""
    return read_config(town.services[name].config).service.database


_APPLIED = """
SELECT a.link_token, array_remove(array_agg(s.state), NULL)
FROM application_application a
LEFT JOIN application_linkstep s ON (s.holder_id, s.application_id) = (a.holder_id, a.id)
WHERE a.act_id = ANY(%s) GROUP BY a.link_token
"""
_CHOSEN = """
SELECT 1 FROM application_standingchoice c
JOIN application_application a ON (a.holder_id, a.id) = (c.holder_id, c.application_id) WHERE a.act_id = ANY(%s)
"""
_LINKED = """
SELECT l.link_token FROM reference_link l JOIN reference_instrument i USING (owner_id) WHERE i.account_id = ?
"""
