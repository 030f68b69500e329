"""The first pages: what the programme is, whether one can take part with what one has, when a card would come."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mynapoint.kernel.period import JST
from mynapoint.programme.rules import plan_card, sum_for_cap
from mynapoint.site.guide.news import list_news
from mynapoint.site.shell.faults import Fault
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.pages import get_served, show
from mynapoint.site.shell.words import get_words
from mynapoint.site.start.readiness import advise, count_asked, find_next, read_answers
from mynapoint.site.start.windows import describe_windows

NEWS_SHOWN: Final = 3
# The card exists since 2016; no plan looks further ahead than a programme can last.
PLANNED_YEARS: Final = range(2016, 2100)


@informational
def start(request: HttpRequest) -> HttpResponse:
    """Say what the programme is, what is needed, how long there is still time, and where to begin."""
    at = settings.CLOCK()
    programme, news = get_served(at=at), list_news(at=at)[:NEWS_SHOWN]
    windows = describe_windows(programme, at=at)
    return show(request, "start/start", at=at, windows=windows, news=news, spend=sum_for_cap(programme.grant))


@informational
def check(request: HttpRequest) -> HttpResponse:
    """Ask one question, or say which way fits; the answers so far stand in the address and nowhere else."""
    at = settings.CLOCK()
    answers = read_answers(request.GET.dict())
    question = find_next(answers)
    if question is None:
        has_phones = settings.DEMO or bool(settings.PHONE_PROGRAM)
        advice, back = advise(answers), _go_back(answers)
        return show(request, "start/advice", at=at, advice=advice, answers=answers, back=back, has_phones=has_phones)
    faults = []
    if request.GET.get("asked") == question.name:
        faults = [Fault(f"{question.name}-{question.answers[0]}", _say(request, "start.check.nothing_chosen"))]
    return show(
        request,
        "start/check",
        at=at,
        status=422 if faults else 200,
        question=question,
        answers=answers,
        number=count_asked(answers),
        back=_go_back(answers) if answers else None,
        faults=faults,
    )


@informational
def planner(request: HttpRequest) -> HttpResponse:
    """Say when a card would come that is asked for on a day, and whether that is in time."""
    at = settings.CLOCK()
    typed = request.GET.get("asked", at.astimezone(JST).date().isoformat())
    programme = get_served(at=at)
    asked = _read_day(typed)
    if asked is None:
        fault = Fault("asked", _say(request, "start.planner.no_day"))
        return show(request, "start/planner", at=at, status=422, typed=typed, faults=[fault])
    plan = plan_card(programme, asked=asked)
    is_over = at >= programme.application.until
    return show(request, "start/planner", at=at, typed=typed, plan=plan, is_over=is_over)


def _read_day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if day.year in PLANNED_YEARS else None


def _go_back(answers: Mapping[str, str]) -> str:
    """Return the query that asks the last answered question again."""
    return urlencode(list(answers.items())[:-1])


def _say(request: HttpRequest, name: str) -> str:
    return get_words(read_language(request)).say(name)
