"""A programme's windows as a visitor meets them: not yet, open with so many days left, or over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mynapoint.programme.rules import Programme, Window
from mynapoint.site.shell.dates import count_days_left

LAST_DAYS = 31
"""from how many days before its end on a window's countdown is a warning"""


@dataclass(frozen=True)
class WindowView:
    """One window now; `days_left` counts today."""

    name: str
    window: Window
    state: Literal["soon", "open", "over"]
    days_left: int
    is_last: bool


def describe_windows(programme: Programme, *, at: datetime) -> dict[str, WindowView]:
    """Return how a programme's windows stand, by name."""
    windows = {
        "reservation": programme.reservation,
        "application": programme.application,
        "earning": programme.earning,
    }
    return {name: describe(name, window, at=at) for name, window in windows.items()}


def describe(name: str, window: Window, *, at: datetime) -> WindowView:
    """Return how one window stands."""
    days = count_days_left(window.until, at=at)
    state: Literal["soon", "open", "over"] = "open" if at in window.period else "soon" if days else "over"
    return WindowView(name=name, window=window, state=state, days_left=days, is_last=0 < days <= LAST_DAYS)
