"""A city's counters: what they say of themselves, their calendars, notices and terminals."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from mynapoint.case.rules import day_of
from mynapoint.counter.after.pages import name_people, show
from mynapoint.counter.city.changes import DAYS, tell_change
from mynapoint.counter.city.pages import UNABLE, Done, Step, explain, take_step
from mynapoint.counter.city.typed import Mistyped, keep, read_day, read_hours, read_instant, read_words
from mynapoint.counter.desk import for_staff, get_own_counter
from mynapoint.place.operations import (
    WEEK,
    PlaceChangedMeanwhile,
    SpecialDays,
    begin_place,
    change,
    change_place,
    get_week,
    with_notice,
    with_special_days,
    with_week,
    without_notice,
    without_special_day,
)
from mynapoint.place.queries import list_changes, list_counters
from mynapoint.place.rules import Notice, Place, opening_at
from mynapoint.staff.operations import register_terminal, replace_terminal, revoke_terminal
from mynapoint.staff.queries import list_terminals
from mynapoint.staff.rules import Member, Role, TerminalUnknown

SPANS: Final = 2
_MOST_CHANGES: Final = 20
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@require_safe
@for_staff(Role.CITY_ADMIN)
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """List the city's counters."""
    at = settings.CLOCK()
    own = [place for place in list_counters(at=at) if place.city_code == member.city]
    counters = [(place, opening_at(place, at=at), list_terminals(place.id)) for place in own]
    return show(request, member, "city/overview", {"counters": counters})


@require_http_methods(["GET", "POST"])
@for_staff(Role.CITY_ADMIN)
def new_counter(request: HttpRequest, member: Member) -> HttpResponse:
    """Begin a counter: with the city, hours and helps of one that there is, to be changed afterwards."""
    at, error, field = settings.CLOCK(), "", ""
    own = [place for place in list_counters(at=at) if place.city_code == member.city]
    if not own:
        raise Http404
    if request.method == "POST":
        try:
            place = _compose_new(own[0], request.POST, at=at)
            begin_place(place, by=member.user_id, at=at)
            return redirect("counter:city-counter", place.id)
        except UNABLE as refusal:
            error, field = explain(refusal), refusal.field if isinstance(refusal, Mistyped) else ""
    context = {"error": error, "error_field": field, "shown": keep(request.POST)}
    return show(request, member, "city/new", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
@for_staff(Role.CITY_ADMIN)
def counter(request: HttpRequest, member: Member, counter: str) -> HttpResponse:
    """Show a counter; on a POST, change one thing of it."""
    at = settings.CLOCK()
    place = get_own_counter(member, counter, Role.CITY_ADMIN, at=at)
    done: HttpResponse | Done = Done()
    if request.method == "POST":
        done = take_step(request, _get_steps(request, member, place, at=at))
    if isinstance(done, HttpResponse):
        return done
    kept = {request.POST.get("step", ""): keep(request.POST)} if done.error else {}
    return show(request, member, "city/counter", _describe(place, done, kept, at=at), status=422 if done.error else 200)


def _get_steps(request: HttpRequest, member: Member, place: Place, *, at: datetime) -> Mapping[str, Step]:
    said, by = request.POST, member.user_id

    def changed(compose: Callable[[], dict[str, Any]]) -> Done:
        seen = _read_seen(said.get("seen", ""))
        is_new = change_place(change(place, compose(), at=at), seen=seen, by=by, at=at)
        return Done("変えました。記録簿に残しました。" if is_new else "変わったところはありません。")

    def register() -> Done:
        _, code = register_terminal(place.id, said.get("name", ""), city=member.city, by=by, at=at)
        return _show_code(code.shown)

    def replace() -> Done:
        return _show_code(replace_terminal(_read_terminal(place, said), by=by, at=at).shown)

    def revoke() -> Done:
        revoke_terminal(_read_terminal(place, said), by=by, at=at)
        return Done("端末の登録を取り消しました。")

    return {
        "details": partial(changed, lambda: _read_details(said)),
        "week": partial(
            changed, lambda: with_week(place, {day: read_hours(said, *_fields(day), label=DAYS[day]) for day in WEEK})
        ),
        "special": partial(changed, lambda: with_special_days(place, _read_special(said, at=at))),
        "no-special": partial(changed, lambda: without_special_day(place, read_day(said, "day"))),
        "notice": partial(changed, lambda: with_notice(place, _read_notice(said, at=at))),
        "no-notice": partial(changed, lambda: without_notice(place, _read_number(said.get("number", "")), at=at)),
        "register": register,
        "replace": replace,
        "revoke": revoke,
    }


def _describe(place: Place, done: Done, kept: Mapping[str, Mapping[str, Any]], *, at: datetime) -> dict[str, object]:
    changes = list_changes(place.id, most=_MOST_CHANGES)
    names = name_people(each.user_id for each in changes)
    return {
        "error": done.error,
        "error_field": done.field,
        "done": done,
        "place": place,
        "kept": kept,
        "shown": kept.get("details", place),
        "week": [
            (day, DAYS[day], [_describe_span(day, hours, n, kept.get("week", {})) for n in range(SPANS)])
            for day, hours in get_week(place).items()
        ],
        "specials": [(day, special) for special in place.calendar.special for day in special.days if day >= day_of(at)],
        "notices": [(number, each) for number, each in enumerate(place.notices) if at < each.until],
        "terminals": list_terminals(place.id),
        "changes": [
            (each.effective_from, names.get(each.user_id, ""), tell_change(each.before, each.after)) for each in changes
        ],
    }


def _describe_span(day: str, hours: tuple[Any, ...], n: int, kept: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Return the names of a span's two fields, and what stands in them."""
    first, last = _fields(day)[n]
    times = (f"{hours[n].from_:%H:%M}", f"{hours[n].until:%H:%M}") if n < len(hours) else ("", "")
    return first, last, kept.get(first, times[0]), kept.get(last, times[1])


def _fields(day: str) -> list[tuple[str, str]]:
    return [(f"{day}_from_{n}", f"{day}_until_{n}") for n in range(1, SPANS + 1)]


def _read_details(said: Mapping[str, str]) -> dict[str, Any]:
    parts: dict[str, Any] = {"name": read_words(said, "name").model_dump()}
    for name in ("address", "building", "floor", "way"):
        is_given = any(said.get(f"{name}_{language}", "").strip() for language in ("ja", "easy", "en"))
        parts[name] = read_words(said, name).model_dump() if is_given else None
    return parts


def _read_special(said: Mapping[str, str], *, at: datetime) -> SpecialDays:
    first = read_day(said, "day")
    if first < day_of(at):
        raise Mistyped(what="過ぎた日の受付は変えられません。", field="day")
    last = read_day(said, "last", label="続くときは、終わりの日") if said.get("last", "").strip() else first
    if not first <= last <= first + timedelta(days=60):
        raise Mistyped(what="終わりの日は、始まりの日から60日までにしてください。", field="last")
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    hours = read_hours(said, ("from_1", "until_1"), ("from_2", "until_2"), label="この日")
    return SpecialDays(days=days, hours=hours, reason=read_words(said, "reason"))


def _read_notice(said: Mapping[str, str], *, at: datetime) -> Notice:
    from_, until = (
        read_instant(said, name, label=f"お知らせの{of}の") for name, of in (("from", "始まり"), ("until", "終わり"))
    )
    if until <= from_:
        raise Mistyped(what="お知らせの終わりは、始まりより後にしてください。", field="until")
    if until <= at:
        raise Mistyped(what="お知らせの終わりは、いまより後にしてください。", field="until")
    return Notice.model_validate({"from": from_, "until": until, "text": read_words(said, "text")})


def _read_seen(typed: str) -> datetime:
    """Read from when the text counts that a form was made from.

    :raises PlaceChangedMeanwhile: when no page has written that.
    """
    try:
        seen = datetime.fromisoformat(typed)
    except ValueError:
        raise PlaceChangedMeanwhile from None
    if seen.tzinfo is None:
        raise PlaceChangedMeanwhile
    return seen


def _read_number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else -1


def _read_terminal(place: Place, said: Mapping[str, str]) -> UUID:
    """Read which of the counter's own terminals is meant.

    :raises TerminalUnknown: when it has no such terminal.
    """
    found = next((each.id for each in list_terminals(place.id) if str(each.id) == said.get("terminal")), None)
    if found is None:
        raise TerminalUnknown
    return found


def _show_code(code: str) -> Done:
    return Done("登録コードです。一時間のうちに、その端末で一度だけ入れます。もう表示されません。", secret=code)


def _compose_new(like: Place, said: Mapping[str, str], *, at: datetime) -> Place:
    name = said.get("id", "").strip()
    if not _ID.fullmatch(name):
        raise Mistyped(what="番号(英語の名前)は、英小文字、数字、- で、40文字までにしてください。", field="id")
    parts = {**_read_details(said), "id": name, "notices": [], "reading": "", "slots": None}
    if not parts["address"]:
        raise Mistyped(what="住所を入れてください。", field="address-ja")
    return change(like, parts, at=at)
