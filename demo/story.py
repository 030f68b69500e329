"""How the demonstration is told: one line a step, with the real values; a step that fails ends it."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import httpx2
from rich.console import Console
from rich.text import Text

from demo.commands import CommandFailed
from demo.processes import DidNotStart

T = TypeVar("T")


class StepFailed(Exception):
    """A step did not do what it should."""


@dataclass
class Stopping:
    """Whatever ends the story before its end is told in one sentence; where it happened is written to a log."""

    story: "Story"
    folder: Path
    has_stopped: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, failed: BaseException | None, _place: object) -> bool:
        if not isinstance(failed, Exception):
            return False
        self.has_stopped = True
        with suppress(OSError):  # the folder itself may be what is wrong
            self.folder.mkdir(parents=True, exist_ok=True)
            place = "".join(traceback.format_exception(failed))
            (self.folder / "demo.log").write_text(place, encoding="utf-8")
        self.story.console.print("[red]ここで止まりました:[/red]", Text(self.story.where + describe(failed)))
        self.story.console.print(f"記録は {self.folder} の *.log にあります。")
        return True


@dataclass
class Story:
    """The teller: counts the steps, shows how long one takes; `where` it is, within a step."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    steps: int = 0
    where: str = ""

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.console.print(f"\n[bold]{title}[/bold]")

    @contextmanager
    def step(self, who: str) -> Iterator[list[str]]:
        """Tell one step: what is added to the list is printed at its end, behind a tick."""
        self.steps += 1
        self.where = f"{self.steps:>2} {who}: "
        said: list[str] = []
        started = time.monotonic()
        with self.console.status(f"{who} …"):
            yield said
        took = time.monotonic() - started
        slow = f" [dim]({took:.1f} s)[/dim]" if took > 1 else ""
        self.console.print(f"[green]✔[/green] {self.where}{' '.join(said)}{slow}")
        self.where = ""


def describe(failed: BaseException) -> str:
    """Say what happened, and at which address."""
    if isinstance(failed, StepFailed | CommandFailed | DidNotStart):
        return str(failed)
    asked = f" ({failed.request.method} {failed.request.url})" if isinstance(failed, httpx2.RequestError) else ""
    return f"{type(failed).__name__}: {failed}{asked}"


def check(is_so: object, otherwise: str) -> None:
    """Fail the step unless something is so.

    :raises StepFailed: with what is wrong.
    """
    if not is_so:
        raise StepFailed(otherwise)


def wait_for(question: Callable[[], T | None], what: str, *, seconds: float = 60) -> T:
    """Ask until there is an answer.

    :raises StepFailed: when there is none in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise StepFailed(f"{what} did not come within {seconds:.0f} s")
