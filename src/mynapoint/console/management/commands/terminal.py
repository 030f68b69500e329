"""``mynapoint terminal``: the terminals of counters."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.counter.case.links import find_addresses
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.place.queries import find_place
from mynapoint.staff.operations import register_terminal, replace_terminal, revoke_terminal
from mynapoint.staff.queries import list_terminals
from mynapoint.staff.rules import CODE_LIFETIME, LONGEST_NAME, RegistrationCode, TerminalUnknown

_PROBLEMS: Final = {
    "counter_not_of_city": "there is no such counter; `mynapoint place list` shows them",
    "terminal_name_unusable": f"a terminal's name is one line of 1 to {LONGEST_NAME} characters",
    "terminal_name_taken": "the counter has a terminal of this name; replace it, or choose another name",
    "terminal_unknown": "there is no such terminal, or no longer; `mynapoint terminal list COUNTER` shows them",
}


class Command(BaseCommand):
    """`mynapoint terminal register | replace | revoke | addresses | list`."""

    help = "Register, replace, revoke or list the terminals of counters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        register = verbs.add_parser("register", help="register a seat; its code is shown once")
        register.add_argument("counter", help="the counter's name in its text")
        register.add_argument("name", help="as it stands on screens: 2番窓口")
        for verb, what in (
            ("replace", "give a seat another browser by a new code"),
            ("revoke", "end a terminal"),
            ("addresses", "show what its second window and its card program are told; both are secret"),
        ):
            verbs.add_parser(verb, help=what).add_argument("terminal", type=UUID, help="as `list` shows it")
        verbs.add_parser("list", help="list a counter's terminals").add_argument("counter")

    def handle(self, *, verb: str, **options: Any) -> None:
        """Do what the verb says."""
        do: Callable[..., None] = getattr(self, f"_{verb}")
        try:
            do(options, at=settings.CLOCK())
        except Refusal as refusal:
            raise CommandError(_PROBLEMS.get(refusal.code, refusal.code)) from None

    def _register(self, options: dict[str, Any], *, at: datetime) -> None:
        place = find_place(options["counter"], at=at)
        city = (place.city_code if place else None) or ""
        terminal_id, code = register_terminal(options["counter"], options["name"], city=city, by=None, at=at)
        self.stdout.write(f"{terminal_id}\t{options['name']}")
        self._tell_code(code, at=at)

    def _replace(self, options: dict[str, Any], *, at: datetime) -> None:
        self._tell_code(replace_terminal(options["terminal"], by=None, at=at), at=at)

    def _revoke(self, options: dict[str, Any], *, at: datetime) -> None:
        revoke_terminal(options["terminal"], by=None, at=at)
        self.stdout.write(f"{options['terminal']} is no terminal any more")

    def _addresses(self, options: dict[str, Any], *, at: datetime) -> None:
        addresses = find_addresses(options["terminal"], at=at)
        if addresses is None:
            raise TerminalUnknown
        self.stdout.write(f'display = "{addresses.display}"\nreport_to = "{addresses.report_to}"')

    def _list(self, options: dict[str, Any], *, at: datetime) -> None:
        for view in list_terminals(options["counter"]):
            since = f"since {view.claimed_at.astimezone(JST):%Y-%m-%d %H:%M}" if view.claimed_at else "not in use"
            self.stdout.write(f"{view.id}\t{view.name}\t{since}")

    def _tell_code(self, code: RegistrationCode, *, at: datetime) -> None:
        until = (at + CODE_LIFETIME).astimezone(JST)
        address = f"{settings.SITE_ORIGIN}/signin/terminal/"
        self.stdout.write(f"code {code.shown}, good until {until:%H:%M}: type it there at {address}")
