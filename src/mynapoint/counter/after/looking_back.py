"""The supervisor's pages: what a day and a month at a counter were like, and what stands out."""

from datetime import date, timedelta
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from mynapoint.case.rules import day_of
from mynapoint.counter.after.alerts import OUTCOME_HEADS, Told, name_outcomes, tell
from mynapoint.counter.after.pages import LOOK_BACK, list_own_counters, name_people, show
from mynapoint.counter.after.reports import is_over
from mynapoint.counter.desk import for_staff, get_own_counter
from mynapoint.staff.rules import Member
from mynapoint.tally.queries import get_day, get_month, list_alerts
from mynapoint.tally.rules import Alert

ONE_DAY: Final = timedelta(days=1)


@require_safe
@for_staff(*LOOK_BACK)
def choose(request: HttpRequest, member: Member) -> HttpResponse:
    """Lead to today at one's counter; where there are several, to their list."""
    at = settings.CLOCK()
    counters = list_own_counters(member, at=at)
    if len(counters) == 1:
        return redirect("counter:after-day", counters[0].id, day_of(at))
    return show(request, member, "after/choose", {"counters": counters, "today": day_of(at)})


@require_safe
@for_staff(*LOOK_BACK)
def day(request: HttpRequest, member: Member, counter: str, day: date) -> HttpResponse:
    """Show a day: its sums, its hours, and what stands out."""
    at = settings.CLOCK()
    place, today = get_own_counter(member, counter, *LOOK_BACK, at=at), day_of(at)
    _check_day(day, today=today)
    report = get_day(counter, day)
    context = {
        "place": place,
        "day": day,
        "report": report,
        "outcomes": name_outcomes(report.tally),
        "busiest": max(report.hours.values(), default=1),
        "alerts": _tell_all(list_alerts(counter, day)),
        "before": day - ONE_DAY,
        "after": day + ONE_DAY if day < today else None,
        "first": day.replace(day=1),
    }
    return show(request, member, "after/day", context)


@require_safe
@for_staff(*LOOK_BACK)
def month(request: HttpRequest, member: Member, counter: str, first: date) -> HttpResponse:
    """Show a month, day by day."""
    at = settings.CLOCK()
    place, today = get_own_counter(member, counter, *LOOK_BACK, at=at), day_of(at)
    _check_day(first, today=today)
    report = get_month(counter, first)
    following = (first + 31 * ONE_DAY).replace(day=1)
    context = {
        "place": place,
        "report": report,
        "outcomes": name_outcomes(report.total),
        "heads": OUTCOME_HEADS,
        "days": [(day, found, name_outcomes(found)) for day, found in report.days],
        "is_over": is_over(first, at=at),
        "before": (first - ONE_DAY).replace(day=1),
        "after": following if following <= today else None,
    }
    return show(request, member, "after/month", context)


def _check_day(day: date, *, today: date) -> None:
    """Check that a day has begun, and is not from before all counters.

    :raises Http404: when it is.
    """
    if not date(2016, 1, 1) <= day <= today:
        raise Http404


def _tell_all(alerts: list[Alert]) -> list[Told]:
    visits = [visit for alert in alerts for visit in alert.visits]
    ids = {visit.user_id for visit in visits} | {visit.extended.user_id for visit in visits if visit.extended}
    names = name_people(ids)
    return [tell(alert, names=names) for alert in alerts]
