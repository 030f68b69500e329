"""A book of cases in a few dictionaries: what a database is to the platform."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from mynapoint.case.facts import Case, Extension, Fact
from mynapoint.case.rules import CaseName, CaseUnknown, day_of

KEPT = 5000


def keep_newest(table: dict[Any, Any]) -> None:
    """Drop the oldest entries of a table that has become long."""
    if len(table) > 2 * KEPT:
        for key in list(table)[:-KEPT]:
            del table[key]


class MemoryBook:
    """Cases as they stand; nobody else is there to change one, so nothing is locked."""

    def __init__(self) -> None:
        self._cases: dict[CaseName, Case] = {}
        self._live: dict[tuple[str, str], CaseName] = {}
        self._numbers: dict[tuple[str, date], int] = {}
        self._extensions: defaultdict[tuple[str, date], list[Extension]] = defaultdict(list)

    def find(self, name: CaseName) -> Case | None:
        case = self._cases.get(name)
        if case is not None and self._extensions:
            for extension in self._extensions.get((name.counter, day_of(case.opened_at)), ()):
                case = case.extended(extension)
        return case

    def lock(self, name: CaseName) -> Case:
        case = self.find(name)
        if case is None:
            raise CaseUnknown
        return case

    def lock_live(self, counter: str, terminal: str) -> Case | None:
        name = self._live.get((counter, terminal))
        return self.find(name) if name else None

    def next_number(self, counter: str, day: date) -> int:
        return self._numbers.get((counter, day), 0) + 1

    def get_extensions(self, counter: str, day: date) -> Sequence[Extension]:
        return self._extensions.get((counter, day), ())

    def extend(self, counter: str, day: date, extension: Extension) -> None:
        self._extensions[counter, day].append(extension)

    def insert(self, case: Case) -> Case:
        # Not random, so that the same seed gives the same run; and different in each case, as keys are.
        case = replace(case, key=case.key or case.name.id.bytes)
        self._cases[case.name] = case
        self._live[case.seat.counter, case.seat.terminal] = case.name
        self._numbers[case.name.counter, day_of(case.opened_at)] = case.number
        return case

    def add(self, case: Case, facts: Sequence[Fact]) -> Case:
        if not facts:
            return case
        after = case.with_facts(facts)
        self._cases[case.name] = after
        place = (case.seat.counter, case.seat.terminal)
        if after.ended and self._live.get(place) == case.name:
            del self._live[place]
        return after

    def forget_old(self) -> None:
        """Drop cases that are long over."""
        keep_newest(self._cases)
        keep_newest(self._numbers)
