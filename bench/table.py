"""One table for all measurements: a figure, the limit it is held against, their ratio, and the goal for it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure. Without a limit it is for information and has no ratio or goal."""

    name: str
    figure: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def is_met(self) -> bool:
        """Tell whether the goal is reached; a row without one always is."""
        return self.goal is None or (self.ratio is not None and self.ratio >= self.goal)


def print_json(rows: Iterable[Row]) -> Iterator[Row]:
    """Print one JSON object a row as it comes, and hand it on."""
    for row in rows:
        print(json.dumps(asdict(row), ensure_ascii=False), flush=True)
        yield row


def print_table(rows: Iterable[Row]) -> Iterator[Row]:
    """Print the table at the end, and hand the rows on as they come."""
    console, table = Console(), Table(title="mynapoint bench")
    table.add_column("name")
    for title in ("figure", "limit", "ratio", "goal"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(row.name, f"{_number(row.figure)} {row.unit}", _number(row.limit), *_verdict(row))
        yield row
    console.print(table)


def _verdict(row: Row) -> tuple[str, str]:
    colour = "green" if row.is_met else "red"
    ratio = "" if row.ratio is None else f"[{colour}]{row.ratio:.2f}[/{colour}]"
    return ratio, "" if row.goal is None else f"≥ {row.goal:.2f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
