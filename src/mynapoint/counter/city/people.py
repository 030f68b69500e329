"""A city's staff: who works where in which role, from when until when; and their way in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mynapoint.counter.after.pages import name_people, show
from mynapoint.counter.city.pages import Done, Step, take_step
from mynapoint.counter.city.typed import find_instant
from mynapoint.counter.desk import for_staff
from mynapoint.place.queries import list_counters
from mynapoint.signin.operations import invite
from mynapoint.staff.operations import Given, dismiss, end_membership, give_post, hire
from mynapoint.staff.queries import list_members
from mynapoint.staff.rules import IN_CITIES, WHOLE_CITY, Member, Post, PostUnusable, Role, UserUnknown

ROLES: Final[Mapping[Role, str]] = {
    Role.CLERK: "窓口担当",
    Role.SUPERVISOR: "窓口責任者",
    Role.CITY_ADMIN: "市の管理者",
    Role.AUDITOR: "監査",
}
assert set(ROLES) == IN_CITIES


@require_http_methods(["GET", "POST"])
@for_staff(Role.CITY_ADMIN)
def people(request: HttpRequest, member: Member) -> HttpResponse:
    """Show who works for the city; on a POST, take one step about one of them."""
    at = settings.CLOCK()
    done: HttpResponse | Done = Done()
    if request.method == "POST":
        done = take_step(request, _get_steps(request, member, at=at))
    if isinstance(done, HttpResponse):
        return done
    typed_name = request.POST.get("name", "")[:40] if done.error else ""
    context = {**_describe(member, done, at=at), "typed_name": typed_name}
    return show(request, member, "city/people", context, status=422 if done.error else 200)


def _get_steps(request: HttpRequest, member: Member, *, at: datetime) -> Mapping[str, Step]:
    said = request.POST

    def given() -> Given:
        role = said.get("role", "")
        if role not in list(ROLES):
            raise PostUnusable
        post = Post(Role(role), said.get("counter", WHOLE_CITY))
        from_at, until_at = find_instant(said, "from") or at, find_instant(said, "until")
        return Given(city=member.city, post=post, from_at=from_at, until_at=until_at, by=member.user_id)

    def add() -> Done:
        membership = hire(said.get("name", "").strip(), given(), at=at)
        return _tell_invitation(membership.user_id, by=member.user_id, at=at)

    def give() -> Done:
        give_post(_read_user(member, said), given(), at=at)
        return Done("役割を加えました。")

    def end() -> Done:
        number = said.get("number", "")
        ends_at = find_instant(said, "until") or at
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
        end_membership(_read_user(member, said), wanted, ends_at=ends_at, by=member.user_id, at=at)
        return Done("役割を終わりにしました。")

    def dismissed() -> Done:
        dismiss(_read_user(member, said), by=member.user_id, at=at)
        return Done("この人のすべての役割を、いま終わりにしました。")

    def invited() -> Done:
        return _tell_invitation(_read_user(member, said), by=member.user_id, at=at)

    return {"add": add, "give": give, "end": end, "dismiss": dismissed, "invite": invited}


def _describe(member: Member, done: Done, *, at: datetime) -> dict[str, object]:
    memberships = list_members(member.city)
    names = name_people(each.user_id for each in memberships)
    counters = {place.id: place.name.ja for place in list_counters(at=at) if place.city_code == member.city}
    lines: dict[int, list[tuple[object, str, str, bool]]] = {}
    for each in memberships:
        where = counters.get(each.post.counter, each.post.counter) if each.post.counter else "市のすべての窓口"
        lines.setdefault(each.user_id, []).append((each, ROLES[each.post.role], where, each.is_on(at=at)))
    shown = sorted(((names.get(user_id, ""), user_id, posts) for user_id, posts in lines.items()), key=lambda p: p[0])
    return {"error": done.error, "done": done, "people": shown, "role_names": ROLES, "counters": counters}


def _read_user(member: Member, said: Mapping[str, str]) -> int:
    """Read which of the city's own people is meant.

    :raises UserUnknown: when nobody of the city is.
    """
    own = {each.user_id for each in list_members(member.city)}
    found = next((user_id for user_id in own if str(user_id) == said.get("user")), None)
    if found is None:
        raise UserUnknown
    return found


def _tell_invitation(user_id: int, *, by: int, at: datetime) -> Done:
    link = invite(user_id, by=by, at=at)
    address = settings.SITE_ORIGIN + reverse("signin_invitation", args=[link.token])
    return Done("招待のリンクです。本人だけに渡してください。もう表示されません。", secret=address)
