"""What can be asked about cases."""

import hmac
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db.models import QuerySet

from mynapoint.case.book import DatabaseBook
from mynapoint.case.facts import Case
from mynapoint.case.models import CaseFact, CounterExtension, LiveCase, OpenedCase, PausedCase
from mynapoint.case.rules import (
    ActNotInCase,
    CaseName,
    CaseOver,
    CaseUnknown,
    Colour,
    EndReason,
    Lack,
    Over,
    Seat,
    Turn,
    colour_of,
    day_of,
)
from mynapoint.case.turns import find_closing
from mynapoint.kernel.secret_link import SECRET_BYTES

_BOOK = DatabaseBook()


@dataclass(frozen=True)
class CaseView:
    """A case as its screens show it at an instant. What is typed, whose card it is and which account: all not here."""

    name: CaseName
    seat: Seat
    number: int
    colour: Colour
    user_id: int
    opened_at: datetime
    over: Over | None
    has_card: bool
    has_left_card: bool
    act_id: UUID | None
    is_shown: bool
    acts_proposed: int
    acts_done: int
    lack: Lack | None
    warned_at: datetime
    is_warned: bool
    idle_at: datetime
    closes_at: datetime


def get_case(name: CaseName, *, at: datetime) -> CaseView:
    """Return a case.

    :raises CaseUnknown: when there is none.
    """
    case = _BOOK.find(name)
    if case is None:
        raise CaseUnknown
    return _view(case, at=at)


def check_waits(turn: Turn, act_id: UUID, *, at: datetime) -> None:
    """Check that a case still waits for this act's signature.

    :raises CaseUnknown, CaseOver, ActNotInCase: when it does not.
    """
    case = get_case(turn.case, at=at)
    if case.over is not None:
        raise CaseOver(reason=case.over.reason)
    if case.act_id != act_id:
        raise ActNotInCase


def find_open_case(counter: str, terminal: str, *, at: datetime) -> CaseView | None:
    """Return the case that is open at a terminal."""
    case_id = LiveCase.objects.filter(counter=counter, terminal=terminal).values_list("case_id", flat=True).first()
    case = _BOOK.find(CaseName(counter, case_id)) if case_id else None
    return None if case is None or case.over(at=at) else _view(case, at=at)


def find_secret(name: CaseName, purpose: bytes, *, at: datetime) -> bytes | None:
    """Return a secret of 16 bytes that lasts as long as the case: nobody can find it again once the key is gone.

    A case that continues another one, by its slip, has the other's secrets. None when the case is over, or unknown.
    """
    case = _BOOK.find(name)
    if case is None or case.key is None or case.over(at=at):
        return None
    return hmac.digest(case.key, purpose, "sha256")[:SECRET_BYTES]


def list_cases(counter: str, day: date, *, at: datetime) -> list[CaseView]:
    """Return a counter's cases of one day, by their numbers."""
    rows = OpenedCase.objects.filter(counter=counter, day=day).order_by("number")
    return [_view(_BOOK.read(row), at=at) for row in rows]


def list_durations(counter: str, *, at: datetime, most: int) -> list[timedelta]:
    """Return how long a counter's last cases of today took: those that ended after a card had come."""
    ids = OpenedCase.objects.filter(counter=counter, day=day_of(at)).order_by("-number").values("id", "opened_at")
    opened = {row["id"]: row["opened_at"] for row in ids[:most]}
    facts = CaseFact.objects.filter(counter=counter, case_id__in=opened, at__lte=at)
    with_card = facts.filter(kind="card_seen").values("case_id")
    ends = facts.filter(kind="ended", case_id__in=with_card).values_list("case_id", "at")
    return [ended_at - opened[case_id] for case_id, ended_at in ends]


def list_busy_terminals(counter: str, *, since: datetime, at: datetime) -> set[str]:
    """Return the terminals of a counter at which a case was opened lately."""
    opened = OpenedCase.objects.filter(counter=counter, day=day_of(at), opened_at__gte=since, opened_at__lte=at)
    return set(opened.values_list("terminal", flat=True))


def get_closing(counter: str, *, closes_at: datetime | None, at: datetime) -> datetime | None:
    """Return when a counter closes today: what its calendar says (None: closed), or a supervisor said later."""
    return find_closing(closes_at, _BOOK.get_extensions(counter, day_of(at)))


@dataclass(frozen=True)
class PrintedSlip:
    """A slip that was printed and not used yet, as its counter's staff know it: nothing of the citizen's."""

    name: CaseName
    number: int
    colour: Colour
    terminal_name: str
    opened_at: datetime
    expires_at: datetime
    times_printed: int


def list_slips(counter: str, *, at: datetime) -> list[PrintedSlip]:
    """Return a counter's slips that can be used and were not yet, the newest first."""
    slips = _find_unused(counter, at=at).in_bulk()
    opened = OpenedCase.objects.filter(counter=counter, id__in=slips).order_by("-opened_at")
    return [_view_slip(row, slips[row.id]) for row in opened]


def is_slip_printed_again(name: CaseName, *, at: datetime) -> bool:
    """Say whether a case was paused with a slip that its counter's staff can still print."""
    return _find_unused(name.counter, at=at).filter(id=name.id).exists()


def _find_unused(counter: str, *, at: datetime) -> QuerySet[PausedCase]:
    return PausedCase.objects.filter(counter=counter, expires_at__gt=at, sealed_secret__isnull=False)


def _view_slip(opened: OpenedCase, paused: PausedCase) -> PrintedSlip:
    return PrintedSlip(
        name=CaseName(opened.counter, opened.id),
        number=opened.number,
        colour=colour_of(opened.number),
        terminal_name=opened.terminal_name,
        opened_at=opened.opened_at,
        expires_at=paused.expires_at,
        times_printed=paused.times_printed,
    )


@dataclass(frozen=True)
class PastCase:
    """A case as one looks back at it: nothing of the citizen's, and `over` only once that was written down."""

    counter: str
    day: date
    number: int
    terminal: str
    terminal_name: str
    user_id: int
    opened_at: datetime
    over: Over | None
    has_had_card: bool
    acts_proposed: int
    acts_done: tuple[UUID, ...]
    is_sent_home: bool


@dataclass(frozen=True)
class PastExtension:
    """A supervisor's word that a counter stayed open longer on a day."""

    day: date
    until: datetime
    reason: str
    user_id: int
    extended_at: datetime


def list_past_cases(counter: str, first: date, last: date) -> list[PastCase]:
    """Return a counter's cases of some days, both included, in the order of their numbers."""
    rows = list(OpenedCase.objects.filter(counter=counter, day__range=(first, last)).order_by("day", "number"))
    facts: dict[UUID, list[CaseFact]] = defaultdict(list)
    for fact in CaseFact.objects.filter(counter=counter, case_id__in=[row.id for row in rows]).order_by("index"):
        facts[fact.case_id].append(fact)
    return [_look_back(row, facts[row.id]) for row in rows]


def list_extensions(counter: str, first: date, last: date) -> list[PastExtension]:
    """Return how often a counter stayed open longer on some days, both included, in the order of time."""
    rows = CounterExtension.objects.filter(counter=counter, day__range=(first, last)).order_by("day", "number")
    return [PastExtension(row.day, row.until, row.reason, row.user_id, row.extended_at) for row in rows]


def _look_back(row: OpenedCase, facts: Sequence[CaseFact]) -> PastCase:
    ended = next((fact for fact in facts if fact.kind == "ended"), None)
    return PastCase(
        counter=row.counter,
        day=row.day,
        number=row.number,
        terminal=row.terminal,
        terminal_name=row.terminal_name,
        user_id=row.user_id,
        opened_at=row.opened_at,
        over=Over(ended.at, cast(EndReason, ended.word)) if ended else None,
        has_had_card=any(fact.kind == "card_seen" for fact in facts),
        acts_proposed=sum(fact.kind == "act_proposed" for fact in facts),
        acts_done=tuple(fact.act_id for fact in facts if fact.word == "done" and fact.act_id),
        is_sent_home=any(fact.kind == "sent_home" for fact in facts),
    )


def _view(case: Case, *, at: datetime) -> CaseView:
    over = case.over(at=at)
    return CaseView(
        name=case.name,
        seat=case.seat,
        number=case.number,
        colour=colour_of(case.number),
        user_id=case.user_id,
        opened_at=case.opened_at,
        over=over,
        has_card=case.contact_at is not None and over is None,
        has_left_card=case.is_card_left and over is None,
        act_id=case.act_id if over is None else None,
        is_shown=case.is_shown,
        acts_proposed=case.acts_proposed,
        acts_done=case.acts_done,
        lack=case.lack,
        warned_at=case.warned_at(),
        is_warned=over is None and at >= case.warned_at(),
        idle_at=case.idle_at(),
        closes_at=case.closes_at,
    )
