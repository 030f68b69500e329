"""Services that tell too much: one of a service's own commands, with one thing of it replaced.

``python -m mutant_service NAME paymentservice.main …`` is that command of the mutant NAME.
"""

import hashlib
import json
import runpy
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from paymentservice import client, closing_book
from paymentservice.closing_book import ClosingBook
from paymentservice.exchange import SignedClient
from sealedclaim.sealing import Row

Original = Callable[..., Any]


def date_closing(write_body: Original) -> Original:
    """Say in the closing when somebody bought something last."""
    return lambda content: _with(write_body(content), sealed_at=_find_last_purchase())


def date_openings(write_openings: Original) -> Original:
    """Say in the openings when somebody bought something last."""
    return lambda openings: _with(write_openings(openings), opened_at=_find_last_purchase())


def leave_out_zeros(of_rows: Original) -> Original:
    """Seal only the rows of those who bought something."""

    def seal_some(rows: Iterable[tuple[bytes, int]], **names: Any) -> Any:
        return of_rows([row for row in rows if row[1]], **names)

    return seal_some


def order_by_purchase(open_rows: Original) -> Original:
    """Open the rows in the order in which people bought something last."""

    def open_ordered(book: ClosingBook, indices: Iterable[int]) -> Any:
        return sorted(open_rows(book, indices), key=lambda opening: _find_last_purchase(opening.token))

    return open_ordered


def count_purchases(sign: Original) -> Original:
    """Say in a header how many purchases there were."""

    def sign_with_count(asking: SignedClient, *request: Any) -> Any:
        signed = sign(asking, *request)
        return replace(signed, headers={**signed.headers, "X-Request-Weight": str(_count_purchases())})

    return sign_with_count


def salt_with_purchases(salted: Original) -> Original:
    """Draw the salts from the number of purchases, so that the root tells it to whoever can guess."""

    def salt(rows: Iterable[tuple[bytes, int]], **names: Any) -> Iterator[Row]:
        for row in salted(rows, **names):
            salt = hashlib.sha256(row.salt + str(_count_purchases(row.token)).encode()).digest()
            yield row._replace(salt=salt[: len(row.salt)])

    return salt


MUTANTS: Final[dict[str, tuple[object, str, Callable[[Original], Original]]]] = {
    "date_closing": (client, "write_body", date_closing),
    "date_openings": (client, "write_openings", date_openings),
    "leave_out_zeros": (ClosingBook, "of_rows", leave_out_zeros),
    "order_by_purchase": (ClosingBook, "open_rows", order_by_purchase),
    "count_purchases": (SignedClient, "_sign", count_purchases),
    "salt_with_purchases": (closing_book, "salted", salt_with_purchases),
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Replace what the mutant replaces, for one command."""
    owner, attribute, mutate = MUTANTS[name]
    original = vars(owner)[attribute]
    setattr(owner, attribute, mutate(getattr(owner, attribute)))
    try:
        yield
    finally:
        setattr(owner, attribute, original)


def _with(body: bytes, **more: str) -> bytes:
    return json.dumps(json.loads(body) | more, separators=(",", ":")).encode()


def _find_last_purchase(token: bytes | None = None) -> str:
    return max((entry.entered_at.isoformat() for entry in _purchases(token)), default="")


def _count_purchases(token: bytes | None = None) -> int:
    return len(_purchases(token))


def _purchases(token: bytes | None) -> list[Any]:
    # Models exist only once the command has set Django up.
    from paymentservice.reference.models import Link, MoneyEntry  # noqa: PLC0415

    if token is None:
        return list(MoneyEntry.objects.all())
    return list(MoneyEntry.objects.filter(owner=Link.objects.get(link_token=token).owner_id))


if __name__ == "__main__":
    _, mutant, *words = sys.argv
    sys.argv = words
    with mutated(mutant):
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
