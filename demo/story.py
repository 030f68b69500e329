"""How the demonstration is told: one line a step, with the real values; a step that fails ends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")


class StepFailed(Exception):
    """A step did not do what it should."""


@dataclass
class Story:
    """The teller: counts the steps, shows how long one takes."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    steps: int = 0

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.console.print(f"\n[bold]{title}[/bold]")

    @contextmanager
    def step(self, who: str) -> Iterator[list[str]]:
        """Tell one step: what is added to the list is printed at its end, behind a tick or a cross."""
        self.steps += 1
        said: list[str] = []
        started = time.monotonic()
        try:
            with self.console.status(f"{who} …"):
                yield said
        except StepFailed as failed:
            self.console.print(f"[red]✘[/red] {self.steps:>2} {who}: {failed}")
            raise
        took = time.monotonic() - started
        slow = f" [dim]({took:.1f} s)[/dim]" if took > 1 else ""
        self.console.print(f"[green]✔[/green] {self.steps:>2} {who}: {' '.join(said)}{slow}")


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
