"""番号札: where a number stands in a counter's line, for whoever has its slip."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from cardagent.languages import Language
from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode, group_code
from mynapoint.place.queries import find_place
from mynapoint.queue.operations import give_up
from mynapoint.queue.queries import NumberView, get_number
from mynapoint.queue.rules import NumberUnknown, UnableInLine
from mynapoint.site.shell.dates import format_wait
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import go_to, show, show_refused

LOOK_AGAIN: Final = 30
"""seconds"""
ROUNDED_TO: Final = timedelta(minutes=5)


@csrf_exempt
@never_cache
@form_page
@small_body
def number(request: HttpRequest, place_id: str, code: str) -> HttpResponse:
    """Show how many come first and about when it will be; the page looks again by itself. Wait no longer."""
    at, language = settings.CLOCK(), read_language(request)
    place = find_place(place_id, at=at)
    if place is None:
        raise Http404
    try:
        if request.method == "POST":
            give_up(place_id, SlipCode(code), at=at)
            return go_to(request, "number", place_id=place_id, code=code)
        view = get_number(place_id, SlipCode(code), at=at)
    except NumberUnknown as refusal:
        return show_refused(request, "visits/unknown", refusal, at=at, place=place)
    except UnableInLine as refusal:
        view = get_number(place_id, SlipCode(code), at=at)
        return show_refused(request, "visits/number", refusal, at=at, place=place, **_describe(view, code, language))
    answer = show(request, "visits/number", at=at, place=place, **_describe(view, code, language))
    if view.person.state in {"waits", "called"} and view.day == at.astimezone(JST).date():
        answer["Refresh"] = str(LOOK_AGAIN)
    return answer


def _describe(view: NumberView, code: str, language: Language) -> dict[str, Any]:
    return {
        "view": view,
        "state": view.person.state,
        "terminal": Words(ja=view.person.terminal_name or "-"),
        "wait": format_wait(round_up(view.turn_at - settings.CLOCK()), language),
        "is_today": view.day == settings.CLOCK().astimezone(JST).date(),
        "shown_code": group_code(SlipCode(code)),
    }


def round_up(wait: timedelta) -> int:
    """This will give a wait in minutes, rounded up to five: nobody knows it any better."""
    return -(-wait // ROUNDED_TO) * 5
