"""What can be done about a correction: each step by people, and what follows from it at the service and by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app as jobs
from uuid_utils.compat import uuid7

from mynapoint.application.operations import undo
from mynapoint.application.queries import get_link_order
from mynapoint.application.rules import LinkStanding, LinkStandingOrder, StandingDoor
from mynapoint.correction.models import Correction, CorrectionLook, CorrectionStep
from mynapoint.correction.queries import CorrectionView, get_correction
from mynapoint.correction.reporting import report, take_objection
from mynapoint.correction.rules import (
    Answer,
    Course,
    StepKind,
    check_evidence,
    check_freezable,
    check_proposal,
    find_ending,
    get_answerable,
    is_reminder_due,
)
from mynapoint.correction.standing import get_row, has_link_anew, open_rows, read_course
from mynapoint.directory.queries import get_service
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.sql import insert
from mynapoint.programme.queries import get_programme

__all__ = ["add_evidence", "answer", "follow", "freeze", "propose", "report", "take_objection", "tell_service"]

TELL_TASK: Final = "tell_correction"
TELL_QUEUE: Final = "links"
ROUNDS: Final = 8
_LOST_RACES: Final = frozenset(
    {"one_correction_step_at_a_time", "two_people_decide", "each_turn_once", "told_and_reminded_once"}
)


@dataclass(frozen=True)
class NewStep:
    """A step that is about to be taken."""

    kind: StepKind
    word: str = ""
    round: int = 0
    user_id: int | None = None


def freeze(correction_id: UUID, *, user_id: int, at: datetime) -> CorrectionView:
    """Have the service hold the link while it is looked into.

    :raises CorrectionUnknown, StepNotDue: when it cannot be held.
    """

    def decide(course: Course) -> NewStep:
        check_freezable(course)
        return NewStep(StepKind.FROZEN, user_id=user_id)

    return _take(correction_id, decide, at=at)


def add_evidence(correction_id: UUID, kind: str, *, user_id: int, at: datetime) -> CorrectionView:
    """Write down what kind of evidence somebody has looked at.

    :raises CorrectionUnknown, EvidenceUnknown, StepNotDue, DecisionProposed: when it cannot be added.
    """

    def decide(course: Course) -> NewStep:
        check_evidence(course, kind)
        return NewStep(StepKind.EVIDENCE, word=kind, user_id=user_id)

    return _take(correction_id, decide, at=at)


def propose(correction_id: UUID, decision: str, *, user_id: int, at: datetime) -> CorrectionView:
    """Propose, as the first of two people, to undo the application or to keep it.

    :raises CorrectionUnknown, DecisionUnknown, StepNotDue, DecisionProposed: when it cannot be proposed.
    """

    def decide(course: Course) -> NewStep:
        check_proposal(course, decision)
        return NewStep(StepKind.PROPOSED, word=decision, round=course.next_round, user_id=user_id)

    return _take(correction_id, decide, at=at)


def answer(correction_id: UUID, said: Answer, *, round_number: int, user_id: int, at: datetime) -> CorrectionView:
    """Confirm or decline the proposal of a round, as the second of two people; a confirmed one is carried out.

    :raises CorrectionUnknown, StepNotDue, NothingProposed, OwnProposal: when this person cannot answer it.
    """

    def decide(course: Course) -> NewStep:
        proposal = get_answerable(course, round_number=round_number, user_id=user_id)
        return NewStep(StepKind(said), word=proposal.word, round=proposal.round, user_id=user_id)

    return _take(correction_id, decide, at=at)


def tell_service(correction_id: UUID, *, door: StandingDoor, at: datetime) -> None:
    """Tell the service, in order, what it has not confirmed yet, however often this is run; end what is ended by it.

    :raises ServiceUnreachable: when there is no answer to rely on; run it again later.
    """
    row = get_row(correction_id)
    link, service = get_link_order(row.holder_id, row.application_id), get_service(row.service, at=at)
    course = read_course(row)
    for number, standing in course.list_orders():
        if standing not in course.told:
            door.stand(service, LinkStandingOrder(row.programme, link.link_token, number, standing), at=at)
            _note_told(row, standing, at=at)
    _end(row, at=at)


def follow(*, at: datetime) -> int:
    """End what has come to its end, remind once of each step that is late, and return of how many."""
    rows = [row for row in open_rows() if not _end(row, at=at)]
    return sum(_remind(row, at=at) for row in rows)


def _note_told(row: Correction, standing: LinkStanding, *, at: datetime) -> bool:
    def decide(course: Course) -> NewStep | None:
        return None if standing in course.told else NewStep(StepKind.TOLD, word=standing)

    return _step_if(row, decide, at=at)


def _end(row: Correction, *, at: datetime) -> bool:
    def decide(course: Course) -> NewStep | None:
        ending = find_ending(course, is_linked_anew=has_link_anew(row))
        return NewStep(ending) if ending else None

    return _step_if(row, decide, at=at)


def _remind(row: Correction, *, at: datetime) -> bool:
    rule = get_programme(row.programme, at=at).correction

    def decide(course: Course) -> NewStep | None:
        late = is_reminder_due(course, rule, at=at)
        return NewStep(StepKind.REMINDED, word=course.state) if late else None

    return _step_if(row, decide, at=at)


@transaction.atomic
def _take(correction_id: UUID, decide: Callable[[Course], NewStep], *, at: datetime) -> CorrectionView:
    """Take a person's step, and what follows from it, in one transaction; after a lost race, decide again."""
    _step_if(get_row(correction_id), decide, at=at)
    return get_correction(correction_id, at=at)


def _step_if(row: Correction, decide: Callable[[Course], NewStep | None], *, at: datetime) -> bool:
    """Take the step that is decided on what has happened so far, if any; return whether one was taken."""
    for _ in range(ROUNDS):
        course = read_course(row)
        step = decide(course)
        if step is None:
            return False
        try:
            with transaction.atomic():
                _insert(row, step, index=len(course.steps) + 1, at=at)
                _carry_out(row, step, at=at)
        except IntegrityError as error:
            if constraint_name(error) not in _LOST_RACES:
                raise
        else:
            return True
    raise RuntimeError("a correction kept changing while a step was taken")


def _insert(row: Correction, step: NewStep, *, index: int, at: datetime) -> None:
    facts: dict[str, str | int] = {
        "correction": str(row.id),
        "index": index,
        "round": step.round,
        **({"word": step.word} if step.word else {}),
        **({"user": step.user_id} if step.user_id else {}),
    }
    CorrectionStep.objects.create(
        holder_id=row.holder_id,
        correction_id=row.id,
        index=index,
        kind=step.kind,
        word=step.word,
        round=step.round,
        user_id=step.user_id,
        entry_id=record(kind=f"correction_{step.kind}", facts=facts, at=at),
        taken_at=at,
    )


def _carry_out(row: Correction, step: NewStep, *, at: datetime) -> None:
    """Do what follows from a step: undo the application, and order that the service is told."""
    if step.kind not in {StepKind.FROZEN, StepKind.DECIDED}:
        return
    if step.word == "undo":
        days = get_programme(row.programme, at=at).correction.apply_within_days
        undo(row.holder_id, row.application_id, choose_until=at + timedelta(days=days), at=at)
    jobs.configure_task(TELL_TASK, queue=TELL_QUEUE).defer(correction_id=str(row.id))


def note_look(correction_id: UUID, *, role: str, user_id: int, at: datetime) -> None:
    """Write down that one of the office has opened a correction's page, in which role.

    :raises CorrectionUnknown: when there is none of this number.
    """
    row = get_row(correction_id)
    insert(
        CorrectionLook(
            holder_id=row.holder_id, correction_id=row.id, id=uuid7(), role=role, user_id=user_id, looked_at=at
        )
    )
