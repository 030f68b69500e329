"""What cases add up to, which small numbers are hidden, and what stands out among them; pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal, get_args

from mynapoint.case.rules import Colour, EndReason, colour_of
from mynapoint.kernel.period import JST

SMALLEST_SHOWN: Final = 5
"""A report shows no number below this but zero: a day's single visitor is somebody."""
SOON: Final = timedelta(minutes=10)
"""A case that begins so soon after another at the same terminal may have gone on with what that one left."""
LOOKS: Final = 3
"""So many cards that were read and for nothing, and more than half of somebody's day, stand out."""

BROKEN_OFF: Final = frozenset[EndReason | None](
    {"card_removed", "second_card", "another_case", "idle", "contact_lost", "counter_closed"}
)
"""Ends that nobody at the terminal meant as one; the card's removal is one after an act was done."""

Outcome = Literal["finished", "paused", "sent_home", "broken_off", "unused", "open"]
"""What became of a case, each exactly one: an act was done; paused on a slip; sent home for what is missing; broken off
in the middle; ended without any act; still going on."""
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

AlertKind = Literal["linked_after_break", "same_account", "outside_hours", "looked_only"]


@dataclass(frozen=True)
class Deed:
    """An act that was done in a case, by the journal: its kind, and keyed hashes of person and account."""

    kind: str
    holder: str = field(repr=False)
    account: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Extended:
    """The supervisor's word that a counter stayed open: why, and whose."""

    reason: str
    user_id: int


@dataclass(frozen=True)
class Visit:
    """A case as one looks back at it.

    `is_outside`: it began outside the calendar's hours. `is_sent_home`: what was missing was written down.
    """

    counter: str
    number: int
    terminal: str
    terminal_name: str
    user_id: int
    opened_at: datetime
    ended_at: datetime | None
    reason: EndReason | None
    has_card: bool
    acts_proposed: int
    deeds: tuple[Deed, ...] = ()
    is_outside: bool = False
    extended: Extended | None = None
    is_sent_home: bool = False

    @property
    def colour(self) -> Colour:
        """The case's colour."""
        return colour_of(self.number)

    @property
    def outcome(self) -> Outcome:
        """What became of it: the first that is so."""
        if self.deeds:
            return "finished"
        if self.ended_at is None:
            return "open"
        if self.reason == "paused":
            return "paused"
        if self.is_sent_home:
            return "sent_home"
        return "broken_off" if self.acts_proposed and self.reason in BROKEN_OFF else "unused"

    @property
    def is_look(self) -> bool:
        """Say whether a card was put down and nothing was begun with it, nor a reason given."""
        return self.has_card and self.outcome == "unused" and not self.acts_proposed

    def has_done(self, kind: str) -> bool:
        """Say whether an act of this kind was done in it."""
        return any(deed.kind == kind for deed in self.deeds)


@dataclass(frozen=True)
class Alert:
    """Something that a supervisor should look at: the cases it is about, and its numbers; the edge says it in words."""

    kind: AlertKind
    visits: tuple[Visit, ...]
    minutes: int = 0
    of: int = 0


@dataclass(frozen=True)
class Tally:
    """What cases add up to: the outcomes to the cases. `minutes` is the mean length of those that are over, if any."""

    cases: int
    outcomes: Mapping[Outcome, int]
    reservations: int
    applications: int
    others: int
    minutes: int | None


def tally(visits: Sequence[Visit]) -> Tally:
    """Add cases up."""
    kinds = Counter(deed.kind for visit in visits for deed in visit.deeds)
    became = Counter(visit.outcome for visit in visits)
    lengths = [visit.ended_at - visit.opened_at for visit in visits if visit.ended_at]
    mean = sum(lengths, timedelta()) / len(lengths) if lengths else None
    return Tally(
        cases=len(visits),
        outcomes={outcome: became[outcome] for outcome in OUTCOMES},
        reservations=kinds["reservation"],
        applications=kinds["application"],
        others=kinds.total() - kinds["reservation"] - kinds["application"],
        minutes=round(mean / timedelta(minutes=1)) if mean is not None else None,
    )


def count_by_hour(visits: Iterable[Visit]) -> dict[int, int]:
    """Return how many cases began in each hour of a day in Japan, from the first such hour to the last."""
    counted = Counter(visit.opened_at.astimezone(JST).hour for visit in visits)
    return {hour: counted[hour] for hour in range(min(counted), max(counted) + 1)} if counted else {}


def suppress(counts: Sequence[int]) -> list[int | None]:
    """Hide the small numbers of a row that is shown with its total: None for each of 1 to 4.

    Were one alone hidden, the total would tell it: then the next smallest is hidden too.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < SMALLEST_SHOWN}
    if len(hidden) == 1:
        left = [place for place, count in enumerate(counts) if count and place not in hidden]
        hidden |= set(sorted(left, key=lambda place: counts[place])[:1])
    return [None if place in hidden else count for place, count in enumerate(counts)]


def suppress_table(rows: Sequence[Sequence[int]]) -> list[list[int | None]]:
    """Hide the small numbers of a table whose last column has each row's total and whose last row has each column's.

    A hidden number is told by the others unless it lies on a round of hidden ones, along rows and columns in turn:
    where it does not, three others that make a rectangle with it are hidden too.
    """
    cells = {(row, column): count for row, counts in enumerate(rows) for column, count in enumerate(counts) if count}
    hidden = {cell for cell, count in cells.items() if count < SMALLEST_SHOWN}
    totals = {(row, column) for row, column in cells if row == len(rows) - 1 or column == len(rows[0]) - 1}
    while told := next((cell for cell in sorted(hidden) if not _is_on_round(cell, hidden)), None):
        corners = [rest for rest in _list_rectangles(told, cells) if rest <= cells.keys()]
        fresh = [rest - hidden for rest in corners]
        hidden |= min(fresh, key=lambda rest: (len(rest & totals), sum(cells[cell] for cell in rest)))
    return [
        [None if (row, column) in hidden else count for column, count in enumerate(counts)]
        for row, counts in enumerate(rows)
    ]


def _list_rectangles(cell: tuple[int, int], cells: Collection[tuple[int, int]]) -> Iterator[Set[tuple[int, int]]]:
    """Give the other three corners of each rectangle that has one corner here and the opposite one at a number."""
    row, column = cell
    for other_row, other_column in cells:
        if other_row != row and other_column != column:
            yield {(row, other_column), (other_row, column), (other_row, other_column)}


def _is_on_round(cell: tuple[int, int], hidden: Set[tuple[int, int]]) -> bool:
    """Say whether one comes from a cell's row to its column over other hidden cells."""
    rows, columns, others = {cell[0]}, set[int](), hidden - {cell}
    while fresh := {(row, column) for row, column in others if row in rows or column in columns}:
        others = others - fresh
        rows |= {row for row, _ in fresh}
        columns |= {column for _, column in fresh}
    return cell[1] in columns


def hide_small(count: int) -> int | None:
    """Hide a number that stands alone, if it is small."""
    return None if 0 < count < SMALLEST_SHOWN else count


def find_alerts(visits: Sequence[Visit], *, before: Sequence[Visit] = ()) -> list[Alert]:
    """Return what stands out among a day's cases; `before` are those of earlier days, for accounts seen before."""
    ordered = sorted(visits, key=lambda visit: visit.opened_at)
    return [
        *_find_shared_accounts(ordered, before),
        *_find_links_after_break(ordered),
        *_find_outside_hours(ordered),
        *_find_looks(ordered),
    ]


def _find_links_after_break(visits: Iterable[Visit]) -> list[Alert]:
    """A case broke off in the middle, and the next one at its terminal applied: with whose account?"""
    terminals = defaultdict(list)
    for visit in visits:
        terminals[visit.terminal].append(visit)
    return [
        Alert("linked_after_break", (broken, then), minutes=_minutes_between(broken, then))
        for at_terminal in terminals.values()
        for broken, then in pairwise(at_terminal)
        if broken.outcome == "broken_off" and then.has_done("application") and _is_soon(broken, then)
    ]


def _find_shared_accounts(visits: Sequence[Visit], before: Sequence[Visit]) -> list[Alert]:
    """One account, by its keyed hash, was applied with for different people: only after an undoing or a refusal."""
    uses: dict[str, dict[str, Visit]] = defaultdict(dict)
    for visit in (*before, *visits):
        for deed in visit.deeds:
            if deed.account:
                uses[deed.account].setdefault(deed.holder, visit)
    today = set(map(id, visits))
    shared = (tuple(by_holder.values()) for by_holder in uses.values() if len(by_holder) > 1)
    return [Alert("same_account", found) for found in shared if any(id(visit) in today for visit in found)]


def _find_outside_hours(visits: Iterable[Visit]) -> list[Alert]:
    """One alert for all cases that began outside by the same word of a supervisor, and one for those without any."""
    by_word = defaultdict(list)
    for visit in visits:
        if visit.is_outside:
            by_word[visit.extended].append(visit)
    return [Alert("outside_hours", tuple(outside)) for outside in by_word.values()]


def _find_looks(visits: Iterable[Visit]) -> list[Alert]:
    """Somebody had cards put down, again and again, and nothing was begun."""
    by_user = defaultdict(list)
    for visit in visits:
        if visit.has_card and visit.ended_at:
            by_user[visit.user_id].append(visit)
    alerts = []
    for with_card in by_user.values():
        looks = tuple(visit for visit in with_card if visit.is_look)
        if len(looks) >= LOOKS and 2 * len(looks) > len(with_card):
            alerts.append(Alert("looked_only", looks, of=len(with_card)))
    return alerts


def _is_soon(broken: Visit, then: Visit) -> bool:
    return broken.ended_at is not None and then.opened_at - broken.ended_at <= SOON


def _minutes_between(broken: Visit, then: Visit) -> int:
    return int((then.opened_at - (broken.ended_at or then.opened_at)) / timedelta(minutes=1))
