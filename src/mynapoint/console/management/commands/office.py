"""``mynapoint office``: who works for the programme office."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mynapoint.office.operations import PasswordTooWeak, UserNameTaken, add_office_user


class Command(BaseCommand):
    """The actions on office users."""

    help = "Add somebody who works for the programme office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        add = actions.add_parser("add", help="Add a user; the password is asked for, or read from standard input.")
        add.add_argument("name")

    def handle(self, *, name: str, **_options: Any) -> None:
        """Add one user."""
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            user = add_office_user(name, password=password)
        except UserNameTaken:
            raise CommandError(f"there is a user {name} already; choose another name") from None
        except PasswordTooWeak as refusal:
            raise CommandError(f"the password is too easy to guess:\n{refusal.problems}") from None
        self.stdout.write(f"{user.username} works for the office now")
