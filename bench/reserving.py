"""Reservations in one database, as many as each line of standard input asks for: `python -m bench.reserving FOLDER`.

Every line is answered by the seconds that they took: all of it, and what of it was spent on statements. What the
cards themselves take is not counted.
"""

import json
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bench.crowd import Card
from bench.stage import AT, PROGRAMME

SITE = "http://127.0.0.1:8000"


def write_cards(folder: Path, cards: list[Card]) -> None:
    """Leave cards for the process; a key that several share is written once."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    keys = {id(card.key): card.key for card in cards}
    encoded = {name: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) for name, key in keys.items()}
    content = encoded, [(id(card.key), card.certificate) for card in cards]
    (folder / "cards.pickle").write_bytes(pickle.dumps(content))


def read_cards(folder: Path) -> Iterator[tuple[Any, bytes]]:
    """Yield key and certificate of each card."""
    encoded, cards = pickle.loads((folder / "cards.pickle").read_bytes())
    keys = {
        name: load_der_private_key(key, password=None, unsafe_skip_rsa_key_validation=True)
        for name, key in encoded.items()
    }
    for name, certificate in cards:
        yield keys[name], certificate


class Reserving:
    """Reservations, each proposed, signed and handed in."""

    def __init__(self, folder: Path) -> None:
        from jpki.virtual.authority import Authority  # noqa: PLC0415
        from mynapoint.act.verification import Authorities  # noqa: PLC0415

        authority = Authority.open(folder / "authority")
        self._authorities = Authorities(anchors=authority.anchors(), registry=authority.registry)
        self._cards = read_cards(folder)
        self._statements = 0.0

    def make(self, count: int) -> dict[str, float]:
        """Make so many, and return the seconds of all of it and of the statements."""
        from django.db import connection  # noqa: PLC0415

        self._statements = 0.0
        with connection.execute_wrapper(self._timed):
            seconds = sum(self._reserve() for _ in range(count))
        return {"seconds": seconds, "statements": self._statements}

    def _reserve(self) -> float:
        # Rooms exist only once Django is set up.
        from mynapoint.act.operations import propose, submit  # noqa: PLC0415
        from mynapoint.act.queries import get_statement  # noqa: PLC0415
        from mynapoint.act.rules import Proposal, Submission  # noqa: PLC0415
        from mynapoint.reservation.operations import reserve  # noqa: PLC0415

        key, certificate = next(self._cards)
        started = time.perf_counter()
        proposal = Proposal(kind="reservation", programme_id=PROGRAMME, programme_title="bench", content={})
        link = propose(proposal, audience=SITE, at=AT)
        statement = get_statement(link, at=AT)
        signing = time.perf_counter()
        submission = Submission(signature=key.sign(statement, PKCS1v15(), SHA256()), certificate=certificate)
        signed = time.perf_counter()
        performers: Any = {"reservation": reserve}
        submit(link, submission, audience=SITE, authorities=self._authorities, performers=performers, at=AT)
        return time.perf_counter() - started - (signed - signing)

    def _timed(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self._statements += time.perf_counter() - started


def main() -> None:
    """Answer each line."""
    django.setup()
    reserving = Reserving(Path(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(reserving.make(int(line))), flush=True)


if __name__ == "__main__":
    main()
