"""``mynapoint staff``: who works for the office and for cities, in which roles."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from mynapoint.console.instants import read_instant
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.signin.operations import invite
from mynapoint.signin.rules import INVITED_FOR
from mynapoint.staff.operations import Given, dismiss, end_membership, give_post, hire
from mynapoint.staff.queries import list_members
from mynapoint.staff.rules import OFFICE, WHOLE_CITY, Membership, Post, PostHeld, Role

_PROBLEMS: Final = {
    "post_unusable": "this role needs --city; office takes none, and only clerk and supervisor take --counter",
    "counter_not_of_city": "the city has no such counter; `mynapoint place list` shows them",
    "city_unknown": "no counter is in a city of this code: six digits, as in the counters' texts",
    "user_name_unusable": "a user name is 1 to 40 small letters, digits and . _ -, and begins with a letter or digit",
    "user_name_taken": "somebody has this user name; choose another, or give them one more post by `staff give`",
    "works_elsewhere": "this user works for another city or for the office: add a new user",
    "times_unusable": "the times must lie in the future, the end after the beginning",
    "membership_unknown": "there is no such membership; `mynapoint staff list` shows their numbers",
    "membership_ended": "this membership is over, or ends then or earlier anyway",
}


class Command(BaseCommand):
    """`mynapoint staff add | invite | give | end | dismiss | list`."""

    help = "Add and invite staff of the office or of a city, give and end their posts, or list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        _take_post(verbs.add_parser("add", help="add a user with a first post, and invite them"))
        again = "let a user choose password and second factor anew: what they had counts no longer"
        verbs.add_parser("invite", help=again).add_argument("name")
        _take_post(verbs.add_parser("give", help="give a user one more post"))
        end = verbs.add_parser("end", help="end one post of a user")
        end.add_argument("name")
        end.add_argument("number", type=int, help="the membership's number, as `list` shows it")
        end.add_argument("--at", type=read_instant, help="when it ends, as 2021-03-31T17:15; now if not given")
        verbs.add_parser("dismiss", help="end every post of a user, now").add_argument("name")
        verbs.add_parser("list", help="list who works for the office, or for a city").add_argument(
            "--city", default=OFFICE, help="the city's code"
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        """Do what the verb says."""
        do: Callable[..., None] = getattr(self, f"_{verb}")
        try:
            do(options, at=settings.CLOCK())
        except PostHeld as refusal:
            raise CommandError(f"the user has this post already, from {_show(refusal.from_at)} on") from None
        except Refusal as refusal:
            raise CommandError(_PROBLEMS.get(refusal.code, refusal.code)) from None

    def _add(self, options: dict[str, Any], *, at: datetime) -> None:
        membership = hire(options["name"], _read_given(options, at=at), at=at)
        self._tell(options["name"], membership)
        self._tell_invitation(membership.user_id, at=at)

    def _invite(self, options: dict[str, Any], *, at: datetime) -> None:
        self._tell_invitation(_find_user(options["name"]), at=at)

    def _give(self, options: dict[str, Any], *, at: datetime) -> None:
        user_id = _find_user(options["name"])
        self._tell(options["name"], give_post(user_id, _read_given(options, at=at), at=at))

    def _end(self, options: dict[str, Any], *, at: datetime) -> None:
        end_membership(_find_user(options["name"]), options["number"], ends_at=options["at"] or at, by=None, at=at)
        self.stdout.write(f"{options['name']}: membership {options['number']} ends {_show(options['at'] or at)}")

    def _dismiss(self, options: dict[str, Any], *, at: datetime) -> None:
        count = dismiss(_find_user(options["name"]), by=None, at=at)
        self.stdout.write(f"{options['name']}: {count} memberships ended; every session of theirs is of no use now")

    def _list(self, options: dict[str, Any], *, at: datetime) -> None:
        memberships = list_members(options["city"])
        names = dict(User.objects.filter(id__in={one.user_id for one in memberships}).values_list("id", "username"))
        for one in memberships:
            self._tell(names.get(one.user_id, f"user {one.user_id}"), one, mark="" if one.is_on(at=at) else "\tnot now")

    def _tell_invitation(self, user_id: int, *, at: datetime) -> None:
        link = invite(user_id, by=None, at=at)
        self.stdout.write(f"{settings.SITE_ORIGIN}{reverse('signin_invitation', args=[link.token])}")
        self.stdout.write(f"hand them this link, and nobody else; it is good until {_show(at + INVITED_FOR)}")

    def _tell(self, name: str, one: Membership, *, mark: str = "") -> None:
        where = f"{one.city or 'office'} {one.post.counter}".strip()
        until = _show(one.until_at) if one.until_at else "…"
        self.stdout.write(f"{name}\t{one.number}\t{one.post.role}\t{where}\t{_show(one.from_at)} – {until}{mark}")


def _take_post(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="the user's name")
    parser.add_argument("--role", required=True, type=Role, choices=list(Role), metavar="|".join(Role))
    parser.add_argument("--city", default=OFFICE, help="the city's code, six digits; without it, the office")
    parser.add_argument("--counter", default=WHOLE_CITY, help="one counter; without it, every counter of the city")
    parser.add_argument("--from", dest="from_at", type=read_instant, help="as 2021-03-31T08:30; now if not given")
    parser.add_argument("--until", dest="until_at", type=read_instant, help="the first instant without the post")


def _read_given(options: dict[str, Any], *, at: datetime) -> Given:
    post = Post(options["role"], options["counter"])
    begins = options["from_at"] or at
    return Given(city=options["city"], post=post, from_at=begins, until_at=options["until_at"], by=None)


def _find_user(name: str) -> int:
    user_id = User.objects.filter(username=name).values_list("id", flat=True).first()
    if user_id is None:
        raise CommandError(f"there is no user {name}")
    return user_id


def _show(at: datetime) -> str:
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M}"
