"""A profile told in stages: whose time it was, every built-in function's counted to whoever called it."""

import pstats
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

Place = tuple[str, int, str]
"""File, line and function, as pstats names them."""

OTHER: Final = "everything else"
# The first that fits a function's file and name, with slashes as on Linux.
_STAGES: Final = tuple(
    (stage, re.compile(pattern))
    for stage, pattern in (
        ("not counted: the load itself", r"bench/|django/test/|RSAPrivateKey|loading"),
        ("waiting for the database", r"psycopg/connection\.py:wait$|psycopg/waiting"),
        ("waiting for the service", r"httpcore2/_backends/sync\.py:read$"),
        ("card's certificate, path and signature", r"/jpki/|act/verification"),
        ("signed messages (RFC 9421)", r"http_message_signatures|http_sf|paymentservice/(messages|exchange|encoding)"),
        ("HTTP client", r"httpx2|httpcore2|h11|service_api/(transport|door)"),
        ("job queue", r"procrastinate"),
        ("logging", r"logging|structlog"),
        ("database: ORM and driver", r"django/db|psycopg|sqlite3|/(models|queries|register|integrity|database)\.py"),
        ("bodies: forms and JSON", r"pydantic|json|rfc8785|bodies\.py|django/http|django/forms|urllib"),
        ("Django around the view", r"django/|whitenoise|/csp/|asgiref"),
        ("platform's and service's own code", r"/src/(mynapoint|paymentservice)/"),
    )
)
NOT_COUNTED: Final = _STAGES[0][0]
NAMES: Final = (*(stage for stage, _ in _STAGES[1:]), OTHER)


def share_out(stats: pstats.Stats) -> Counter[str]:
    """Return the seconds of each stage."""
    seconds: Counter[str] = Counter()
    entries: dict[Place, Any] = stats.stats  # type: ignore[attr-defined]
    for place, (_, _, own, _, callers) in entries.items():
        stage = _stage_of(place)
        if stage is None:
            seconds.update(_share_among(callers, own))
        else:
            seconds[stage] += own
    del seconds[NOT_COUNTED]
    return seconds


def _share_among(callers: dict[Place, Any], own: float) -> Iterator[tuple[str, float]] | dict[str, float]:
    """Count a function that belongs to nobody to those who called it, by how much of its time each of them took."""
    shared: Counter[str] = Counter()
    for caller, (_, _, seconds, _) in callers.items():
        shared[_stage_of(caller) or OTHER] += seconds
    return shared or {OTHER: own}


def _stage_of(place: Place) -> str | None:
    """Return the stage of a function; None for a built-in one and for the standard library's, which work for others."""
    file, _, function = place
    where = f"{file}:{function}"
    return next((stage for stage, pattern in _STAGES if pattern.search(where)), None)
