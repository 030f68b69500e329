"""Services side by side: one row for each thing that people compare, marked where the services differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mynapoint.site.services.finding import Found

# What is compared in each row, in the order of the page; that contacts differ says nothing.
ROWS: Final[Mapping[str, Callable[[Found], object]]] = {
    "state": lambda found: (found.state, found.service.application_from),
    "kind": lambda found: found.service.kind,
    "points_when": lambda found: found.service.points_when,
    "points_how": lambda found: found.service.points_how,
    "bonus": lambda found: found.service.bonus,
    "excluded": lambda found: found.service.excluded_payments,
    "ways": lambda found: (found.service.starts_in_own_app, found.service.channels),
    "counter": lambda found: not found.service.starts_in_own_app and "counter" in found.service.channels,
    "minors": lambda found: found.service.minors,
    "smartphone": lambda found: found.service.needs_smartphone,
    "registration": lambda found: found.service.needs_registration,
    "preparation": lambda found: found.service.preparation,
    "typed": lambda found: len(found.service.codes),
    "until": lambda found: found.service.application_until,
    "contact": lambda _: None,
}


@dataclass(frozen=True)
class Row:
    """One row: the phrase that names it, and whether the services differ in it."""

    name: str
    differs: bool


def compare_services(chosen: Sequence[Found]) -> list[Row]:
    """This will say in which rows services differ."""
    return [Row(name, differs=any(value(one) != value(chosen[0]) for one in chosen)) for name, value in ROWS.items()]
