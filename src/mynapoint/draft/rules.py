"""What has been answered, which step comes next, and what may still be changed; pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from mynapoint.act.rules import Link
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SecretLink, mask
from paymentservice.encoding import NotBase64Url

DraftKind = Literal["reservation", "application"]
Who = Literal["myself", "representative"]

ACCOUNT_GOOD_FOR: Final = timedelta(minutes=30)
"""How long a service's answer about an account is built on: services keep it for `REFERENCE_DAYS`."""
ANY_SERVICE: Final = "-"
"""What a reservation's agreement is for: no service yet."""


class Step(StrEnum):
    """One page of a way, with one question."""

    WHO = "who"
    SERVICE = "service"
    PREPARATION = "preparation"
    TERMS = "terms"
    ACCOUNT = "account"
    HINT = "hint"
    CONSEQUENCE = "consequence"


STEPS: Final[Mapping[DraftKind, tuple[Step, ...]]] = {
    "reservation": (Step.WHO, Step.TERMS),
    "application": tuple(Step),
}


class DraftLink(SecretLink):
    """The unguessable name of a draft: who has it can go on with it."""

    @classmethod
    def parse(cls, token: str) -> "DraftLink":
        """Read a link's last part.

        :raises DraftUnknown: when it cannot be the name of a draft.
        """
        try:
            return cls.read(token)
        except NotBase64Url:
            raise DraftUnknown from None


@dataclass(frozen=True)
class CheckedAnswer:
    """An account that its service confirmed, and whether the citizen has recognised it by its hint."""

    service: str
    hint: str
    reference: str
    hash: bytes
    checked_at: datetime
    is_own: bool = False

    def is_good(self, *, at: datetime) -> bool:
        """Say whether the service still knows its answer."""
        return at < self.checked_at + ACCOUNT_GOOD_FOR


@dataclass(frozen=True)
class Answers:
    """Everything that was answered so far.

    `agreed_terms` is since when the service's terms that were read have been what they are; `agreed_programme`
    names the wording of the programme's own.

    What belongs to a service names it, so that another choice needs no clearing: the old answers no longer count, and
    count again when the citizen goes back to the first.
    """

    who: Who | None = None
    service: str | None = None
    prepared_for: str | None = None
    agreed_for: str | None = None
    agreed_terms: datetime | None = None
    agreed_programme: str | None = None
    understood_for: str | None = None
    account: CheckedAnswer | None = None

    @property
    def seen(self) -> str:
        """A short name of exactly these answers, by which a page says which ones it showed."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:32]


def carry_agreement(earlier: Answers, answers: Answers, *, kind: DraftKind) -> Answers:
    """Return the answers of a case's next act, with the agreement to the programme's terms from the one before.

    Another person than the one who agreed, such as a child's representative, is asked anew.
    """
    if earlier.agreed_programme is None or earlier.who != answers.who or answers.agreed_programme is not None:
        return answers
    agreed_for = ANY_SERVICE if kind == "reservation" else answers.agreed_for
    return replace(answers, agreed_programme=earlier.agreed_programme, agreed_for=agreed_for)


class UnableToDraft(Refusal):
    """Why a draft is not gone on with."""


class DraftUnknown(UnableToDraft):
    """No draft has this link, or it was forgotten."""

    code = "draft_unknown"


@dataclass(eq=False)
class DraftExpired(UnableToDraft):
    """The draft's time is over."""

    code = "draft_expired"
    expired_at: datetime


class DraftDone(UnableToDraft):
    """The draft's act was done: nothing of it can be changed."""

    code = "draft_done"


class DraftIncomplete(UnableToDraft):
    """A step before this one is not answered."""

    code = "draft_incomplete"


class DraftChanged(UnableToDraft):
    """The answers are others than those that this page showed: a second window changed them."""

    code = "draft_changed"


def is_answered(step: Step, answers: Answers, *, kind: DraftKind, at: datetime) -> bool:
    """Say whether a step's answer counts."""
    service = answers.service if kind == "application" else ANY_SERVICE
    account = answers.account
    return {
        Step.WHO: answers.who is not None,
        Step.SERVICE: service is not None,
        Step.PREPARATION: answers.prepared_for == service,
        Step.TERMS: answers.agreed_for == service,
        Step.ACCOUNT: account is not None and account.service == service and account.is_good(at=at),
        Step.HINT: account is not None and account.is_own,
        Step.CONSEQUENCE: answers.understood_for == service,
    }[step]


def find_next(answers: Answers, *, kind: DraftKind, at: datetime) -> Step | None:
    """Return the first step that waits for an answer; None when all is answered and can be signed."""
    return next((step for step in STEPS[kind] if not is_answered(step, answers, kind=kind, at=at)), None)


def can_answer(step: Step, answers: Answers, *, kind: DraftKind, at: datetime) -> bool:
    """Say whether a step may be answered, or answered anew: when every step before it is."""
    steps = STEPS[kind]
    return step in steps and all(
        is_answered(before, answers, kind=kind, at=at) for before in steps[: steps.index(step)]
    )


def check_in_time(*, expires_at: datetime, at: datetime) -> None:
    """Check that a draft's time is not over.

    :raises DraftExpired: with the instant at which it was.
    """
    if at >= expires_at:
        raise DraftExpired(expired_at=expires_at)


_WAY_BACK: Final = b"way back to the draft"


def leave_way_back(draft: DraftLink, act: Link) -> str:
    """Write down how to find the draft again for who has the act's link; of no use to anybody else (hexadecimal)."""
    return (draft.id.bytes + mask(draft.secret, act.derive(_WAY_BACK))).hex()


def find_way_back(way_back: str, act: Link) -> DraftLink:
    """Return the draft that an act was proposed from."""
    raw = bytes.fromhex(way_back)
    return DraftLink(id=UUID(bytes=raw[:16]), secret=mask(raw[16:], act.derive(_WAY_BACK)))
