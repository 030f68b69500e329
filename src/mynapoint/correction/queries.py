"""What can be asked about corrections."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, QuerySet

from mynapoint.application.queries import find_second_choice
from mynapoint.correction.models import Correction, CorrectionLook, CorrectionStep
from mynapoint.correction.rules import Course, Source, State
from mynapoint.correction.standing import endings, get_row, open_rows, read_course
from mynapoint.kernel.look import Look
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.programme.queries import get_programme

SHOWN = 100


@dataclass(frozen=True)
class CorrectionView:
    """A correction as staff and office see it: no hint, no hash, nothing of the person but what was reported."""

    id: UUID
    holder_id: UUID
    """for this and lower rooms only: no page shows it but the holder's own"""
    application_id: UUID
    programme_id: str
    service_id: str
    source: Source
    reason: str
    user_id: int | None
    course: Course
    due_at: datetime | None
    choose_until: datetime | None

    @property
    def state(self) -> State:
        """How far it has come."""
        return self.course.state

    def is_late(self, *, at: datetime) -> bool:
        """Say whether its next step is late."""
        return self.due_at is not None and at >= self.due_at


def get_correction(correction_id: UUID, *, at: datetime) -> CorrectionView:
    """Return a correction.

    :raises CorrectionUnknown: when there is none.
    """
    return _view(get_row(correction_id), at=at)


def list_corrections(holder_id: UUID, *, programme_id: str, at: datetime) -> list[CorrectionView]:
    """Return a holder's corrections in a programme, the newest first."""
    rows = Correction.objects.filter(holder_id=holder_id, programme=programme_id).order_by("-reported_at", "-id")
    return [_view(row, at=at) for row in rows]


def list_open_corrections(*, at: datetime) -> list[CorrectionView]:
    """Return the corrections in which something is still to be done, what is due first coming first."""
    views = [_view(row, at=at) for row in open_rows().order_by("reported_at")[:SHOWN]]
    return sorted(views, key=lambda view: (view.due_at or view.course.reported_at, view.id))


def count_open_corrections() -> int:
    """Return in how many corrections something is still to be done."""
    return open_rows().count()


def list_closed_corrections(*, limit: int, at: datetime) -> list[CorrectionView]:
    """Return the corrections that are over, the newest report first."""
    rows = Correction.objects.filter(Exists(endings())).order_by("-reported_at", "-id")
    return [_view(row, at=at) for row in rows[:limit]]


def list_reported_by(user_ids: Iterable[int], *, at: datetime) -> list[CorrectionView]:
    """Return what these people have reported, the newest first."""
    rows = Correction.objects.filter(user_id__in=set(user_ids)).order_by("-reported_at", "-id")
    return [_view(row, at=at) for row in rows[:SHOWN]]


def _view(row: Correction, *, at: datetime) -> CorrectionView:
    course, rule = read_course(row), get_programme(row.programme, at=at).correction
    undone = course.decision is not None and course.decision.word == "undo"
    choose_until = find_second_choice(row.holder_id, row.application_id) if undone else None
    source: Source = "objection" if row.source == "objection" else "counter" if row.source == "counter" else "office"
    return CorrectionView(
        id=row.id,
        holder_id=row.holder_id,
        application_id=row.application_id,
        programme_id=row.programme,
        service_id=row.service,
        source=source,
        reason=row.reason,
        user_id=row.user_id,
        course=course,
        due_at=choose_until or course.find_due(rule) if course.is_open else None,
        choose_until=choose_until,
    )


def list_looks(holder_id: UUID) -> list[Look]:
    """Return when the office has opened a holder's corrections."""
    return [Look(row.correction_id, row.role, row.looked_at) for row in _looks(holder_id)]


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about a holder's corrections."""
    steps = CorrectionStep.objects.filter(holder_id=holder_id).order_by("correction_id", "index")
    return copy_rows(Correction.objects.filter(holder_id=holder_id), steps, _looks(holder_id))


def _looks(holder_id: UUID) -> QuerySet[CorrectionLook]:
    return CorrectionLook.objects.filter(holder_id=holder_id).order_by("looked_at", "id")
