"""How a correction begins: with a holder's objection, or with what staff have seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from mynapoint.act.queries import find_doer
from mynapoint.act.rules import SignedAct
from mynapoint.application.operations import report_objection
from mynapoint.application.queries import StandingLink, find_link
from mynapoint.application.rules import ObjectionReason
from mynapoint.correction.models import Correction
from mynapoint.correction.rules import (
    ABOUT_THE_LINK,
    AlreadyReported,
    NothingLinked,
    Source,
    check_window,
)
from mynapoint.correction.standing import find_newest, read_course
from mynapoint.holder.rules import NamedActUnknown
from mynapoint.journal.operations import record
from mynapoint.journal.queries import find_written
from mynapoint.kernel.integrity import constraint_name
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import find_objection_end

ROUNDS = 5


@dataclass(frozen=True)
class Report:
    """Who says of whose link that it may be wrong, and why; by their card's act, or as one of the staff."""

    holder_id: UUID
    programme_id: str
    source: Source
    reason: ObjectionReason
    act_id: UUID | None = None
    user_id: int | None = None


def take_objection(act: SignedAct) -> Mapping[str, str | int]:
    """Write an objection down, inside the act's transaction, and begin a correction if a link may be wrong.

    :raises AlreadyObjected: when the holder said so before.
    :raises ObjectionWindowClosed: from the end of the first closing that counts the link.
    """
    facts, reason = report_objection(act), ObjectionReason(act.content["reason"])
    link = find_link(act.holder.id, programme_id=act.programme_id) if reason in ABOUT_THE_LINK else None
    if link is None:
        return facts
    programme = get_programme(act.programme_id, at=act.at)
    check_window(find_objection_end(programme, linked_at=link.linked_at), at=act.at)
    report = Report(act.holder.id, act.programme_id, "objection", reason, act_id=act.id)
    try:
        correction_id = _begin(report, link, at=act.at)
    except AlreadyReported as known:
        return {**facts, "correction": known.correction}
    return {**facts, "correction": str(correction_id)}


@transaction.atomic
def report(receipt: UUID, reason: ObjectionReason, *, source: Source, user_id: int, at: datetime) -> UUID:
    """Begin a correction for whoever shows a receipt of theirs, of whatever act; return its number.

    :raises NamedActUnknown: when no act was done under this number.
    :raises NothingLinked: when the person has no link.
    :raises AlreadyReported: when the link is looked into already.
    """
    written = find_written(receipt)
    act_id = written.facts.get("act") if written else None
    holder_id = find_doer(UUID(str(act_id))) if act_id else None
    if written is None or holder_id is None:
        raise NamedActUnknown
    programme_id = str(written.facts["programme"])
    link = find_link(holder_id, programme_id=programme_id)
    if link is None:
        raise NothingLinked
    return _begin(Report(holder_id, programme_id, source, reason, user_id=user_id), link, at=at)


def _begin(report: Report, link: StandingLink, *, at: datetime) -> UUID:
    """Insert a correction; of two at once, one finds the other's.

    :raises AlreadyReported: when one is open.
    """
    for _ in range(ROUNDS):
        newest = find_newest(report.holder_id, link.application_id)
        if newest is not None and read_course(newest).is_open:
            raise AlreadyReported(correction=str(newest.id))
        try:
            with transaction.atomic():
                return _insert(report, link, number=newest.number + 1 if newest else 1, at=at)
        except IntegrityError as error:
            if constraint_name(error) != "one_correction_per_number":
                raise
    raise RuntimeError("an application's corrections kept changing while one was begun")


def _insert(report: Report, link: StandingLink, *, number: int, at: datetime) -> UUID:
    facts: dict[str, str | int] = {
        "application": str(link.application_id),
        "programme": report.programme_id,
        "service": link.service_id,
        "number": number,
        "source": report.source,
        "reason": report.reason,
        **({"act": str(report.act_id)} if report.act_id else {}),
        **({"user": report.user_id} if report.user_id else {}),
    }
    entry_id = record(kind="correction_reported", facts=facts, at=at)
    Correction.objects.create(
        holder_id=report.holder_id,
        id=entry_id,
        application_id=link.application_id,
        number=number,
        programme=report.programme_id,
        service=link.service_id,
        source=report.source,
        reason=report.reason,
        act_id=report.act_id,
        user_id=report.user_id,
        reported_at=at,
    )
    return entry_id
