"""The database's own catalogue beside docs/scale.md: what does the page not say, or say otherwise?"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

REFERENCE = "reference"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
CLASS = re.compile(r"^\| (\w+) \| (.+?) \|$", re.MULTILINE)
COLUMN = re.compile(r"`(\w+|\*)` (\w+)")
KEY = re.compile(r"`(\w+)`: (.+)")
EVERY = "*"

COLUMNS = """
    SELECT table_name, column_name, is_identity = 'YES' OR coalesce(column_default, '') LIKE 'nextval(%'
    FROM information_schema.columns WHERE table_schema = 'public'
    ORDER BY table_name, ordinal_position"""
UNIQUE_RULES = """
    SELECT t.relname, i.relname, array_agg(a.attname::text ORDER BY array_position(x.indkey::int2[], a.attnum))
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (x.indkey)
    WHERE x.indisunique AND t.relkind IN ('r', 'p')
    GROUP BY 1, 2 ORDER BY 1, 2"""
FOREIGN_KEYS = """
    SELECT c.relname, k.conname, f.relname,
        array(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, o)
              JOIN pg_attribute ON attrelid = c.oid AND attnum = u.n ORDER BY o),
        array(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, o)
              JOIN pg_attribute ON attrelid = f.oid AND attnum = u.n ORDER BY o)
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_class f ON f.oid = k.confrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE k.contype = 'f' ORDER BY 1, 2"""


@dataclass(frozen=True)
class Described:
    """A table as the page describes it. ``key`` is empty for a table that every machine holds whole."""

    key: str
    of: str
    columns: dict[str, str]


@dataclass(frozen=True)
class ForeignKey:
    """A reference from a table's columns to another's, pair by pair."""

    name: str
    target: str
    pairs: Collection[tuple[str, str]]


@dataclass
class Found:
    """A table as the database has it."""

    columns: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    unique: dict[str, list[str]] = field(default_factory=dict)
    foreign: list[ForeignKey] = field(default_factory=list)


def read_page(page: Path) -> tuple[dict[str, Described], set[str]]:
    """Read the tables and the classes of columns that the page names."""
    text = page.read_text()
    _, _, classes = text.partition("## Classes of columns")
    tables = {name: _described(key, columns) for name, key, columns in ROW.findall(text)}
    return tables, {name for name, _ in CLASS.findall(classes.partition("\n## ")[0])} - {"class"}


def read_database(cursor) -> dict[str, Found]:
    """Read every table of the database with its unique rules and foreign keys."""
    tables: dict[str, Found] = {}
    cursor.execute(COLUMNS)
    for table, column, is_counter in cursor.fetchall():
        tables.setdefault(table, Found()).columns.append(column)
        if is_counter:
            tables[table].counters.append(column)
    cursor.execute(UNIQUE_RULES)
    for table, name, columns in cursor.fetchall():
        tables[table].unique[name] = columns
    cursor.execute(FOREIGN_KEYS)
    for table, name, target, columns, targets in cursor.fetchall():
        tables[table].foreign.append(ForeignKey(name, target, list(zip(columns, targets, strict=True))))
    return tables


def complain(
    described: dict[str, Described], classes: set[str], found: dict[str, Found], *, rooms: set[str]
) -> list[str]:
    """List everything in which page and database differ, and every rule that would not survive distribution."""
    complaints = [f"{name}: is on the page, not in the database" for name in sorted(described.keys() - found.keys())]
    for name, table in found.items():
        if name not in described:
            complaints.append(f"{name}: is not on the page")
            continue
        is_ours = any(name.startswith(f"{room}_") for room in rooms)
        complaints += _columns(name, table, described[name], classes, is_ours=is_ours)
        complaints += _unique_rules(name, table, described[name])
        complaints += _foreign_keys(name, table, described)
    return complaints


def _described(key: str, columns: str) -> Described:
    match = KEY.fullmatch(key)
    return Described(match[1] if match else "", match[2] if match else key, dict(COLUMN.findall(columns)))


def _columns(name: str, table: Found, described: Described, classes: set[str], *, is_ours: bool) -> list[str]:
    if not is_ours and set(described.columns) == {EVERY}:
        table_columns: set[str] = {EVERY}
    else:
        table_columns = set(table.columns)
    said = set(described.columns)
    return [
        *(f"{name}.{column}: is numbered by one counter for all machines" for column in table.counters if is_ours),
        *(f"{name}.{column}: has no class" for column in sorted(table_columns - said)),
        *(f"{name}.{column}: does not exist" for column in sorted(said - table_columns)),
        *(f"{name}.{column}: {kind} is no class" for column, kind in described.columns.items() if kind not in classes),
    ]


def _unique_rules(name: str, table: Found, described: Described) -> list[str]:
    if not described.key and described.of != REFERENCE:
        return [f"{name}: names neither a distribution key nor {REFERENCE}"]
    return [
        f"{name}: unique rule {rule} does not contain {described.key}"
        for rule, columns in table.unique.items()
        if described.key and described.key not in columns
    ]


def _foreign_keys(name: str, table: Found, described: dict[str, Described]) -> list[str]:
    complaints = []
    for rule in table.foreign:
        source, target = described[name], described.get(rule.target, Described("", "nothing", {}))
        is_to_reference = target.of == REFERENCE
        is_alike = source.of == target.of and (source.key, target.key) in rule.pairs
        if not is_to_reference and not is_alike:
            complaints.append(f"{name}: foreign key {rule.name} leads to {rule.target}, which is distributed otherwise")
    return complaints
