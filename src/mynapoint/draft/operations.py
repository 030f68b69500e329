"""What can be done with drafts: begin, answer a step, propose the act, forget."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from mynapoint.act.operations import propose
from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import ActUnknown, Link, Proposal
from mynapoint.case.operations import go_on_with_card, pause_case, resume_case
from mynapoint.case.queries import get_case
from mynapoint.case.rules import CaseName, CaseOver, EndReason, Proof, Seat, Slip, Turn
from mynapoint.draft.models import Draft
from mynapoint.draft.queries import DraftView, find_link_in_case, read_answers, view_draft
from mynapoint.draft.rules import (
    Answers,
    DraftChanged,
    DraftDone,
    DraftIncomplete,
    DraftKind,
    DraftLink,
    Step,
    carry_agreement,
    leave_way_back,
)
from mynapoint.kernel.secret_link import SECRET_BYTES
from mynapoint.kernel.sql import change_unless_changed, find, insert, rewrite

FORGOTTEN_AT_ONCE: Final = 1000
KEPT_AFTER_CLOSING: Final = timedelta(days=1)
"""A draft in a case goes with the case. This is for when the job that sees to it has not run."""
WAY_BACK: Final = "way_back"
"""The attachment of an act that was proposed from a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a clerk begins for a citizen: the act, and what is answered already, by them or on a preparation sheet."""

    kind: DraftKind
    programme_id: str
    answers: Answers
    proof: Proof | None = None


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
def begin_in_case(turn: Turn, beginning: Beginning, *, at: datetime) -> DraftView:
    """Begin a way to an act in a case, in the place of an earlier one; return it.

    Who has agreed to the programme's terms for an earlier act of this very case, and so with this card, has agreed.

    :raises CaseUnknown, CaseOver, CaseElsewhere, NoCardInCase: when nothing can begin there.
    """
    link = find_link_in_case(turn.case, at=at)
    if link is None:
        raise CaseOver(reason=_get_reason(turn.case, at=at))
    # Everybody locks the draft before the case.
    earlier = Draft.objects.select_for_update().filter(id=link.id, programme=beginning.programme_id).first()
    row = Draft(
        id=link.id,
        secret_hash=link.hash_secret(),
        kind=beginning.kind,
        programme=beginning.programme_id,
        counter=turn.case.counter,
        begun_at=at,
        expires_at=at,
    )
    _note(row, beginning.answers)
    changed = [field.name for field in Draft._meta.fields if not field.primary_key]
    Draft.objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=changed)
    case = go_on_with_card(turn, proof=beginning.proof, at=at)
    row.expires_at = case.closes_at + KEPT_AFTER_CLOSING
    if earlier is not None and earlier.begun_at >= case.opened_at:  # else a slip has brought it
        _note(row, carry_agreement(read_answers(earlier), beginning.answers, kind=beginning.kind))
    rewrite(row)
    return view_draft(link, row, at=at)


@transaction.atomic
def pause_in_case(turn: Turn, *, expires_at: datetime, at: datetime) -> Slip:
    """Pause a case, and keep for its slip what was answered, but for the account: that is checked anew.

    :raises CaseUnknown, CaseOver, CaseElsewhere, NoCardInCase: when there is nothing to pause.
    """
    row = Draft.objects.select_for_update().filter(id=turn.case.id, counter=turn.case.counter).first()
    if row is not None:
        row.counter, row.expires_at, row.act_id = "", expires_at, None
        _write(row, replace(read_answers(row), account=None))
    return pause_case(turn, expires_at=expires_at, at=at)


@transaction.atomic
def resume_in_case(
    slip: Slip, name: CaseName, seat: Seat, *, user_id: int, closes_at: datetime | None, at: datetime
) -> None:
    """Open a case that continues a paused one, with what was answered in it: the same card alone can go on with it.

    What was answered stays with the slip, too: whoever is stopped, by a wrong card or by time, can use it again.

    :raises SlipUnknown, CounterClosed, CaseElsewhere: when it is not continued.
    """
    case = resume_case(slip, name, seat, user_id=user_id, closes_at=closes_at, at=at)
    kept = Draft.objects.filter(id=slip.id, counter="").first()
    if kept is not None and not Draft.objects.filter(id=case.name.id).exists():
        kept.id, kept.counter, kept.expires_at = case.name.id, case.name.counter, case.closes_at + KEPT_AFTER_CLOSING
        insert(kept)


@transaction.atomic
def forget_in_ended_cases(*, at: datetime) -> int:
    """Delete drafts whose case is over, which nobody could open any more; return how many.

    A case that its slip can continue keeps its draft: `pause_in_case` has taken it out of the case.
    """
    drafts = Draft.objects.exclude(counter="").values_list("counter", "id")
    over = [id_ for counter, id_ in drafts if get_case(CaseName(counter, id_), at=at).over]
    return Draft.objects.filter(id__in=over).delete()[0]


def answer(draft: DraftView, step: Step, *, seen: str | None = None, **given: object) -> DraftView:
    """Take a step's answer to a draft, at the instant that it was opened; return the draft with it.

    What is answered is given as fields of `Answers`.

    Two windows take turns: the later answer counts. `seen` is for a step that only makes sense with the answers that
    its page showed.

    :raises DraftUnknown, DraftExpired, DraftDone: when there is nothing to go on with.
    :raises DraftIncomplete: when a step before it waits for an answer.
    :raises DraftChanged: when the answers are no longer those that were seen.
    """
    answers = _take(draft, step, seen=seen, given=given)
    columns = _name_columns(answers)
    if change_unless_changed(Draft, draft.link.id, columns, seen=draft.version):
        return replace(draft, answers=answers, version=columns["version"])
    # Another window was faster, or the draft was forgotten.
    with transaction.atomic():
        row, draft = _lock(draft.link, at=draft.at)
        answers = _take(draft, step, seen=seen, given=given)
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
    row.act_id, row.version = new.id, uuid7()
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


def _take(draft: DraftView, step: Step, *, seen: str | None, given: Mapping[str, object]) -> Answers:
    if draft.is_done:
        raise DraftDone
    if seen is not None and seen != draft.answers.seen:
        raise DraftChanged
    if not draft.can_answer(step):
        raise DraftIncomplete
    return replace(draft.answers, **given)  # type: ignore[arg-type]


def _lock(link: DraftLink, *, at: datetime) -> tuple[Draft, DraftView]:
    row = find(Draft, link.id, lock=True)
    draft = view_draft(link, row, at=at)
    if draft.is_done:
        raise DraftDone
    assert row is not None
    return row, draft


def _get_reason(name: CaseName, *, at: datetime) -> EndReason:
    over = get_case(name, at=at).over
    assert over is not None, "a case that is not over has a key"
    return over.reason


def _write(row: Draft, answers: Answers) -> None:
    _note(row, answers)
    rewrite(row)


def _note(row: Draft, answers: Answers) -> None:
    for name, value in _name_columns(answers).items():
        setattr(row, name, value)


def _name_columns(answers: Answers) -> dict[str, Any]:
    """Return what a draft's row says of its answers, with another version."""
    account = answers.account
    return {
        "version": uuid7(),
        "who": answers.who or "",
        "service": answers.service or "",
        "prepared_for": answers.prepared_for or "",
        "agreed_for": answers.agreed_for or "",
        "agreed_terms": answers.agreed_terms,
        "agreed_programme": answers.agreed_programme or "",
        "understood_for": answers.understood_for or "",
        "account_service": account.service if account else "",
        "account_hint": account.hint if account else "",
        "account_reference": account.reference if account else "",
        "account_hash": account.hash if account else None,
        "account_checked_at": account.checked_at if account else None,
        "is_own_account": bool(account and account.is_own),
    }


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
