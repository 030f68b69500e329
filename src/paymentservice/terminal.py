"""How the commands start the service, show what it answers and give up."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import django
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from paymentservice.clock import ClockFileUnreadable
from paymentservice.config import Config, ConfigUnusable, read_config
from paymentservice.keys import KeyUnreadable

if TYPE_CHECKING:
    from paymentservice.reference.desk import Desk, Printed

SETTINGS: Final = "paymentservice.reference.settings"


@contextmanager
def open_desk(context: typer.Context) -> "Iterator[Desk]":
    """Start Django on the service's own settings and database."""
    config = config_of(context)
    os.environ["PAYMENTSERVICE_CONFIG"] = str(Path(context.obj).resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    django.setup()
    # Models exist only once Django is set up.
    from paymentservice.reference import database, desk, sentences  # noqa: PLC0415

    database.prepare_database(config.service.database)
    try:
        yield desk.Desk(config)
    except desk.REFUSALS as error:
        give_up(sentences.sentence_for(error), code=sentences.code_of(error))
    except KeyUnreadable as error:
        give_up(f"鍵を読めません: {error.where}", code="key_unreadable")
    except ClockFileUnreadable as error:
        give_up(f"デモ用の時計を読めません: {error.path}", code="clock_file_unreadable")


def run(context: typer.Context, act: "Callable[[Desk], Printed]", *, as_json: bool) -> None:
    """Run one command and print what it answers."""
    with open_desk(context) as desk:
        print_values(act(desk), as_json=as_json)


def config_of(context: typer.Context) -> Config:
    """Read the configuration that the command was given."""
    try:
        return read_config(context.obj)
    except ConfigUnusable as error:
        give_up("設定を使えません:\n" + "\n".join(error.faults), code="config_unusable")


def print_values(values: "Printed", *, as_json: bool) -> None:
    """Print a command's answer, one value a line, or all of it as JSON."""
    if as_json:
        sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    width = max(map(len, values))
    for key, value in values.items():
        shown = " ".join(map(str, value)) if isinstance(value, list) else value
        console.print(f"{key:<{width}}  {shown}", markup=False)


def give_up(sentence: str, *, code: str) -> NoReturn:
    """Say why on standard error and end with exit code 1."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"{sentence} [{code}]", markup=False)
    raise typer.Exit(1)


@contextmanager
def show_progress(title: str, *, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while a long command works."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=as_json, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
