"""What is being measured, told on standard error, so that standard output holds rows alone."""

from rich.console import Console

_console = Console(stderr=True, highlight=False)


def say(what: str) -> None:
    """Tell what is done now."""
    _console.print(f"  {what}", style="dim")
