"""What can be asked about acts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mynapoint.act.models import AnsweredAct, ProposedAct, UsedAct
from mynapoint.act.rules import SHOWN_FOR, ActUnknown, Kind, Link, check_to_sign, read_statement
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.sql import ask

DONE = "done"

_PROPOSED = """
    SELECT id, secret_hash, kind, programme, statement, attachment::text, expires_at,
        EXISTS (SELECT 1 FROM act_usedact WHERE act_usedact.id = act_proposedact.id)
    FROM act_proposedact WHERE id = %s
"""


@dataclass(frozen=True)
class Proposed:
    """An act as it was proposed, and whether a signature for it was handed in."""

    id: UUID
    secret_hash: bytes
    kind: Kind
    programme_id: str
    statement: bytes
    attachment_text: str
    expires_at: datetime
    is_used: bool

    @property
    def attachment(self) -> Mapping[str, str]:
        """What only the platform needs."""
        attachment: dict[str, str] = json.loads(self.attachment_text)
        return attachment


@dataclass(frozen=True)
class Answer:
    """How an act ended: `done`, or the code of the refusal with its values."""

    code: str
    data: Mapping[str, str | int]
    holder_id: UUID | None
    entry_id: UUID | None
    answered_at: datetime

    @property
    def is_done(self) -> bool:
        """Say whether the act was done."""
        return self.code == DONE


@dataclass(frozen=True)
class ActView:
    """An act as its page shows it to whoever has the link."""

    kind: str
    statement: Mapping[str, Any]
    attachment: Mapping[str, str]
    expires_at: datetime
    is_used: bool
    answer: Answer | None


def find_proposed(link: Link) -> Proposed:
    """Return the act of a link.

    :raises ActUnknown: when there is none, or the secret is not its own.
    """
    proposed = next((Proposed(*row) for row in ask(_PROPOSED, [link.id])), None)
    if proposed is None or not link.opens(proposed.secret_hash):
        raise ActUnknown
    return proposed


def get_statement(link: Link, *, at: datetime) -> bytes:
    """Return the bytes that the card is asked to sign.

    :raises ActUnknown, ActExpired, ActAlreadyUsed: when there is nothing left to sign.
    """
    proposed = find_proposed(link)
    check_to_sign(expires_at=proposed.expires_at, is_used=proposed.is_used, at=at)
    return proposed.statement


def get_view(link: Link, *, at: datetime) -> ActView:
    """Return an act as its page shows it, for half an hour after its end.

    :raises ActUnknown: when there is none, or it is over for longer.
    """
    proposed = find_proposed(link)
    if at >= proposed.expires_at + SHOWN_FOR:
        raise ActUnknown
    return ActView(
        kind=proposed.kind,
        statement=read_statement(proposed.statement),
        attachment=proposed.attachment,
        expires_at=proposed.expires_at,
        is_used=proposed.is_used,
        answer=_find_answer(proposed.id),
    )


def is_done(act_id: UUID) -> bool:
    """Say whether an act was done, however long ago."""
    return AnsweredAct.objects.filter(id=act_id, answer=DONE).exists()


def find_doer(act_id: UUID) -> UUID | None:
    """Return the holder who did an act; None when it is not known or was refused."""
    return AnsweredAct.objects.filter(id=act_id, answer=DONE).values_list("holder_id", flat=True).first()


def list_entry_ids(act_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the journal entries of those acts that were done."""
    done = AnsweredAct.objects.filter(id__in=set(act_ids), answer=DONE, entry_id__isnull=False)
    return {act_id: entry_id for act_id, entry_id in done.values_list("id", "entry_id") if entry_id}


def list_done(holder_id: UUID) -> list[UUID]:
    """Return the journal entries of everything that a holder's cards have signed, the newest first."""
    done = AnsweredAct.objects.filter(holder_id=holder_id, answer=DONE)
    return [
        entry
        for entry in done.order_by("-answered_at", "-entry_id").values_list("entry_id", flat=True)
        if entry is not None
    ]


def _find_answer(act_id: UUID) -> Answer | None:
    row = AnsweredAct.objects.filter(id=act_id).first()
    return Answer(row.answer, row.data, row.holder_id, row.entry_id, row.answered_at) if row else None


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about the acts that a holder's cards have signed, with what was signed."""
    answered = AnsweredAct.objects.filter(holder_id=holder_id).order_by("answered_at", "id")
    ids = [act.id for act in answered]
    proposed = ProposedAct.objects.filter(id__in=ids).order_by("expires_at", "id")
    return copy_rows(proposed, UsedAct.objects.filter(id__in=ids).order_by("used_at", "id"), answered)
