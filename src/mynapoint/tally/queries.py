"""What can be asked about a counter's past days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from mynapoint.act.queries import list_entry_ids
from mynapoint.case.queries import PastCase, PastExtension, list_extensions, list_past_cases
from mynapoint.journal.queries import list_written
from mynapoint.place.queries import list_texts
from mynapoint.place.rules import Place, get_openings
from mynapoint.tally.rules import Alert, Deed, Extended, Tally, Visit, count_by_hour, find_alerts, tally

REMEMBERED: Final = timedelta(days=30)
"""How far back an account is looked for that is applied with again."""
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class DayReport:
    """One day at a counter: its sums, and how many cases began in each hour."""

    day: date
    tally: Tally
    hours: Mapping[int, int]


@dataclass(frozen=True)
class MonthReport:
    """One month at a counter: the days on which there was a case, and all together."""

    first: date
    days: tuple[tuple[date, Tally], ...]
    total: Tally


def get_day(counter: str, day: date) -> DayReport:
    """Return what a day's cases add up to."""
    visits = list_visits(counter, day, day)
    return DayReport(day, tally(visits), count_by_hour(visits))


def get_month(counter: str, first: date) -> MonthReport:
    """Return what the cases of the month that begins with a day add up to, day by day."""
    cases = list_past_cases(counter, first, _last_of(first))
    visits = _visit_all(cases, counter)
    days = groupby(zip(cases, visits, strict=True), key=lambda pair: pair[0].day)
    tallies = tuple((day, tally([visit for _, visit in pairs])) for day, pairs in days)
    return MonthReport(first, tallies, tally(visits))


def list_alerts(counter: str, day: date) -> list[Alert]:
    """Return what stands out among a day's cases."""
    before = list_visits(counter, day - REMEMBERED, day - ONE_DAY)
    return find_alerts(list_visits(counter, day, day), before=before)


def list_visits(counter: str, first: date, last: date) -> list[Visit]:
    """Return a counter's cases of some days, both included, each with what was done in it."""
    return _visit_all(list_past_cases(counter, first, last), counter)


def _visit_all(cases: Sequence[PastCase], counter: str) -> list[Visit]:
    """Add to cases what the journal and the calendar know: the calendar that counted as each of them began."""
    if not cases:
        return []
    deeds = _list_deeds([act_id for case in cases for act_id in case.acts_done])
    extensions = list_extensions(counter, cases[0].day, cases[-1].day)
    opened = [case.opened_at for case in cases]
    texts = list_texts(counter, first=min(opened), last=max(opened))
    return [_visit(case, deeds, extensions=extensions, place=_find_text(texts, at=case.opened_at)) for case in cases]


def _find_text(texts: Sequence[Place], *, at: datetime) -> Place | None:
    return next((place for place in reversed(texts) if place.effective_from <= at), None)


def _visit(
    case: PastCase, deeds: Mapping[UUID, Deed], *, extensions: Sequence[PastExtension], place: Place | None
) -> Visit:
    openings = get_openings(place, day=case.day) if place else ()
    standing = [each for each in extensions if each.day == case.day and each.extended_at <= case.opened_at]
    return Visit(
        counter=case.counter,
        number=case.number,
        terminal=case.terminal,
        terminal_name=case.terminal_name,
        user_id=case.user_id,
        opened_at=case.opened_at,
        ended_at=case.over.at if case.over else None,
        reason=case.over.reason if case.over else None,
        has_card=case.has_had_card,
        acts_proposed=case.acts_proposed,
        deeds=tuple(deeds[act_id] for act_id in case.acts_done if act_id in deeds),
        is_outside=not any(case.opened_at in opening for opening in openings),
        extended=Extended(standing[-1].reason, standing[-1].user_id) if standing else None,
        is_sent_home=case.is_sent_home,
    )


def _list_deeds(act_ids: Sequence[UUID]) -> dict[UUID, Deed]:
    entries = list_entry_ids(act_ids)
    written = list_written(entries.values())
    return {
        act_id: Deed(
            kind=written[entry_id].kind,
            holder=str(written[entry_id].facts["holder"]),
            account=str(account) if (account := written[entry_id].facts.get("account")) else None,
        )
        for act_id, entry_id in entries.items()
        if entry_id in written
    }


def _last_of(first: date) -> date:
    return (first.replace(day=28) + 4 * ONE_DAY).replace(day=1) - ONE_DAY
