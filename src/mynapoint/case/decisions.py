"""What happens at a counter, and what becomes of a case by it; pure.

Whoever sits before a screen is judged strictly: a case that is over, or another's, is refused. What the card program
reports is never refused, for it cannot know: after the end it means nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mynapoint.case.facts import (
    ActEnded,
    ActProposed,
    ActShown,
    CardSeen,
    CardStillIn,
    Case,
    Continued,
    Ended,
    Fact,
    LeftCardSeen,
    ProofSeen,
    ReaderEmptied,
    SentHome,
)
from mynapoint.case.rules import (
    ActNotInCase,
    ActNotShown,
    AnotherCardInCase,
    CaseElsewhere,
    CaseOver,
    Farewell,
    Fingerprint,
    FormOutdated,
    Lack,
    NoCardInCase,
    Proof,
    hash_card,
)


@dataclass(frozen=True, slots=True)
class CardReported:
    """The card program sees a card, for the first time or again; it may not know since when it has been there."""

    fingerprint: Fingerprint
    put_down_at: datetime | None


@dataclass(frozen=True, slots=True)
class RemovalReported:
    """The card program sees no card any more."""


@dataclass(frozen=True, slots=True)
class ActOffered:
    """The clerk, or the citizen at the terminal, wants something to be signed: the act after so many others."""

    terminal: str
    act_id: UUID
    after: int


@dataclass(frozen=True, slots=True)
class ActDisplayed:
    """The citizen's own screen has the act on it."""

    terminal: str
    act_id: UUID


@dataclass(frozen=True, slots=True)
class ActSigned:
    """A card has signed the act, and everything else about it has been checked: the last word before it is done."""

    terminal: str
    act_id: UUID
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class ActRefused:
    """The act will not be done; the fingerprint is that of a card whose signature was verified."""

    act_id: UUID
    fingerprint: Fingerprint | None


@dataclass(frozen=True, slots=True)
class TimeWanted:
    """Clerk or citizen go on."""

    terminal: str


@dataclass(frozen=True, slots=True)
class WorkWanted:
    """Clerk or citizen go on with what the citizen's card is there for; `proof` is what the clerk has just seen."""

    terminal: str
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something is missing, so that the citizen has to come again."""

    terminal: str
    lack: Lack


@dataclass(frozen=True, slots=True)
class Pause:
    """The citizen will come again, with a slip."""

    terminal: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The citizen is done, or the next one is called."""

    terminal: str
    reason: Farewell


@dataclass(frozen=True, slots=True)
class AnotherCaseOpened:
    """Another case begins at the terminal."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Somebody looks whether time has ended the case."""


Request = ActOffered | ActDisplayed | ActSigned | TimeWanted | WorkWanted | Lacking | Pause
"""What only an open case can do."""
Report = CardReported | RemovalReported | ActRefused | Leave | AnotherCaseOpened | TimePassed
"""What may come at any time: to a case that is over it adds at most that time has ended it."""
Event = Request | Report


def decide(case: Case, event: Event, *, at: datetime) -> list[Fact]:
    """Return the facts that an event adds to a case: none when it changes nothing.

    :raises UnableAtCounter: when it is not allowed.
    """
    if isinstance(event, Request | Leave) and event.terminal != case.seat.terminal:
        raise CaseElsewhere
    over = case.over(at=at)
    if isinstance(event, Request):
        if over is not None:
            raise CaseOver(reason=over.reason)
        return _decide_request(case, event, at=at)
    if over is not None:
        return [] if case.ended else [Ended(over.at, over.reason)]
    return _decide_report(case, event, at=at)


def _decide_request(case: Case, event: Request, *, at: datetime) -> list[Fact]:
    match event:
        case ActOffered() | ActDisplayed() | ActSigned():
            return _decide_act(case, event, at=at)
        case TimeWanted():
            return [Continued(at)]
        case WorkWanted():
            _check_card_is_in(case)
            return [Continued(at), *([ProofSeen(at, event.proof)] if event.proof else [])]
        case Lacking():
            return [SentHome(at, event.lack), Ended(at, "finished")]
        case Pause():
            _check_card_is_in(case)
            return [Ended(at, "paused")]


def _decide_act(case: Case, event: ActOffered | ActDisplayed | ActSigned, *, at: datetime) -> list[Fact]:
    match event:
        case ActOffered():
            _check_card_is_in(case)
            _check_newest_form(case, event)
            return [ActProposed(at, event.act_id)]
        case ActDisplayed():
            _check_current(case, event.act_id)
            return [] if case.is_shown else [ActShown(at, event.act_id)]
        case ActSigned():
            _check_signed(case, event)
            return [ActEnded(at, event.act_id, "done")]


def _decide_report(case: Case, event: Report, *, at: datetime) -> list[Fact]:
    match event:
        case CardReported():
            return _take_card(case, event, at=at)
        case RemovalReported():
            return _see_no_card(case, at=at)
        case ActRefused():
            return _close_refused(case, event, at=at)
        case Leave():
            return [Ended(at, event.reason)]
        case AnotherCaseOpened():
            return [Ended(at, "another_case")]
        case _:
            return []


def _take_card(case: Case, event: CardReported, *, at: datetime) -> list[Fact]:
    """Take the first card that is put down, or the one that a slip names, for the case's; every other one ends it."""
    if case.contact_at is None and not _is_put_down_in(case, event):
        return [] if case.is_card_left else [LeftCardSeen(at)]
    assert case.key is not None, "a case that nothing has ended has its key"
    card = hash_card(event.fingerprint, key=case.key)
    if card != (case.card or card):
        return [Ended(at, "second_card")]
    return [CardStillIn(at)] if case.contact_at else [CardSeen(at, card)]


def _see_no_card(case: Case, *, at: datetime) -> list[Fact]:
    if case.contact_at is not None:
        return [Ended(at, "card_removed")]
    return [ReaderEmptied(at)] if case.is_card_left else []


def _is_put_down_in(case: Case, event: CardReported) -> bool:
    """Say whether a card came into the reader during this case.

    That it was seen to be empty would not do: the word of it may be a late one, from the case before.
    """
    return event.put_down_at is not None and event.put_down_at >= case.opened_at


def _close_refused(case: Case, event: ActRefused, *, at: datetime) -> list[Fact]:
    facts: list[Fact] = [ActEnded(at, event.act_id, "refused")] if event.act_id == case.act_id else []
    if event.fingerprint is not None and case.card is not None and not _is_case_card(case, event.fingerprint):
        facts.append(Ended(at, "second_card"))
    return facts


def _is_case_card(case: Case, fingerprint: Fingerprint) -> bool:
    return case.key is not None and hash_card(fingerprint, key=case.key) == case.card


def _check_card_is_in(case: Case) -> None:
    if case.contact_at is None:
        raise NoCardInCase


def _check_newest_form(case: Case, event: ActOffered) -> None:
    if event.after != case.acts_proposed:
        raise FormOutdated


def _check_current(case: Case, act_id: UUID) -> None:
    if act_id != case.act_id:
        raise ActNotInCase


def _check_signed(case: Case, event: ActSigned) -> None:
    """Check what a signature needs beside everything that the act itself was checked for:

    (1) it is this case's act, which no later one has replaced; (2) the citizen's own screen has shown it; (3) it was
    signed with the card that the case began with.
    """
    # (1)
    _check_current(case, event.act_id)
    # (2)
    if not case.is_shown:
        raise ActNotShown
    # (3)
    if not _is_case_card(case, event.fingerprint):
        raise AnotherCardInCase
