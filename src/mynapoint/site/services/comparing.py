"""Services side by side: one row for each thing that people compare, marked where all services are the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mynapoint.site.services.finding import Found

# What is compared in each row, in the order of the page; what a service does not tell is like nothing but itself.
ROWS: Final[Mapping[str, Callable[[Found], object]]] = {
    "state": lambda found: (found.state, found.state == "service_not_open" and found.service.application_from),
    "kind": lambda found: found.service.kind,
    "points_when": lambda found: found.service.points_when,
    "points_how": lambda found: found.service.points_how or found.service.id,
    "bonus": lambda found: found.service.bonus,
    "excluded": lambda found: found.service.excluded_payments or found.service.id,
    "ways": lambda found: (found.service.starts_in_own_app, found.service.channels),
    "counter": lambda found: not found.service.starts_in_own_app and "counter" in found.service.channels,
    "minors": lambda found: found.service.minors,
    "smartphone": lambda found: found.service.needs_smartphone,
    "registration": lambda found: found.service.needs_registration,
    "preparation": lambda found: found.service.preparation,
    "typed": lambda found: [typed.label for typed in (found.service.account, *found.service.codes)],
    "until": lambda found: found.service.application_until,
    "contact": lambda found: found.service.contact,
}


@dataclass(frozen=True)
class Row:
    """One row: the phrase that names it, and whether all services are the same in it."""

    name: str
    is_same: bool


def compare_services(chosen: Sequence[Found]) -> list[Row]:
    """This will say in which rows all services are the same; one alone is compared with nothing."""
    return [
        Row(name, is_same=len(chosen) > 1 and all(value(one) == value(chosen[0]) for one in chosen))
        for name, value in ROWS.items()
    ]
