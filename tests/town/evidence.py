"""What the state's side is left with, and what two of them differ in."""

import difflib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg
from recorder import Message

from mynapoint.console.backup import connection_environment
from mynapoint.console.programs import find_client_programs

MASKED_COLUMNS: Final = {("procrastinate_events", "at")}
"""When the database noted a step of a job: by its own clock, which no test can set."""
MASKED_HEADERS: Final = (b"date",)
"""When an answer was given: by the machine's clock, read below Python (RFC 9110, section 6.6.1)."""
REFUSALS: Final = {"unknown_field", "roll_mismatch"}

_COLUMNS_BY_CLOCK: Final = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' AND column_default = 'now()'
"""


@dataclass(frozen=True)
class Evidence:
    """The database, the logs and the traffic of one part of a story, and how its last command ended."""

    dump: str = field(repr=False)
    log: str = field(repr=False)
    traffic: tuple[Message, ...] = field(repr=False)
    outcome: str = ""


def find_differences(one: Evidence, other: Evidence) -> dict[str, str]:
    """Return where two worlds differ (dump, log, traffic) and the first lines in which."""
    views = {
        "dump": (one.dump, other.dump),
        "log": (one.log, other.log),
        "traffic": (write_traffic(one.traffic), write_traffic(other.traffic)),
    }
    return {name: _describe(*texts) for name, texts in views.items() if texts[0] != texts[1]}


def write_traffic(messages: Sequence[Message]) -> str:
    """Write every byte of the traffic down, masked headers apart."""
    return "\n".join(
        f"--- {message.link}, {message.sender}\n{mask_headers(message.content).decode('latin-1')}"
        for message in messages
    )


def mask_headers(content: bytes) -> bytes:
    """Replace the values of the masked headers, in the one form that they may have."""
    names = b"|".join(MASKED_HEADERS)
    return re.sub(rb"(?mi)^(%b): \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$" % names, rb"\1: (masked)\r", content)


def find_columns_by_clock(url: str) -> set[tuple[str, str]]:
    """Return the columns that the database fills from its own clock, as its catalogue says."""
    with psycopg.connect(url) as connection:
        return {(table, column) for table, column in connection.execute(_COLUMNS_BY_CLOCK)}


def dump_database(url: str) -> str:
    """Return all rows of all tables and the counters, as PostgreSQL's own dump writes them."""
    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10_000
    program = find_client_programs(setting=None, server_major=major).path("pg_dump")
    done = subprocess.run(
        [program, "--data-only"], env=connection_environment(url), capture_output=True, check=True, text=True
    )
    return "\n".join(_mask_columns(done.stdout.splitlines()))


def _mask_columns(lines: Sequence[str]) -> Iterator[str]:
    """Replace the values of masked columns; leave out the dump's own keyword, which is drawn anew for each dump."""
    masked: list[int] = []
    for line in lines:
        if line.startswith(("\\restrict ", "\\unrestrict ")):
            continue
        head = re.fullmatch(r"COPY public\.(\w+) \((.*)\) FROM stdin;", line)
        if head:
            columns = head[2].replace('"', "").split(", ")
            masked = [place for place, name in enumerate(columns) if (head[1], name) in MASKED_COLUMNS]
        elif line == "\\.":
            masked = []
        yield line if head else _mask_cells(line, masked)


def _mask_cells(line: str, masked: Sequence[int]) -> str:
    cells = line.split("\t")
    hidden = ("(masked)" if place in masked and cell != "\\N" else cell for place, cell in enumerate(cells))
    return "\t".join(hidden)


def _describe(one: str, other: str) -> str:
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=0)
    return "\n".join(line[:400] for line, _ in zip(lines, range(12), strict=False))
