"""Verification with revocation on one core, by each kind of registry; a million serials taken in and looked up."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Final, TypeVar

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from bench.crowd import Card, issue_cards
from bench.progress import say
from bench.stage import AT, empty_folder, own_cluster
from bench.table import Row
from bench.verification import GOAL, STATEMENT, ask_openssl
from jpki.crl import read_revocation_list
from jpki.path import TrustAnchors, check_certificate
from jpki.registry_http import HttpRegistry
from jpki.statement import check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.issuing import IssuingCa
from jpki.virtual.keeping import read_cas
from jpki.virtual.keys import KeyKind, KeyPool
from jpki.virtual.register import AuthorityRegistry

MILLION: Final = 1_000_000
KEY: Final = b"B" * 32
_CARDS: Final = 50
_WITHOUT: Final = "none"
_FIRST_SERIAL: Final = 1 << 40
"""Above every card's: the million are other people's."""

ItemT = TypeVar("ItemT")
Check = Callable[[x509.Certificate], object]


def measure(quick: bool) -> Iterator[Row]:
    """Yield a process's rows: it has a database of its own, whose settings are read once in a process."""
    with empty_folder() as folder, own_cluster(folder / "state"):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONUTF8": "1",
            "MYNAPOINT_STATE_DIR": str(folder / "state"),
            "DJANGO_SETTINGS_MODULE": "mynapoint.settings",
        }
        for words in (["db", "start"], ["migrate"]):
            command = [sys.executable, "-m", "mynapoint.console.main", *words]
            subprocess.run(command, env=environment, check=True, capture_output=True)
        say("revocation: a list is made, taken in and asked")
        size, seconds = (20_000, 0.2) if quick else (MILLION, 2.0)
        code = f"from bench.revocation import print_rows; print_rows({str(folder)!r}, {size}, {seconds})"
        answer = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE)
    for row in json.loads(answer.stdout):
        yield Row(**row)


def print_rows(folder: str, size: int, seconds: float) -> None:
    """Measure in a process of its own and print the rows as JSON."""
    import django  # noqa: PLC0415 - settings are read once in a process: this one has its own

    django.setup()
    print(json.dumps([asdict(row) for row in measure_here(Path(folder), size, seconds, people=_CARDS)]))


def measure_here(
    folder: Path, size: int, seconds: float, *, people: int, ask_limit: Callable[[], float] = ask_openssl
) -> Iterator[Row]:
    """Yield the rows, on this process's database, for a list of so many serials and so many people's cards."""
    from mynapoint.registry.operations import import_lineages, import_revocations  # noqa: PLC0415
    from mynapoint.registry.queries import ImportedRegistry  # noqa: PLC0415

    keys = KeyPool(people)
    authority = Authority.create(folder / "authority", at=AT - timedelta(days=1), draw_key=keys.draw)
    cards = issue_cards(folder / "authority", people, keys=keys)
    anchors = authority.anchors()
    der = _make_list(_find_issuer(folder, cards[0]), size)

    started = time.perf_counter()
    imported = import_revocations(read_revocation_list(der, anchors=anchors), key=KEY, at=AT)
    yield Row(f"CRL import, {size:,} serials", imported.count / (time.perf_counter() - started), "rows/s")
    lineages = "".join(authority.make_lineage_list(at=AT)).encode()
    import_lineages(lineages, issuers=frozenset({cards[0].certificate_id.issuer_key_id}), key=KEY, at=AT)

    registry = ImportedRegistry(key=KEY, crl_max_age=timedelta(days=2), lineage_max_age=timedelta(days=2))
    accepted = [check_certificate(card.certificate, anchors=anchors, at=AT) for card in cards]
    rate = _rate(lambda certificate: registry.check_not_revoked(certificate, at=AT), accepted, seconds)
    yield Row(f"revocation look-up at {size:,}, lists in tables", rate, "/s")

    own = AuthorityRegistry(folder / "authority")
    responder = _Responder(authority)
    asked = HttpRegistry("http://authority.invalid", anchors=anchors, transport=responder)
    checks: dict[str, Check] = {
        _WITHOUT: lambda _: None,
        "the authority's own register": lambda certificate: own.check_not_revoked(certificate, at=AT),
        "lists in tables": lambda certificate: registry.check_not_revoked(certificate, at=AT),
        "OCSP answers (network and responder apart)": lambda certificate: asked.check_not_revoked(certificate, at=AT),
    }
    for name, check in checks.items():
        rate = _verify(cards, check, anchors=anchors, seconds=seconds, responder=responder)
        limit = ask_limit() / 2
        goal = GOAL if name == _WITHOUT else None
        yield Row(f"verification with revocation: {name}", rate, "/s", limit, rate / limit, goal)


class _Responder(httpx2.BaseTransport):
    """The authority's responder without a network, whose own time is told apart."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.seconds = 0.0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        started = time.perf_counter()
        answer = self._authority.answer_ocsp(request.read(), at=AT)
        self.seconds += time.perf_counter() - started
        return httpx2.Response(200, stream=httpx2.ByteStream(answer))


def _verify(cards: list[Card], check: Check, *, anchors: TrustAnchors, seconds: float, responder: _Responder) -> float:
    signed = [(card.certificate, card.key.sign(STATEMENT, PKCS1v15(), SHA256())) for card in cards]

    def verify(one: tuple[bytes, bytes]) -> None:
        certificate = check_certificate(one[0], anchors=anchors, at=AT)
        check(certificate)
        check_statement_signature(certificate, STATEMENT, one[1])

    return _rate(verify, signed, seconds, apart=lambda: responder.seconds)


def _rate(
    work: Callable[[ItemT], object], items: list[ItemT], seconds: float, *, apart: Callable[[], float] = lambda: 0.0
) -> float:
    """Work for so many seconds; return how often it was done in one, without the seconds that are told apart."""
    started, before = time.perf_counter(), apart()
    for done, item in enumerate(cycle(items)):
        if (used := time.perf_counter() - started) >= seconds:
            return done / (used - (apart() - before))
        work(item)
    raise AssertionError("nothing to do")


def _find_issuer(folder: Path, card: Card) -> IssuingCa:
    cas = (ca for ca in read_cas(folder / "authority") if ca.kind is KeyKind.RSA_2048)
    return next(ca for ca in cas if ca.key_id == card.certificate_id.issuer_key_id)


def _make_list(ca: IssuingCa, size: int) -> bytes:
    """Make a list of so many serials, as the authority would have it after years."""
    reason = x509.CRLReason(x509.ReasonFlags.superseded)
    revoked = [
        x509.RevokedCertificateBuilder(_FIRST_SERIAL + number, AT, [x509.Extension(reason.oid, False, reason)]).build()
        for number in range(size)
    ]
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=ca.certificate.subject,
        last_update=AT,
        next_update=AT + timedelta(days=1),
        extensions=[x509.Extension(x509.AuthorityKeyIdentifier.oid, False, _name_key(ca))],
        revoked_certificates=revoked,
    )
    return builder.sign(ca.key, SHA256()).public_bytes(Encoding.DER)


def _name_key(ca: IssuingCa) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(ca.key_id, None, None)
