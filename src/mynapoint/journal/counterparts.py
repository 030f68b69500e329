"""The rooms' own rows beside the entries that they were written with: one each, and the same facts."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Expression, F, Func, TextField, Value
from django.db.models.functions import Cast, Collate

from mynapoint.journal.models import Entry
from mynapoint.journal.regrowth import READ_AT_ONCE, Findings
from mynapoint.journal.rules import Problem

THE_ENTRY: Final = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A room's row: its key, the facts that its entry has too, and when it was written."""

    key: str
    facts: Mapping[str, str | int]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparts:
    """A table whose rows and the entries of some kinds belong together, one to one.

    They meet by `key`: the name of a fact whose value the row has, or the number of the entry itself.
    """

    table: str
    kinds: tuple[str, ...]
    list_rows: Callable[[], Iterator[Row]]
    """This will yield the rows in the order of their keys, by code point."""
    key: str = THE_ENTRY
    having: str = ""
    """Only entries with a fact of this name are meant, when there is one."""


@dataclass(slots=True)
class Ahead:
    """One of two sorted sides that are read beside each other: the row that comes next, and its key."""

    rows: Iterator[Row]
    next: Row | None = field(init=False)

    def __post_init__(self) -> None:
        self.next = next(self.rows, None)

    def take(self) -> Row | None:
        """Return the row that comes next, and go on."""
        taken, self.next = self.next, next(self.rows, None)
        return taken


def compare(counterparts: Counterparts, findings: Findings) -> None:
    """Note every row without its entry, every entry without its row, and every pair that does not say the same."""
    rows, entries = Ahead(counterparts.list_rows()), Ahead(_list_entries(counterparts))
    while rows.next or entries.next:
        if entries.next is None or (rows.next and rows.next.key < entries.next.key):
            _note(rows.take(), Problem.ROW_ADDED, counterparts, findings)
        elif rows.next is None or entries.next.key < rows.next.key:
            _note(entries.take(), Problem.ROW_REMOVED, counterparts, findings)
        else:
            row, entry = rows.take(), entries.take()
            if not _agree(row, entry):
                _note(row, Problem.ROW_CHANGED, counterparts, findings)


def _note(row: Row | None, problem: Problem, counterparts: Counterparts, findings: Findings) -> None:
    findings.add(counterparts.table, row.key if row else "", problem)


def _agree(row: Row | None, entry: Row | None) -> bool:
    if row is None or entry is None or row.at != entry.at:
        return False
    return all(entry.facts.get(name) == value for name, value in row.facts.items())


def _list_entries(counterparts: Counterparts) -> Iterator[Row]:
    entries = Entry.objects.filter(kind__in=counterparts.kinds)
    if counterparts.having:
        entries = entries.filter(facts__contains=f'"{counterparts.having}":')
    keyed = entries.annotate(by=Collate(_key(counterparts.key), "C"))
    for entry in keyed.order_by(F("by").asc(nulls_first=True)).iterator(chunk_size=READ_AT_ONCE):
        yield Row(entry.by or "", _read(entry.facts), entry.recorded_at)


def _key(name: str) -> Expression:
    """Return the key of an entry in SQL; facts that somebody edited into no JSON have one too, or none."""
    if name == THE_ENTRY:
        return Cast("id", TextField())
    return Func(F("facts"), Value(f'"{name}":"([^"]*)"'), function="substring", output_field=TextField())


def _read(facts: str) -> Mapping[str, str | int]:
    try:
        read = json.loads(facts)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
