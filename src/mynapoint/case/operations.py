"""What can be done at a counter. Each of these is one transaction, or part of the act's own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from mynapoint.case import turns
from mynapoint.case.book import DatabaseBook
from mynapoint.case.decisions import (
    ActDisplayed,
    ActOffered,
    ActRefused,
    ActSigned,
    CardReported,
    Event,
    Lacking,
    Leave,
    Pause,
    RemovalReported,
    TimePassed,
    TimeWanted,
    WorkWanted,
    decide,
)
from mynapoint.case.facts import Case
from mynapoint.case.models import CounterExtension, LiveCase, PausedCase
from mynapoint.case.rules import (
    CardHash,
    CaseName,
    ExtensionReason,
    Farewell,
    Fingerprint,
    Lack,
    Offer,
    Proof,
    Seat,
    Slip,
    SlipNotPrintable,
    SlipUnknown,
    SlipUsed,
    Turn,
    check_extension,
    compose_place,
    day_of,
)
from mynapoint.case.turns import Opening, Paused, find_closing, take
from mynapoint.journal.operations import record
from mynapoint.kernel.sql import wait_for_turn

_BOOK: Final = DatabaseBook()


def open_case(name: CaseName, seat: Seat, *, user_id: int, closes_at: datetime | None, at: datetime) -> Case:
    """Open a case at a terminal, which ends the one before; the same name again gives the same case.

    `closes_at` is when the counter's calendar closes it today, None while it is closed. A supervisor's extension is
    known here.

    :raises CounterClosed: when the counter takes no more cases.
    :raises CaseElsewhere: when another terminal has opened a case under this name.
    """
    return _open(Opening(name, seat, user_id, closes_at), at=at)


def report_card(
    counter: str, terminal: str, fingerprint: Fingerprint, *, put_down_at: datetime | None, at: datetime
) -> None:
    """Take the card program's word that a card is there, and since when if it knows; it says so again and again.

    The first card that is put down in a case is the case's card; a second one ends it. One that lay there before must
    be taken out first.
    """
    _report(counter, terminal, CardReported(fingerprint, put_down_at), at=at)


def report_removal(counter: str, terminal: str, *, at: datetime) -> None:
    """Take the card program's word that no card is there, which ends the case once it had one of its own."""
    _report(counter, terminal, RemovalReported(), at=at)


@transaction.atomic
def take_act(offer: Offer, act_id: UUID, *, at: datetime) -> Mapping[str, Any]:
    """Let an act be proposed in a case, in the place of an earlier one; return what its statement says of the place.

    :raises CaseUnknown, CaseOver, CaseElsewhere, NoCardInCase, FormOutdated: when it is not allowed.
    """
    turn = offer.turn
    case = take(_BOOK, turn.case, ActOffered(turn.terminal, act_id, offer.after), at=at)
    return compose_place(case.seat, case.name.id, number=case.number)


@transaction.atomic
def show_act(turn: Turn, act_id: UUID, *, at: datetime) -> Case:
    """Note that the citizen's own screen shows an act.

    :raises CaseUnknown, CaseOver, CaseElsewhere, ActNotInCase: when it must not show it.
    """
    return take(_BOOK, turn.case, ActDisplayed(turn.terminal, act_id), at=at)


def commit_act(turn: Turn, act_id: UUID, fingerprint: Fingerprint, *, at: datetime) -> None:
    """Check, within the act's own transaction, that this card may sign this act in this case, and note that it did.

    :raises CaseUnknown, CaseOver, CaseElsewhere, ActNotInCase, ActNotShown, AnotherCardInCase: when it may not.
    """
    take(_BOOK, turn.case, ActSigned(turn.terminal, act_id, fingerprint), at=at)


@transaction.atomic
def close_refused_act(turn: Turn, act_id: UUID, fingerprint: Fingerprint | None, *, at: datetime) -> None:
    """Note that an act was refused; if it was signed with another card than the case's, that ends the case.

    `fingerprint` is that of a card whose signature was verified, else None.
    """
    take(_BOOK, turn.case, ActRefused(act_id, fingerprint), at=at)


@transaction.atomic
def continue_case(turn: Turn, *, at: datetime) -> Case:
    """Note that somebody is still there.

    :raises CaseUnknown, CaseOver, CaseElsewhere: when it is too late, or not theirs.
    """
    return take(_BOOK, turn.case, TimeWanted(turn.terminal), at=at)


@transaction.atomic
def go_on_with_card(turn: Turn, *, proof: Proof | None = None, at: datetime) -> Case:
    """Note that somebody goes on while the citizen's card is there, and which proof of representation was seen.

    :raises CaseUnknown, CaseOver, CaseElsewhere, NoCardInCase: when nothing can go on.
    """
    return take(_BOOK, turn.case, WorkWanted(turn.terminal, proof), at=at)


@transaction.atomic
def send_home(turn: Turn, lack: Lack, *, at: datetime) -> Case:
    """End a case because something is missing, and note what.

    :raises CaseUnknown, CaseOver, CaseElsewhere: when it is too late, or not theirs.
    """
    return take(_BOOK, turn.case, Lacking(turn.terminal, lack), at=at)


@transaction.atomic
def end_case(turn: Turn, reason: Farewell, *, at: datetime) -> Case:
    """End a case; one that is over stays as it is.

    :raises CaseUnknown, CaseElsewhere: when it is not theirs.
    """
    return take(_BOOK, turn.case, Leave(turn.terminal, reason), at=at)


@transaction.atomic
def pause_case(turn: Turn, *, expires_at: datetime, at: datetime) -> Slip:
    """End a case so that its card can continue it with a slip.

    :raises CaseUnknown, CaseOver, CaseElsewhere, NoCardInCase: when there is nothing to pause.
    """
    case = _BOOK.lock(turn.case)
    _BOOK.add(case, decide(case, Pause(turn.terminal), at=at))
    assert case.key is not None, "a case that nothing has ended has its key"
    slip = Slip(id=case.name.id, secret=case.key)
    PausedCase.objects.create(
        id=slip.id,
        counter=case.name.counter,
        secret_hash=slip.hash_secret(),
        card_hash=case.card,
        sealed_secret=slip.seal(key=settings.HOLDER_KEY),
        expires_at=expires_at,
    )
    return slip


@transaction.atomic
def print_slip_again(name: CaseName, *, at: datetime) -> tuple[Slip, datetime]:
    """Return the slip of a paused case of a counter once more, and until when it can be used; note that it was.

    :raises SlipNotPrintable: when this counter paused no such case, it is too long ago, or the key has changed.
    :raises SlipUsed: when the case was continued with it: the paper is there.
    """
    rows = PausedCase.objects.select_for_update().filter(id=name.id, counter=name.counter, expires_at__gt=at)
    paused = rows.first()
    if paused is None:
        raise SlipNotPrintable
    if paused.sealed_secret is None:
        raise SlipUsed
    slip = Slip.unseal(name.id, bytes(paused.sealed_secret), key=settings.HOLDER_KEY)
    if not slip.opens(bytes(paused.secret_hash)):
        raise SlipNotPrintable
    paused.times_printed += 1
    paused.save(update_fields=["times_printed"])
    return slip, paused.expires_at


@transaction.atomic
def resume_case(
    slip: Slip, name: CaseName, seat: Seat, *, user_id: int, closes_at: datetime | None, at: datetime
) -> Case:
    """Open a case that continues a paused one: any other card than that one's ends it.

    :raises SlipUnknown: when no paused case has this slip, or it is too old.
    :raises CounterClosed, CaseElsewhere: as `open_case`.
    """
    paused = PausedCase.objects.filter(id=slip.id, expires_at__gt=at).first()
    if paused is None or not slip.opens(bytes(paused.secret_hash)):
        raise SlipUnknown
    card = Paused(slip.secret, CardHash(bytes(paused.card_hash)))
    case = _open(Opening(name, seat, user_id, closes_at, paused=card), at=at)
    PausedCase.objects.filter(id=slip.id).update(sealed_secret=None)
    return case


@transaction.atomic
def extend_counter(
    counter: str,
    *,
    until: datetime,
    reason: ExtensionReason,
    user_id: int,
    closes_at: datetime | None,
    at: datetime,
) -> UUID:
    """Keep a counter open longer today, by a supervisor's word; return the journal entry.

    `closes_at` is when its calendar closes it today, None when it is closed by now.

    :raises ExtensionNotLater: when that is not later than it is open anyway, or not today.
    """

    wait_for_turn(f"counter {counter}")
    extensions = _BOOK.get_extensions(counter, day_of(at))
    check_extension(until, standing=find_closing(closes_at, extensions), at=at)
    entry_id = record(
        kind="counter_extended",
        facts={"counter": counter, "until": until.isoformat(), "reason": reason, "user": user_id},
        at=at,
    )
    CounterExtension.objects.create(
        counter=counter,
        day=day_of(at),
        number=len(extensions) + 1,
        until=until,
        reason=reason,
        user_id=user_id,
        entry_id=entry_id,
        extended_at=at,
    )
    return entry_id


def end_lapsed(*, at: datetime) -> int:
    """Write down which cases time has ended, at the instant at which it did, and forget their keys; return how many.

    Nothing waits for this: a case is over when its time is. This is for its key, which must not outlive it.
    """
    names = [CaseName(*row) for row in LiveCase.objects.values_list("counter", "case_id")]
    return sum(_end_if_lapsed(name, at=at) for name in names)


@transaction.atomic
def forget_slips(*, at: datetime) -> int:
    """Delete slips that nobody can use any more; return how many."""
    return PausedCase.objects.filter(expires_at__lte=at).delete()[0]


@transaction.atomic
def _open(opening: Opening, *, at: datetime) -> Case:
    """Open a case; of two at one instant and one counter, the second sees the first."""
    wait_for_turn(f"counter {opening.seat.counter}")
    return turns.open_case(_BOOK, opening, at=at)


@transaction.atomic
def _report(counter: str, terminal: str, event: Event, *, at: datetime) -> None:
    """Let the terminal's live case know; a terminal without one has nothing to know."""
    case = _BOOK.lock_live(counter, terminal)
    if case is not None:
        _BOOK.add(case, decide(case, event, at=at))


@transaction.atomic
def _end_if_lapsed(name: CaseName, *, at: datetime) -> bool:
    return take(_BOOK, name, TimePassed(), at=at).ended is not None
