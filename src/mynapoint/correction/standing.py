"""Where a correction stands, as rows: what was reported, and every step since."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mynapoint.application.queries import find_link
from mynapoint.correction.models import Correction, CorrectionStep
from mynapoint.correction.rules import OVER, CorrectionUnknown, Course, Step, StepKind


def find_newest(holder_id: UUID, application_id: UUID) -> Correction | None:
    """Return the newest correction of an application."""
    rows = Correction.objects.filter(holder_id=holder_id, application_id=application_id)
    return rows.order_by("-number").first()


def get_row(correction_id: UUID) -> Correction:
    """Return a correction's row.

    :raises CorrectionUnknown: when there is none.
    """
    row = Correction.objects.filter(id=correction_id).first()
    if row is None:
        raise CorrectionUnknown
    return row


def read_course(row: Correction) -> Course:
    """Return everything that has happened in a correction."""
    steps = CorrectionStep.objects.filter(holder_id=row.holder_id, correction_id=row.id).order_by("index")
    return Course(
        number=row.number,
        reported_at=row.reported_at,
        steps=tuple(
            Step(step.index, StepKind(step.kind), step.word, step.round, step.user_id, step.taken_at) for step in steps
        ),
    )


def open_rows() -> QuerySet[Correction]:
    """Return the rows of the corrections that are not over."""
    return Correction.objects.filter(~Exists(endings()))


def has_link_anew(row: Correction) -> bool:
    """Say whether the holder has a link by another application than the corrected one."""
    link = find_link(row.holder_id, programme_id=row.programme)
    return link is not None and link.application_id != row.application_id


def endings() -> QuerySet[CorrectionStep]:
    """Return the step that ends a correction, of the outer query's row."""
    mine = Q(holder_id=OuterRef("holder_id"), correction_id=OuterRef("id"))
    return CorrectionStep.objects.filter(mine, kind__in=OVER)
