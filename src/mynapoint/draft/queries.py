"""What can be asked about drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from mynapoint.act.queries import is_done
from mynapoint.case.queries import find_secret
from mynapoint.case.rules import CaseName
from mynapoint.draft.models import Draft
from mynapoint.draft.rules import (
    Answers,
    CheckedAnswer,
    DraftKind,
    DraftLink,
    DraftUnknown,
    Step,
    Who,
    can_answer,
    check_in_time,
    find_next,
)
from mynapoint.kernel.sql import find

_IN_CASE: Final = b"draft"


@dataclass(frozen=True)
class DraftView:
    """A draft as its pages show it, at one instant."""

    link: DraftLink
    version: UUID
    kind: DraftKind
    programme_id: str
    answers: Answers
    act_id: UUID | None
    is_done: bool
    expires_at: datetime
    at: datetime

    @property
    def next_step(self) -> Step | None:
        """The step that waits for an answer."""
        return find_next(self.answers, kind=self.kind, at=self.at)

    def can_answer(self, step: Step) -> bool:
        """Say whether a step can be answered, or answered anew."""
        return can_answer(step, self.answers, kind=self.kind, at=self.at)


def get_draft(link: DraftLink, *, at: datetime) -> DraftView:
    """Return a draft.

    :raises DraftUnknown, DraftExpired: when there is none to go on with.
    """
    return view_draft(link, find(Draft, link.id), at=at)


def find_draft_in_case(name: CaseName, *, at: datetime) -> DraftView | None:
    """Return what is under way in a case; None when nothing is, or the case is over."""
    link = find_link_in_case(name, at=at)
    row = Draft.objects.filter(id=name.id, counter=name.counter).first()
    return view_draft(link, row, at=at) if link and row and at < row.expires_at else None


def find_link_in_case(name: CaseName, *, at: datetime) -> DraftLink | None:
    """Return the link of a case's draft, whose secret follows from the case's key: with the key it is gone."""
    secret = find_secret(name, _IN_CASE, at=at)
    return DraftLink(id=name.id, secret=secret) if secret else None


def view_draft(link: DraftLink, row: Draft | None, *, at: datetime) -> DraftView:
    """Return a draft's row as its link's owner sees it.

    :raises DraftUnknown, DraftExpired: when it is not this link's, or over.
    """
    if row is None or not link.opens(bytes(row.secret_hash)):
        raise DraftUnknown
    check_in_time(expires_at=row.expires_at, at=at)
    return DraftView(
        link=link,
        version=row.version,
        kind=cast(DraftKind, row.kind),
        programme_id=row.programme,
        answers=read_answers(row),
        act_id=row.act_id,
        is_done=row.act_id is not None and is_done(row.act_id),
        expires_at=row.expires_at,
        at=at,
    )


def read_answers(row: Draft) -> Answers:
    """Return what a draft's row has been answered."""
    return Answers(
        who=cast(Who, row.who) if row.who else None,
        service=row.service or None,
        prepared_for=row.prepared_for or None,
        agreed_for=row.agreed_for or None,
        agreed_terms=row.agreed_terms,
        agreed_programme=row.agreed_programme or None,
        understood_for=row.understood_for or None,
        account=_read_account(row),
    )


def _read_account(row: Draft) -> CheckedAnswer | None:
    if row.account_hash is None or row.account_checked_at is None:
        return None
    return CheckedAnswer(
        service=row.account_service,
        hint=row.account_hint,
        reference=row.account_reference,
        hash=bytes(row.account_hash),
        checked_at=row.account_checked_at,
        is_own=row.is_own_account,
    )
