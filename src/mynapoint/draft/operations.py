"""What can be done with drafts: begin, answer a step, propose the act, forget."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from mynapoint.act.operations import propose
from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import ActUnknown, Link, Proposal
from mynapoint.draft.models import Draft
from mynapoint.draft.queries import DraftView, view_draft
from mynapoint.draft.rules import (
    Answers,
    DraftChanged,
    DraftDone,
    DraftIncomplete,
    DraftKind,
    DraftLink,
    Step,
    leave_way_back,
)
from mynapoint.kernel.secret_link import SECRET_BYTES
from mynapoint.kernel.sql import find, insert, rewrite

FORGOTTEN_AT_ONCE: Final = 1000
WAY_BACK: Final = "way_back"
"""The attachment of an act that was proposed from a draft."""


def begin(
    kind: DraftKind, *, programme_id: str, service: str | None = None, lives: timedelta, at: datetime
) -> DraftLink:
    """Begin a way to an act, with a service when one is chosen already; return the link under which it goes on."""
    link = DraftLink(id=uuid7(), secret=secrets.token_bytes(SECRET_BYTES))
    draft = Draft(
        id=link.id,
        secret_hash=link.hash_secret(),
        kind=kind,
        programme=programme_id,
        service=service or "",
        begun_at=at,
        expires_at=at + lives,
    )
    insert(draft)
    return link


@transaction.atomic
def answer(link: DraftLink, step: Step, *, seen: str | None = None, at: datetime, **given: object) -> DraftView:
    """Take a step's answer, given as fields of `Answers`; return the draft with it.

    Two windows take turns: the later answer counts. `seen` is for a step that only makes sense with the answers that
    its page showed.

    :raises DraftUnknown, DraftExpired, DraftDone: when there is nothing to go on with.
    :raises DraftIncomplete: when a step before it waits for an answer.
    :raises DraftChanged: when the answers are no longer those that were seen.
    """
    row, draft = _lock(link, at=at)
    if seen is not None and seen != draft.answers.seen:
        raise DraftChanged
    if not draft.can_answer(step):
        raise DraftIncomplete
    answers = replace(draft.answers, **given)  # type: ignore[arg-type]
    _write(row, answers)
    return replace(draft, answers=answers)


@transaction.atomic
def propose_act(link: DraftLink, proposal: Proposal, *, seen: str, audience: str, at: datetime) -> Link:
    """Propose a draft's act, or return the one that waits for its signature already: a double click makes one.

    :raises DraftUnknown, DraftExpired, DraftDone: when there is nothing to go on with.
    :raises DraftIncomplete: when a step waits for an answer.
    :raises DraftChanged: when the answers are no longer those that the proposal was made from.
    """
    row, draft = _lock(link, at=at)
    if seen != draft.answers.seen:
        raise DraftChanged
    if draft.next_step is not None:
        raise DraftIncomplete
    waiting = _name_act(link, row.act_id) if row.act_id else None
    if waiting and _still_waits(waiting, proposal, at=at):
        return waiting
    new = _name_act(link, uuid7())
    attachment = {**proposal.attachment, WAY_BACK: leave_way_back(link, new)}
    propose(replace(proposal, attachment=attachment), audience=audience, at=at, link=new)
    row.act_id = new.id
    rewrite(row)
    return new


def get_act(draft: DraftView) -> Link | None:
    """Return the link of a draft's newest act."""
    return _name_act(draft.link, draft.act_id) if draft.act_id else None


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Delete drafts whose time is over; return how many."""
    over = Draft.objects.filter(expires_at__lte=at).values_list("id", flat=True)[:FORGOTTEN_AT_ONCE]
    return Draft.objects.filter(id__in=list(over)).delete()[0]


def _lock(link: DraftLink, *, at: datetime) -> tuple[Draft, DraftView]:
    row = find(Draft, link.id, lock=True)
    draft = view_draft(link, row, at=at)
    if draft.is_done:
        raise DraftDone
    assert row is not None
    return row, draft


def _write(row: Draft, answers: Answers) -> None:
    row.who = answers.who or ""
    row.service = answers.service or ""
    row.prepared_for = answers.prepared_for or ""
    row.agreed_for = answers.agreed_for or ""
    row.understood_for = answers.understood_for or ""
    account = answers.account
    row.account_service = account.service if account else ""
    row.account_hint = account.hint if account else ""
    row.account_reference = account.reference if account else ""
    row.account_hash = account.hash if account else None
    row.account_checked_at = account.checked_at if account else None
    row.is_own_account = bool(account and account.is_own)
    rewrite(row)


def _name_act(link: DraftLink, act_id: UUID) -> Link:
    """Return the link of one of a draft's acts: its secret follows from the draft's, and is stored nowhere."""
    return Link(id=act_id, secret=link.derive(b"act" + act_id.bytes))


def _still_waits(link: Link, proposal: Proposal, *, at: datetime) -> bool:
    """Say whether an act can still be signed and is the very one that would be proposed."""
    try:
        view = get_view(link, at=at)
    except ActUnknown:
        return False
    by_representative = view.statement.get("representative", False)
    is_same = (view.statement["content"], by_representative) == (dict(proposal.content), proposal.by_representative)
    return is_same and _is_open(view, at=at) and proposal.attachment.items() <= view.attachment.items()


def _is_open(view: ActView, *, at: datetime) -> bool:
    return not view.is_used and at < view.expires_at
