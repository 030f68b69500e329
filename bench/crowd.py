"""The crowd: people with card, reservation and account, ready to apply; made in bulk, before anything is timed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from uuid_utils.compat import uuid7

from bench.stage import AT, PROGRAMME, SERVICE
from demo.town import ROOT, Town
from jpki.certificate import CertificateId
from jpki.lineage import CertificateName
from jpki.virtual.contents import Purpose
from jpki.virtual.files import hold_lock
from jpki.virtual.issuing import IssuingCa, compute_validity, issue_certificate, make_authentication_extensions
from jpki.virtual.keeping import read_cas
from jpki.virtual.keys import KeyKind, KeyPool
from jpki.virtual.register import AuthorityRegistry, Entry, Issue
from mynapoint.console.cluster import server_url
from mynapoint.holder.rules import hash_certificate
from mynapoint.kernel.slip_code import CODE_ALPHABET
from mynapoint.keyring import Keyring
from mynapoint.reservation.rules import MYKEY_LENGTH

BORN: Final = date(1985, 4, 12)


@dataclass(frozen=True)
class Card:
    """The authentication side of a card: what it hands out, and what never leaves it."""

    certificate: bytes
    certificate_id: CertificateId
    key: RSAPrivateKey


@dataclass(frozen=True)
class Applicant:
    """Somebody who has everything that an application needs, and has answered all but the questions of the account."""

    card: Card
    way: str
    account_id: str
    code: str


def issue_cards(folder: Path, count: int, *, keys: KeyPool) -> list[Card]:
    """Issue so many cards of the test authority in a folder and register them all in one line."""
    generations = [ca for ca in read_cas(folder) if ca.purpose is Purpose.AUTHENTICATION]
    ca = next(ca for ca in reversed(generations) if ca.kind is KeyKind.RSA_2048)
    with hold_lock(folder / "lock"):
        registry = AuthorityRegistry(folder)
        registry.refresh()
        cards = [_issue(ca, key=keys.draw(), serial=registry.last_serial + n) for n in range(1, count + 1)]
        issued = tuple(Issue(certificate=CertificateName.of(card.certificate_id)) for card in cards)
        registry.append(Entry(at=AT, issued=issued))
    return cards


def gather(town: Town, count: int, *, keys: KeyPool) -> list[Applicant]:
    """Gather so many people who hold a reservation and have an account, and have not applied yet."""
    cards = issue_cards(town.folder / "authority", count, keys=keys)
    _reserve(town, cards)
    accounts = _open_accounts(town.services[SERVICE].config, count)
    ways = _draft(town, count)
    return [Applicant(card, way, *account) for card, way, account in zip(cards, ways, accounts, strict=True)]


def connect(town: Town) -> "psycopg.Connection[tuple[object, ...]]":
    """Open a connection of our own to the town's database."""
    return psycopg.connect(server_url(town.folder / "state"), autocommit=True)


def _issue(ca: IssuingCa, *, key: RSAPrivateKey, serial: int) -> Card:
    certificate = issue_certificate(
        ca=ca,
        public_key=key.public_key(),
        serial=serial,
        validity=compute_validity(issued_at=AT, birth_date=BORN),
        extensions=make_authentication_extensions(ca=ca, public_key=key.public_key()),
    )
    return Card(certificate.public_bytes(Encoding.DER), CertificateId.of(certificate), key)


def _reserve(town: Town, cards: list[Card]) -> None:
    """Write the rows that the cards' reservations would have left."""
    key = Keyring(town.folder / "state" / "secrets").secret("holder")
    with connect(town) as connection, connection.cursor() as cursor:
        taken = cursor.execute("SELECT count(*) FROM reservation_reservation").fetchone()
        rows = [(uuid7(), hash_certificate(card.certificate_id, key=key), uuid7()) for card in cards]
        mykeys = _mykey_ids(int(str(taken and taken[0])))
        with connection.transaction():
            _copy(cursor, "holder_holder", [(holder, AT) for holder, _, _ in rows])
            _copy(cursor, "holder_holdercertificate", [(hashed, holder, AT) for holder, hashed, _ in rows])
            reserved = [(holder, PROGRAMME, next(mykeys), act, AT) for holder, _, act in rows]
            _copy(cursor, "reservation_reservation", reserved)
            _copy(cursor, "reservation_issuedmykeyid", [(row[2], row[0]) for row in reserved])
        cursor.execute("VACUUM ANALYZE")


def _draft(town: Town, count: int) -> list[str]:
    """Write the drafts of so many people who have come as far as the account; return where each goes on."""
    words = [sys.executable, "-m", "bench.drafts", str(count)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=town.environment, cwd=ROOT)
    return [f"/apply/{token}/" for token in json.loads(done.stdout)]


def _copy(cursor: "psycopg.Cursor[tuple[object, ...]]", table: str, rows: list[tuple[object, ...]]) -> None:
    columns = {
        "holder_holder": "id, first_seen_at",
        "holder_holdercertificate": "certificate_hash, holder_id, recorded_at",
        "reservation_reservation": "holder_id, programme, mykey_id, act_id, reserved_at",
        "reservation_issuedmykeyid": "mykey_id, holder_id",
    }[table]
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _mykey_ids(start: int) -> Iterator[str]:
    """Count in the MyKey IDs' own letters: drawing them would be slower and could meet."""
    base = len(CODE_ALPHABET)
    while True:
        yield "".join(CODE_ALPHABET[start // base**place % base] for place in range(MYKEY_LENGTH))
        start += 1


def _open_accounts(config: Path, count: int) -> list[tuple[str, str]]:
    """Open accounts at a service, in a process of its own: there is one Django to a process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.accounts", str(config), str(count)], check=True, capture_output=True, text=True
    )
    return [(account, code) for account, code in json.loads(done.stdout)]
