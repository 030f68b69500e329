"""The ``mynapoint`` command: one door to everything an operator, an auditor or a developer does with the platform."""

import difflib
import os
import sys
from collections.abc import Sequence
from typing import Final

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, get_commands, load_command_class
from django.core.management.base import BaseCommand

from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.keyring import MAY_FOUND

SUCCESS: Final = 0
FAILURE: Final = 1
MISUSE: Final = 2
INTERRUPTED: Final = 130
FOREWORD: Final = "mynapoint: the platform of a cashless-incentive programme.\n\nUsage: mynapoint COMMAND [--help] …\n"
_DJANGO_OPTIONS: Final = (
    "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color",
)  # fmt: skip


FOUNDERS: Final = (["db", "start"], ["migrate"], ["service", "platform-key"])
"""What begins a platform; nothing else makes secrets, so that a slip in a folder's name begins no second one."""
NEED_NO_PLATFORM: Final = frozenset(
    {"authority", "card", "check", "checkpoint", "db", "makemigrations", "receipt", "write_protocol"}
)

CHECKED: Final = frozenset({"serve", "worker"})
"""What runs on looks the whole platform through first, as `mynapoint check` does: the others would spend most on it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0 when it did what it says, 1 when it could not, 2 when it was not asked properly."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
    before = MAY_FOUND.set(any(asked[: len(words)] == words for words in FOUNDERS))
    try:
        return _run(asked)
    except ImproperlyConfigured as error:
        return _complain(str(error), code=MISUSE)
    finally:
        MAY_FOUND.reset(before)


def _run(asked: list[str]) -> int:
    django.setup()
    if not asked or asked[0] in {"help", "--help", "-h"}:
        sys.stdout.write(describe_commands())
        return SUCCESS
    name, *rest = asked
    if name not in get_commands():
        return _complain(_unknown(name), code=MISUSE)
    if settings.MADE_UP_SECRETS and name not in NEED_NO_PLATFORM and not {"--help", "-h"} & set(rest):
        return _complain(f"{name}: {_how_to_find_the_platform()}", code=FAILURE)
    return _execute(name, rest)


def describe_commands() -> str:
    """List the platform's own commands, each in the sentence that its help begins with."""
    names = sorted(name for name, app in get_commands().items() if app.startswith("mynapoint."))
    width = max(map(len, names), default=0)
    lines = [f"  {name:<{width}}  {_load(name).help}" for name in names]
    return "\n".join(
        [FOREWORD, *lines, "", "Commands of Django and its apps (migrate, procrastinate, …) work too.", ""]
    )


def _load(name: str) -> BaseCommand:
    command = load_command_class(get_commands()[name], name)
    # Django's options for its own development stay out of an operator's help.
    command.suppressed_base_arguments = {*_DJANGO_OPTIONS, *command.suppressed_base_arguments}
    if name not in CHECKED:
        command.requires_system_checks = ()
    return command


def _execute(name: str, arguments: list[str]) -> int:
    # Asked for tracebacks, Django lets a command's own complaint through, to be told here in our words.
    try:
        _load(name).run_from_argv(["mynapoint", name, "--traceback", *arguments])
    except CommandError as error:
        return _complain(f"{name}: {error}", code=error.returncode)
    except Unreached as error:
        if not is_database_away(error):
            raise
        return _complain(f"{name}: {_how_to_reach_the_database()}", code=FAILURE)
    except KeyboardInterrupt:
        return INTERRUPTED
    return SUCCESS


def _how_to_reach_the_database() -> str:
    if settings.ENVIRONMENT.is_embedded:
        return "the database does not answer; start it with `mynapoint db start`"
    return "the database does not answer; check MYNAPOINT_DATABASE_URL and that the server there accepts connections"


def _how_to_find_the_platform() -> str:
    missing = ", ".join(settings.MADE_UP_SECRETS)
    return (
        f"there is no platform in {settings.STATE_DIR}: its secrets {missing} are missing; "
        "name its folder in MYNAPOINT_STATE_DIR, put them back, or begin a new one with `mynapoint migrate`"
    )


def _unknown(name: str) -> str:
    similar = difflib.get_close_matches(name, get_commands(), n=1)
    hint = f"; did you mean {similar[0]}?" if similar else "."
    return f"there is no command {name}{hint} `mynapoint help` lists them."


def _complain(sentence: str, *, code: int) -> int:
    sys.stderr.write(f"mynapoint: {sentence}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
