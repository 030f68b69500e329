"""What a programme says, and the decisions that follow from its dates."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, model_validator

from mynapoint.kernel.documents import Document, Part, Words
from mynapoint.kernel.kana import write_payer_name
from mynapoint.kernel.period import JST, Period
from mynapoint.kernel.refusal import Refusal

TRAINING_PREFIX: Final = "training-"
TRAINING_WORD: Final = "研修"
"""stands in the title of a training's programme, so that the card program shows it with what is signed"""


class Window(Part):
    """A half-open window of a programme; `until` is its first instant outside."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime

    @model_validator(mode="after")
    def check_order(self) -> "Window":
        """Refuse a window that ends before it starts."""
        _ = self.period
        return self

    @property
    def period(self) -> Period:
        """The window as a half-open period."""
        return Period(self.from_, self.until)


class Grant(Part):
    """付与: the share of the running total that services grant, and its ceiling in points per person."""

    rate_percent: Annotated[int, Field(ge=1, le=100)]
    cap: Annotated[int, Field(ge=1, le=1_000_000)]


class CertificateRule(Part):
    """How long after a certificate's renewal the card can be used for this programme."""

    renewal_wait_hours: Annotated[int, Field(ge=0, le=24 * 31)]


class CardWait(Part):
    """How long a card takes from its request to its pick-up, and how much longer it may take in a rush."""

    months: Annotated[int, Field(ge=0, le=24)] = 2
    rush_days: Annotated[int, Field(ge=0, le=366)] = 30


class Grace(Part):
    """猶予: who stood in line from an instant on, before a window's end, may finish for some days after it."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    days: Annotated[int, Field(ge=1, le=60)]


class ClosingPeriod(Part):
    """締め期間: everything granted before `ends_at` belongs to this closing or to an earlier one."""

    id: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    ends_at: AwareDatetime


class Audit(Part):
    """How many rows of a closing are drawn, and within how many days of the draw the service opens them."""

    rows: Annotated[int, Field(ge=1, le=1000)]
    open_within_days: Annotated[int, Field(ge=1, le=90)] = 7


class ObjectionRule(Part):
    """For how many days at least a link can be objected to before a closing counts it."""

    days: Annotated[int, Field(ge=0, le=90)] = 0


class CorrectionRule(Part):
    """Within how many days each step of a correction is due: hold the link, decide, apply again after an undoing."""

    freeze_within_days: Annotated[int, Field(ge=1, le=30)] = 1
    decide_within_days: Annotated[int, Field(ge=1, le=366)] = 14
    apply_within_days: Annotated[int, Field(ge=1, le=366)] = 60


class Payer(Part):
    """振込依頼人: who pays the services, as the bank-transfer file names it."""

    consignor_code: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    name_kana: Annotated[str, Field(min_length=1, max_length=40)]
    bank_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    branch_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    account_kind: Literal["ordinary", "current"] = "ordinary"
    account_number: Annotated[str, Field(pattern=r"^[0-9]{7}$")]


class Programme(Document):
    """One programme as it counts from one instant on."""

    title: Words
    reservation: Window
    application: Window
    earning: Window
    grant: Grant
    certificate: CertificateRule
    card: CardWait = CardWait()
    grace: Grace | None = None
    places: Annotated[int, Field(ge=1)]
    audit: Audit
    objection: ObjectionRule = ObjectionRule()
    correction: CorrectionRule = CorrectionRule()
    payer: Payer
    closing: Annotated[tuple[ClosingPeriod, ...], Field(min_length=1)]

    @property
    def is_training(self) -> bool:
        """Say whether nothing of it is real."""
        return self.id.startswith(TRAINING_PREFIX)

    @model_validator(mode="after")
    def check_closings(self) -> "Programme":
        """Refuse closing periods that are out of order or share a name."""
        ends = [period.ends_at for period in self.closing]
        if ends != sorted(set(ends)) or len({period.id for period in self.closing}) != len(ends):
            raise ValueError("closing periods must be in order, each with a name of its own")
        return self


@dataclass(eq=False)
class ProgrammeUnknown(Refusal):
    """No programme of this name counts at this time."""

    code = "programme_unknown"


@dataclass(eq=False)
class ProgrammeOfAnotherMode(Refusal):
    """A training's programme where none is trained, or a real one at a training."""

    code = "programme_of_another_mode"
    programme: str

    def __str__(self) -> str:
        return (
            f"{self.programme}: a programme is a training's when its id begins with {TRAINING_PREFIX} and its title "
            f"has {TRAINING_WORD}; a training takes no other, and nothing else takes one"
        )


@dataclass(eq=False)
class PeriodUnknown(Refusal):
    """The programme has no closing period of this name."""

    code = "period_unknown"


@dataclass(eq=False)
class WindowNotOpen(Refusal):
    """The reservation or application window has not opened yet."""

    code = "window_not_open"
    open_from: datetime


@dataclass(eq=False)
class WindowClosed(Refusal):
    """The reservation or application window has closed."""

    code = "window_closed"
    closed_at: datetime


@dataclass(eq=False)
class WithinRenewalWait(Refusal):
    """The certificate was renewed so recently that the card cannot be used for this programme yet."""

    code = "within_renewal_wait"
    open_from: datetime


@dataclass(eq=False)
class NoPlacesLeft(Refusal):
    """All places of the programme are taken."""

    code = "no_places_left"


def check_mode(programme: Programme, *, is_training: bool) -> None:
    """Check that a programme may be had where staff are trained, or where they are not.

    :raises ProgrammeOfAnotherMode: when it may not.
    """
    is_named = TRAINING_WORD in programme.title.ja
    if programme.is_training is not is_training or (is_training and not is_named):
        raise ProgrammeOfAnotherMode(programme=programme.id)


def check_payer(programme: Programme) -> None:
    """Check that a transfer file can carry the payer's name; an older text is read without being asked again.

    :raises KanaNotAllowed, KanaTooLong: naming the field.
    """
    write_payer_name(programme.payer.name_kana, field="payer.name_kana")


def check_open(window: Window, *, at: datetime) -> None:
    """Check that a window is open.

    :raises WindowNotOpen, WindowClosed: with the instant that decides.
    """
    if at < window.from_:
        raise WindowNotOpen(open_from=window.from_)
    if at >= window.until:
        raise WindowClosed(closed_at=window.until)


def check_renewal_wait(programme: Programme, *, renewed_at: datetime | None, at: datetime) -> None:
    """Check that enough time has passed since the certificate's renewal; None is a first issue, which never waits.

    :raises WithinRenewalWait: with the first instant at which the card can be used again.
    """
    if renewed_at is None:
        return
    open_from = renewed_at + timedelta(hours=programme.certificate.renewal_wait_hours)
    if at < open_from:
        raise WithinRenewalWait(open_from=open_from)


def sum_for_cap(grant: Grant) -> int:
    """Return the smallest running total, in yen, for which services grant all that a person can get."""
    return -(-grant.cap * 100 // grant.rate_percent)


CardVerdict = Literal["in_time", "tight", "late"]


@dataclass(frozen=True)
class CardPlan:
    """When a card would come, and whether that is in time to apply."""

    asked: date
    ready: date
    """the day on which it is about to be picked up"""
    last_day: date
    """the last day on which one can apply"""
    ask_by: date
    """the last day of a request whose card comes in time, when nothing delays it"""
    verdict: CardVerdict
    """`tight`: in time only when the rush before the end does not delay it"""


def plan_card(programme: Programme, *, asked: date) -> CardPlan:
    """Plan for a card that is asked for on a day in Japan."""
    last_day = (programme.application.until - timedelta.resolution).astimezone(JST).date()
    wait = programme.card
    ready = _add_months(asked, wait.months)
    verdict: CardVerdict = "in_time"
    if ready > last_day:
        verdict = "late"
    elif ready + timedelta(days=wait.rush_days) > last_day:
        verdict = "tight"
    ask_by = _add_months(last_day, -wait.months)
    return CardPlan(asked=asked, ready=ready, last_day=last_day, ask_by=ask_by, verdict=verdict)


def _add_months(day: date, months: int) -> date:
    """Return the same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def get_closing_period(programme: Programme, period_id: str) -> ClosingPeriod:
    """Return a closing period by its name.

    :raises PeriodUnknown: when the programme has none of this name.
    """
    for period in programme.closing:
        if period.id == period_id:
            return period
    raise PeriodUnknown


def get_links_until(programme: Programme, period_id: str) -> datetime:
    """Return the instant before which a link was made if a period counts it; the last period counts every link.

    :raises PeriodUnknown: when the programme has none of this name.
    """
    period = get_closing_period(programme, period_id)
    if period == programme.closing[-1]:
        return period.ends_at
    return period.ends_at - timedelta(days=programme.objection.days)


def find_objection_end(programme: Programme, *, linked_at: datetime) -> datetime | None:
    """Return the first instant at which a link is no longer objected to by card: the end of the first closing with it.

    None is for a link that no closing counts.
    """
    counting = (each for each in programme.closing if linked_at < get_links_until(programme, each.id))
    first = next(counting, None)
    return first.ends_at if first else None


def places_in_shard(places: int, *, shard: int, shards: int) -> int:
    """Return how many of a programme's places one shard counts, so that all shards together count them all."""
    return places // shards + (1 if shard < places % shards else 0)
