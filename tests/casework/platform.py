"""What a counter asks of the platform, and a platform in memory that decides with the platform's own functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from casework.book import MemoryBook, keep_newest
from casework.cards import Card, Person
from jpki.statement import StatementSignatureInvalid, check_key_signature
from jpki.virtual.keys import KeyPool
from mynapoint.act.rules import (
    LIFETIME,
    ActUnknown,
    Proposal,
    SignatureInvalid,
    Submission,
    check_to_sign,
    compose_statement,
    find_turn,
    read_statement,
)
from mynapoint.application.rules import Choice, NotReserved, check_account_free, check_not_chosen, hash_account
from mynapoint.case.decisions import (
    ActDisplayed,
    ActOffered,
    ActRefused,
    ActSigned,
    CardReported,
    Event,
    Leave,
    Pause,
    RemovalReported,
    TimeWanted,
    decide,
)
from mynapoint.case.facts import Case, Extension, Fact
from mynapoint.case.rules import (
    CaseName,
    Farewell,
    Fingerprint,
    Offer,
    Seat,
    Slip,
    SlipUnknown,
    Turn,
    compose_place,
    day_of,
    fingerprint_of,
)
from mynapoint.case.turns import Opening, Paused, open_case
from mynapoint.kernel.refusal import Refusal
from mynapoint.reservation.rules import AlreadyReserved

Kind = Literal["reservation", "application"]
PROGRAMME, SERVICE, SITE = "mynapoint-2020", "hanamaru", "http://127.0.0.1:8000"
CLERK = 7
POOL = KeyPool(24)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: a reservation, or an application with the account that they typed."""

    kind: Kind
    account: str = ""

    def proposal(self, offer: Offer | None, *, account_key: bytes) -> Proposal:
        """Return it as the act room takes it, with the account as hint and keyed hash."""
        content: dict[str, Any] = {}
        if self.kind == "application":
            content = {
                "service": {"id": SERVICE, "name": SERVICE},
                "account": {
                    "hint": f"●●{self.account[-4:]}",
                    "hash": hash_account(SERVICE, self.account, key=account_key).hex(),
                },
                "grant": {"rate_percent": 25, "cap": 5000},
                "irrevocable": True,
            }
        return Proposal(self.kind, PROGRAMME, "見本", content, {"account_reference": "R" * 43}, offer=offer)


@dataclass(frozen=True, slots=True)
class Bound:
    """What an act that was done has bound, as the platform has it."""

    kind: Kind
    person: Person
    account_hash: bytes | None


class Platform(Protocol):
    """The doors of the platform as a counter uses them. Every one of them may raise a Refusal."""

    account_key: bytes
    bound: int

    def make_card(self, person: Person) -> Card: ...
    def reserve_at_home(self, card: Card, *, at: datetime) -> None: ...
    def open_case(self, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None: ...
    def report_card(self, seat: Seat, fingerprint: Fingerprint, *, put_down_at: datetime, at: datetime) -> None: ...
    def find_case_with_card(self, seat: Seat, *, at: datetime) -> CaseName | None: ...
    def is_card_left(self, name: CaseName, *, at: datetime) -> bool: ...
    def report_removal(self, seat: Seat, *, at: datetime) -> None: ...
    def propose(self, offer: Offer, wish: Wish, *, at: datetime) -> Any: ...
    def count_acts(self, name: CaseName, *, at: datetime) -> int: ...
    def show(self, turn: Turn, act: Any, *, at: datetime) -> None: ...
    def get_statement(self, act: Any, *, at: datetime) -> bytes: ...
    def submit(self, act: Any, submission: Submission, *, at: datetime) -> Bound: ...
    def continue_case(self, turn: Turn, *, at: datetime) -> None: ...
    def end_case(self, turn: Turn, reason: Farewell, *, at: datetime) -> None: ...
    def pause(self, turn: Turn, *, at: datetime) -> Slip: ...
    def resume(self, slip: Slip, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None: ...
    def extend(self, counter: str, *, until: datetime, at: datetime) -> None: ...


@dataclass(slots=True)
class PendingAct:
    """A proposed act in memory."""

    statement: bytes
    expires_at: datetime
    is_used: bool = False


Decide = Callable[..., list[Fact]]


class MemoryPlatform:
    """The act room's order of checks, over dictionaries; statements, signatures and decisions are the real ones."""

    account_key = b"a" * 32

    def __init__(self, decide: Decide = decide) -> None:
        self.book = MemoryBook()
        self.decide = decide
        self.bound = 0
        self._acts: dict[UUID, PendingAct] = {}
        self._slips: dict[UUID, tuple[Slip, Paused]] = {}
        self._reserved: dict[Person, datetime] = {}
        self._choices: dict[Person, Choice] = {}
        self._owners: dict[bytes, Person] = {}
        self._keys = [POOL.draw() for _ in range(24)]
        self._proposed = 0

    def make_card(self, person: Person) -> Card:
        """Issue a card; as in any test population the keys are shared, the certificates are not."""
        number = person % len(self._keys)
        return Card.make(person, self._keys[number], b"%d %d" % (person, number))

    def reserve_at_home(self, card: Card, *, at: datetime) -> None:
        self._reserved[card.person] = at

    def open_case(self, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None:
        open_case(self.book, Opening(name, seat, CLERK, closes_at), at=at)

    def report_card(self, seat: Seat, fingerprint: Fingerprint, *, put_down_at: datetime, at: datetime) -> None:
        self._report(seat, CardReported(fingerprint, put_down_at), at=at)

    def find_case_with_card(self, seat: Seat, *, at: datetime) -> CaseName | None:
        case = self.book.lock_live(seat.counter, seat.terminal)
        return case.name if case and case.contact_at and not case.over(at=at) else None

    def is_card_left(self, name: CaseName, *, at: datetime) -> bool:
        case = self.book.find(name)
        return case is not None and case.is_card_left and not case.over(at=at)

    def report_removal(self, seat: Seat, *, at: datetime) -> None:
        self._report(seat, RemovalReported(), at=at)

    def count_acts(self, name: CaseName, *, at: datetime) -> int:
        return self.book.lock(name).acts_proposed

    def propose(self, offer: Offer, wish: Wish, *, at: datetime) -> UUID:
        self._proposed += 1
        act_id = UUID(int=self._proposed)
        case = self._take(offer.turn.case, ActOffered(offer.turn.terminal, act_id, offer.after), at=at)
        proposal = wish.proposal(offer, account_key=self.account_key)
        nonce = self._proposed.to_bytes(32)
        statement = compose_statement(
            proposal, act_id=act_id, nonce=nonce, audience=SITE, created_at=at, place=self.place_of(case)
        )
        self._acts[act_id] = PendingAct(statement, at + LIFETIME)
        return act_id

    def place_of(self, case: Case) -> dict[str, Any] | None:
        """Return what the statement says of the case."""
        return compose_place(case.seat, case.name.id, number=case.number)

    def show(self, turn: Turn, act: UUID, *, at: datetime) -> None:
        self._take(turn.case, ActDisplayed(turn.terminal, act), at=at)

    def get_statement(self, act: UUID, *, at: datetime) -> bytes:
        return self._find(act, at=at).statement

    def submit(self, act: UUID, submission: Submission, *, at: datetime) -> Bound:
        pending = self._find(act, at=at)
        pending.is_used = True
        fields = read_statement(pending.statement)
        turn = find_turn(fields)
        fingerprint: Fingerprint | None = None
        try:
            person = self.verify(pending.statement, submission)
            fingerprint = fingerprint_of(submission.certificate)
            return self._do(act, fields, turn, person, fingerprint, at=at)
        except Refusal:
            if turn is not None:
                self._take(turn.case, ActRefused(act, fingerprint), at=at)
            raise

    def verify(self, statement: bytes, submission: Submission) -> Person:
        """Return whose card signed."""
        person, number = map(int, submission.certificate.split())
        try:
            check_key_signature(self._keys[number].public_key(), statement, submission.signature)
        except StatementSignatureInvalid:
            raise SignatureInvalid from None
        return person

    def continue_case(self, turn: Turn, *, at: datetime) -> None:
        self._take(turn.case, TimeWanted(turn.terminal), at=at)

    def end_case(self, turn: Turn, reason: Farewell, *, at: datetime) -> None:
        self._take(turn.case, Leave(turn.terminal, reason), at=at)

    def pause(self, turn: Turn, *, at: datetime) -> Slip:
        case = self.book.lock(turn.case)
        self._take(turn.case, Pause(turn.terminal), at=at)
        assert case.key is not None
        assert case.card is not None
        slip = Slip(id=case.name.id, secret=case.key)
        self._slips[slip.id] = (slip, Paused(case.key, case.card))
        return slip

    def resume(self, slip: Slip, name: CaseName, seat: Seat, *, closes_at: datetime | None, at: datetime) -> None:
        known, paused = self._slips.get(slip.id, (None, None))
        if known != slip:
            raise SlipUnknown
        open_case(self.book, Opening(name, seat, CLERK, closes_at, paused), at=at)

    def extend(self, counter: str, *, until: datetime, at: datetime) -> None:
        self.book.extend(counter, day_of(at), Extension(at, until))

    def _take(self, name: CaseName, event: Event, *, at: datetime) -> Case:
        case = self.book.lock(name)
        return self.book.add(case, self.decide(case, event, at=at))

    def _report(self, seat: Seat, event: Event, *, at: datetime) -> None:
        case = self.book.lock_live(seat.counter, seat.terminal)
        if case is not None:
            self.book.add(case, self.decide(case, event, at=at))

    def _find(self, act: UUID, *, at: datetime) -> PendingAct:
        pending = self._acts.get(act)
        if pending is None:
            raise ActUnknown
        check_to_sign(expires_at=pending.expires_at, is_used=pending.is_used, at=at)
        return pending

    def _do(
        self,
        act: UUID,
        fields: dict[str, Any],
        turn: Turn | None,
        person: Person,
        fingerprint: Fingerprint,
        *,
        at: datetime,
    ) -> Bound:
        """Let the case agree, then the room; only when both did, anything is written."""
        facts, case = [], None
        if turn is not None:
            case = self.book.lock(turn.case)
            facts = self.decide(case, ActSigned(turn.terminal, act, fingerprint), at=at)
        bound = self._bind(fields, person, at=at)
        if case is not None:
            self.book.add(case, facts)
        self.bound += 1
        return bound

    def _bind(self, fields: dict[str, Any], person: Person, *, at: datetime) -> Bound:
        if fields["kind"] == "reservation":
            if person in self._reserved:
                raise AlreadyReserved(reserved_at=self._reserved[person])
            self._reserved[person] = at
            return Bound("reservation", person, None)
        if person not in self._reserved:
            raise NotReserved
        account = bytes.fromhex(fields["content"]["account"]["hash"])
        owner = self._owners.get(account)
        check_account_free(UUID(int=owner) if owner is not None else None, holder_id=UUID(int=person))
        check_not_chosen(self._choices.get(person), service_id=SERVICE, certificate_hash=b"")
        self._owners[account] = person
        self._choices[person] = Choice(UUID(int=0), SERVICE, account, b"")
        return Bound("application", person, account)

    def forget_old(self) -> None:
        """Drop what nobody in the simulated town can ask for any more, so that a long run stays small."""
        for table in (self._acts, self._slips, self._reserved, self._choices, self._owners):
            keep_newest(table)
        self.book.forget_old()
