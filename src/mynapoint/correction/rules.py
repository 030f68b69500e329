"""What a correction is, how far it has come, and the reasons why a step is not taken; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, get_args

from mynapoint.application.rules import LinkStanding, ObjectionReason
from mynapoint.holder.rules import DecisionProposed, DecisionUnknown, NothingProposed, OwnProposal
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import CorrectionRule

Source = Literal["objection", "counter", "office"]
Evidence = Literal["card_seen", "receipt_seen", "account_seen", "service_answer", "counter_record", "person_heard"]
"""What somebody has looked at; never a copy of it."""
Decision = Literal["undo", "keep"]
Answer = Literal["decided", "declined"]

ABOUT_THE_LINK: Final = frozenset({ObjectionReason.APPLICATION, ObjectionReason.ACCOUNT, ObjectionReason.LINK})
"""What a holder can say of which a link may be wrong."""


class StepKind(StrEnum):
    """One thing that is done in a correction."""

    FROZEN = "frozen"
    EVIDENCE = "evidence"
    PROPOSED = "proposed"
    DECLINED = "declined"
    DECIDED = "decided"
    TOLD = "told"
    REMINDED = "reminded"
    RELINKED = "relinked"
    REJECTED = "rejected"


class State(StrEnum):
    """How far a correction has come."""

    REPORTED = "reported"
    FROZEN = "frozen"
    EVIDENCE = "evidence"
    DECIDED = "decided"
    RELINKED = "relinked"
    REJECTED = "rejected"


_REACHES: Final = {
    StepKind.FROZEN: State.FROZEN,
    StepKind.EVIDENCE: State.EVIDENCE,
    StepKind.DECIDED: State.DECIDED,
    StepKind.RELINKED: State.RELINKED,
    StepKind.REJECTED: State.REJECTED,
}
OVER: Final = frozenset({State.RELINKED, State.REJECTED})


@dataclass(frozen=True)
class Step:
    """A step as it was taken; `user_id` is None for what the platform itself does."""

    index: int
    kind: StepKind
    word: str
    round: int
    user_id: int | None
    taken_at: datetime


@dataclass(frozen=True)
class Course:
    """Everything that has happened in a correction, first one first."""

    number: int
    reported_at: datetime
    steps: tuple[Step, ...]

    @property
    def state(self) -> State:
        """How far it has come."""
        return self._reached()[0]

    @property
    def since(self) -> datetime:
        """Since when it stands there."""
        return self._reached()[1]

    @property
    def is_open(self) -> bool:
        """Say whether something is still to be done."""
        return self.state not in OVER

    @property
    def proposal(self) -> Step | None:
        """The proposal that waits for a second person."""
        last = next((step for step in reversed(self.steps) if step.kind in _OF_A_DECISION), None)
        return last if last and last.kind is StepKind.PROPOSED else None

    @property
    def decision(self) -> Step | None:
        """What two people decided."""
        return next((step for step in self.steps if step.kind is StepKind.DECIDED), None)

    @property
    def next_round(self) -> int:
        """The number of the next proposal."""
        return 1 + sum(step.kind is StepKind.PROPOSED for step in self.steps)

    @property
    def told(self) -> frozenset[str]:
        """What the service has confirmed to do with the link."""
        return frozenset(step.word for step in self.steps if step.kind is StepKind.TOLD)

    def list_orders(self) -> list[tuple[int, LinkStanding]]:
        """Return what the service is to do with the link, in order: orders about one link are numbered through."""
        orders: list[tuple[int, LinkStanding]] = []
        if any(step.kind is StepKind.FROZEN for step in self.steps):
            orders.append((2 * self.number - 1, "held"))
        if self.decision:
            orders.append((2 * self.number, "stopped" if self.decision.word == "undo" else "resumed"))
        return orders

    def find_due(self, rule: CorrectionRule) -> datetime | None:
        """Return when the next step is due; None when it is over."""
        if not self.is_open:
            return None
        return self.since + timedelta(days=_days_for(self.state, self.decision, rule))

    def _reached(self) -> tuple[State, datetime]:
        """Return the state with its instant: a further piece of evidence does not give more time."""
        state, since = State.REPORTED, self.reported_at
        for step in self.steps:
            reached = _REACHES.get(step.kind, state)
            if reached is not state:
                state, since = reached, step.taken_at
        return state, since


_OF_A_DECISION: Final = frozenset({StepKind.PROPOSED, StepKind.DECLINED, StepKind.DECIDED})


class UnableToCorrect(Refusal):
    """Why a step of a correction is not taken."""


class CorrectionUnknown(UnableToCorrect):
    """There is no such correction."""

    code = "correction_unknown"


class NothingLinked(UnableToCorrect):
    """The person has no link in this programme that could be wrong."""

    code = "nothing_linked"


@dataclass(eq=False)
class AlreadyReported(UnableToCorrect):
    """The link is being looked into already, under this number."""

    code = "already_reported"
    correction: str


@dataclass(eq=False)
class StepNotDue(UnableToCorrect):
    """The correction is not where this step is taken, also when somebody else was as fast."""

    code = "step_not_due"
    state: str


class EvidenceUnknown(UnableToCorrect):
    """Evidence is one of the listed kinds."""

    code = "evidence_unknown"


@dataclass(eq=False)
class ObjectionWindowClosed(UnableToCorrect):
    """The closing that counts the link has ended: from then on, the office and the counters take the report."""

    code = "objection_window_closed"
    closed_at: datetime


def check_window(closes_at: datetime | None, *, at: datetime) -> None:
    """Check that a link can still be objected to by card; None is for a link that no closing counts.

    :raises ObjectionWindowClosed: from the end of the first closing that counts it.
    """
    if closes_at is not None and at >= closes_at:
        raise ObjectionWindowClosed(closed_at=closes_at)


def check_freezable(course: Course) -> None:
    """Check that a correction is only reported yet.

    :raises StepNotDue: when it is not.
    """
    _check_state(course, State.REPORTED)


def check_evidence(course: Course, kind: str) -> None:
    """Check that evidence can be added: the link is held, and nobody's proposal waits for an answer.

    :raises EvidenceUnknown, StepNotDue: when it cannot.
    """
    if kind not in get_args(Evidence):
        raise EvidenceUnknown
    _check_state(course, State.FROZEN, State.EVIDENCE)
    if course.proposal:
        raise DecisionProposed


def check_proposal(course: Course, decision: str) -> None:
    """Check that a decision can be proposed: there is evidence, and no other proposal.

    :raises DecisionUnknown, DecisionProposed, StepNotDue: when it cannot.
    """
    if decision not in get_args(Decision):
        raise DecisionUnknown
    _check_state(course, State.EVIDENCE)
    if course.proposal:
        raise DecisionProposed


def get_answerable(course: Course, *, round_number: int, user_id: int) -> Step:
    """Return the proposal that this person can answer as the second of two.

    :raises StepNotDue, NothingProposed, OwnProposal: when they cannot.
    """
    _check_state(course, State.EVIDENCE)
    proposal = course.proposal
    if proposal is None or proposal.round != round_number:
        raise NothingProposed
    if proposal.user_id == user_id:
        raise OwnProposal
    return proposal


def find_ending(course: Course, *, is_linked_anew: bool) -> StepKind | None:
    """Return with what a decided correction ends now: once the service has done it, and the person has a new link."""
    if course.state is not State.DECIDED:
        return None
    if "resumed" in course.told:
        return StepKind.REJECTED
    return StepKind.RELINKED if "stopped" in course.told and is_linked_anew else None


def is_reminder_due(course: Course, rule: CorrectionRule, *, at: datetime) -> bool:
    """Say whether the next step is late, and nobody was reminded of it yet."""
    due = course.find_due(rule)
    reminded = (step.word for step in course.steps if step.kind is StepKind.REMINDED)
    return due is not None and at >= due and course.state not in reminded


def _check_state(course: Course, *states: State) -> None:
    if course.state not in states:
        raise StepNotDue(state=course.state)


def _days_for(state: State, decision: Step | None, rule: CorrectionRule) -> int:
    if state is State.REPORTED:
        return rule.freeze_within_days
    if state in {State.FROZEN, State.EVIDENCE}:
        return rule.decide_within_days
    return rule.apply_within_days if decision and decision.word == "undo" else rule.freeze_within_days
