"""After a window's end: a grace ticket that is shown in a case, and as of when things are judged by it."""

from collections.abc import Mapping
from datetime import datetime

from mynapoint.act.rules import Kind, Late
from mynapoint.case.rules import CaseName
from mynapoint.draft.rules import DraftKind
from mynapoint.grace.operations import show
from mynapoint.grace.queries import find_late, find_shown
from mynapoint.grace.rules import read_grace_code
from mynapoint.programme.rules import Programme, Window

FIELD = "grace"


def take_ticket(typed: Mapping[str, str], case: CaseName, programme: Programme, *, at: datetime) -> datetime:
    """This will take the ticket whose code a clerk has typed, and return as of when the act is judged.

    :raises UnableByGrace: when the ticket does not help.
    """
    kind: DraftKind = "reservation" if typed.get("kind") == "reservation" else "application"
    code = typed.get(FIELD, "").strip()
    if not code:
        late = find_late_of(case, programme, kind=kind, at=at)
        return late.stood_at if late else at
    late = find_late(read_grace_code(code), _find_window(programme, kind), kind=kind, counter=case.counter, at=at)
    if late is None:
        return at
    show(case, late, at=at)
    return late.stood_at


def find_late_of(case: CaseName, programme: Programme, *, kind: Kind, at: datetime) -> Late | None:
    """This will give the ticket that was shown in a case, while an act needs one.

    :raises UnableByGrace: when it does not help any more.
    """
    return find_shown(case, _find_window(programme, kind), kind=kind, at=at)


def _find_window(programme: Programme, kind: Kind) -> Window:
    return programme.reservation if kind == "reservation" else programme.application
