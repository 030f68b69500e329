"""What stands at a case right now: the same for the clerk's screen and for the citizen's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import ActUnknown, Link
from mynapoint.case.queries import CaseView, find_open_case, get_case
from mynapoint.case.rules import CaseName, CaseUnknown, Seat, Turn
from mynapoint.draft.operations import get_act
from mynapoint.draft.queries import DraftView, find_draft_in_case


class Stage(StrEnum):
    """How far a case has come."""

    NO_CARD = "no_card"
    CARD_LEFT = "card_left"
    CHOOSING = "choosing"
    ANSWERING = "answering"
    CHECKING = "checking"
    SIGNING = "signing"
    WAITING = "waiting"
    REFUSED = "refused"
    DONE = "done"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Scene:
    """A case, what is being answered in it, and the newest act that this led to."""

    case: CaseView
    draft: DraftView | None
    link: Link | None
    act: ActView | None
    at: datetime

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if self.case.over:
            return Stage.OVER
        if not self.case.has_card:
            return Stage.CARD_LEFT if self.case.has_left_card else Stage.NO_CARD
        if self.draft is None:
            return Stage.CHOOSING
        return self._stage_of_act() or (Stage.ANSWERING if self.draft.next_step else Stage.CHECKING)

    @property
    def turn(self) -> Turn:
        """The case as its own terminal means it."""
        return Turn(self.case.name, self.case.seat.terminal)

    @property
    def is_warned(self) -> bool:
        """Whether it ends soon unless somebody does something."""
        return self.case.is_warned

    @property
    def mark(self) -> str:
        """A word that is another one whenever the screens have to show something else."""
        step = self.draft.next_step if self.draft else None
        return f"{self.case.name.id} {self.stage} {step or '-'} {self.case.acts_proposed} {self.case.acts_done}"

    @property
    def warned_in(self) -> int:
        """In how many seconds the warning comes, rounded up; at least one."""
        return max(1, int((self.case.warned_at - self.at).total_seconds()) + 1)

    @property
    def ends_in(self) -> int:
        """In how many seconds the case ends unless somebody does something; 0 when it is over."""
        return max(0, int((self.case.idle_at - self.at).total_seconds()))

    @property
    def _is_answered_anew(self) -> bool:
        """Whether the citizen has gone back, and is on the way to another act than the newest one."""
        assert self.act is not None
        assert self.draft is not None
        account = self.draft.answers.account
        meant = self.act.statement["content"].get("account", {}).get("hash")
        return self.draft.next_step is not None or (account is not None and account.hash.hex() != meant)

    def _stage_of_act(self) -> Stage | None:
        if self.act is None:
            return None
        if self.act.answer is not None and self.act.answer.is_done:
            return Stage.DONE
        if self.act.answer is None and self.act.is_used:
            return Stage.WAITING
        if self._is_answered_anew:
            return None
        if self.act.answer is not None:
            return Stage.REFUSED
        return Stage.SIGNING if self.at < self.act.expires_at and self.case.act_id else None


def get_scene(name: CaseName, *, at: datetime) -> Scene:
    """This will give a case's scene.

    :raises CaseUnknown: when there is no such case.
    """
    return _compose(get_case(name, at=at), at=at)


def find_scene(seat: Seat, *, at: datetime) -> Scene | None:
    """This will give the scene of the case that is open at a terminal."""
    case = find_open_case(seat.counter, seat.terminal, at=at)
    return _compose(case, at=at) if case else None


def get_own_scene(seat: Seat, name: CaseName, *, at: datetime) -> Scene:
    """This will give the scene of a case of this very terminal.

    :raises CaseUnknown: when the terminal never had it: other terminals' cases are not its own to see.
    """
    check_own_case(seat, name, at=at)
    return get_scene(name, at=at)


def check_own_case(seat: Seat, name: CaseName, *, at: datetime) -> None:
    """This will check that a terminal has opened a case.

    :raises CaseUnknown: when it never did: other terminals' cases are not its own to see, or to act on.
    """
    if get_case(name, at=at).seat.terminal != seat.terminal:
        raise CaseUnknown


def _compose(case: CaseView, *, at: datetime) -> Scene:
    draft = None if case.over else find_draft_in_case(case.name, at=at)
    link = get_act(draft) if draft else None
    try:
        act = get_view(link, at=at) if link else None
    except ActUnknown:
        act = None
    return Scene(case, draft, link, act, at)
