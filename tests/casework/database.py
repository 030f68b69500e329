"""The same doors over the platform's own operations: PostgreSQL, real certificates, whole acts."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.conf import settings

from casework.cards import Card, Person
from casework.platform import CLERK, POOL, SITE, Bound, Kind, Wish
from cast import ISSUED_AT, PERFORMERS
from jpki.certificate import CertificateId, parse_certificate
from jpki.virtual.authority import Authority
from mynapoint.act.operations import propose, submit
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Authorities, Link, Submission
from mynapoint.application.models import Application
from mynapoint.case import operations
from mynapoint.case.queries import find_open_case, get_case
from mynapoint.case.rules import CaseName, CaseUnknown, Farewell, Fingerprint, Offer, Seat, Slip, Turn
from mynapoint.holder.models import HolderCertificate
from mynapoint.holder.rules import hash_certificate
from mynapoint.reservation.models import Reservation

SLIPS_LAST = timedelta(days=7)
FOUNDED_AT = datetime(2018, 1, 1, tzinfo=ISSUED_AT.tzinfo)


@dataclass
class DatabasePlatform:
    """The platform itself. Who is bound is read from its tables, by the certificates that its holders have."""

    folder: Path
    account_key: bytes = field(default_factory=lambda: settings.ACCOUNT_KEY)
    at_home: int = 0
    people: dict[bytes, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._authority = Authority.create(self.folder, at=FOUNDED_AT, draw_key=POOL.draw)
        self._authorities = Authorities(self._authority.anchors(), self._authority.registry)

    @property
    def bound(self) -> int:
        return Reservation.objects.count() + Application.objects.count() - self.at_home

    def make_card(self, person: Person) -> Card:
        contents = self._authority.make_card(f"person{person}", birth_date=date(1985, 4, 12), at=ISSUED_AT)
        issued = contents.credentials.authentication
        name = CertificateId.of(parse_certificate(issued.certificate))
        self.people[hash_certificate(name, key=settings.HOLDER_KEY)] = person
        return Card.make(person, _read_key(issued.key), issued.certificate)

    def reserve_at_home(self, card: Card, *, at: datetime) -> None:
        link = propose(Wish("reservation").proposal(None, account_key=self.account_key), audience=SITE, at=at)
        self.submit(link, card.sign(get_statement(link, at=at)), at=at)
        self.at_home += 1

    def open_case(self, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None:
        operations.open_case(name, seat, user_id=CLERK, closes_at=closes_at, at=at)

    def report_card(self, seat: Seat, fingerprint: Fingerprint, *, put_down_at: datetime, at: datetime) -> None:
        operations.report_card(seat.counter, seat.terminal, fingerprint, put_down_at=put_down_at, at=at)

    def find_case_with_card(self, seat: Seat, *, at: datetime) -> CaseName | None:
        case = find_open_case(seat.counter, seat.terminal, at=at)
        return case.name if case and case.has_card else None

    def is_card_left(self, name: CaseName, *, at: datetime) -> bool:
        try:
            return get_case(name, at=at).has_left_card
        except CaseUnknown:
            return False

    def report_removal(self, seat: Seat, *, at: datetime) -> None:
        operations.report_removal(seat.counter, seat.terminal, at=at)

    def count_acts(self, name: CaseName, *, at: datetime) -> int:
        return get_case(name, at=at).acts_proposed

    def propose(self, offer: Offer, wish: Wish, *, at: datetime) -> Link:
        return propose(wish.proposal(offer, account_key=self.account_key), audience=SITE, at=at)

    def show(self, turn: Turn, act: Link, *, at: datetime) -> None:
        operations.show_act(turn, act.id, at=at)

    def get_statement(self, act: Link, *, at: datetime) -> bytes:
        return get_statement(act, at=at)

    def submit(self, act: Link, submission: Submission, *, at: datetime) -> Bound:
        authorities, performers = self._authorities, PERFORMERS
        done = submit(act, submission, audience=SITE, authorities=authorities, performers=performers, at=at)
        return self._read(done.kind, act)  # type: ignore[arg-type]

    def continue_case(self, turn: Turn, *, at: datetime) -> None:
        operations.continue_case(turn, at=at)

    def end_case(self, turn: Turn, reason: Farewell, *, at: datetime) -> None:
        operations.end_case(turn, reason, at=at)

    def pause(self, turn: Turn, *, at: datetime) -> Slip:
        return operations.pause_case(turn, expires_at=at + SLIPS_LAST, at=at)

    def resume(self, slip: Slip, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None:
        operations.resume_case(slip, name, seat, user_id=CLERK, closes_at=closes_at, at=at)

    def extend(self, counter: str, *, until: datetime, at: datetime) -> None:
        operations.extend_counter(counter, until=until, reason="people_waiting", user_id=CLERK, closes_at=None, at=at)

    def _read(self, kind: Kind, act: Link) -> Bound:
        table = Reservation if kind == "reservation" else Application
        row = table.objects.get(act_id=act.id)
        certificates = HolderCertificate.objects.filter(holder_id=row.holder_id)
        (person,) = {self.people[bytes(certificate.certificate_hash)] for certificate in certificates}
        return Bound(kind, person, bytes(row.account_hash) if isinstance(row, Application) else None)


@cache
def _read_key(der: bytes) -> RSAPrivateKey:
    """Read one of the pool's keys once, for reading checks it."""
    key = load_der_private_key(der, password=None)
    assert isinstance(key, RSAPrivateKey)
    return key
