"""The daily list of lineages: which certificate follows which, as a CSV file.

The first line says what it is, when it was made, when the next one comes, and how many rows follow, so that a list cut
off on its way is seen. The second names the columns. A certificate that follows none has two empty fields.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Final

from jpki.certificate import CertificateId
from jpki.freshness import Update

FORMAT: Final = "mynapoint lineage v1"
COLUMNS: Final = ("issuer", "serial", "predecessor_issuer", "predecessor_serial")
_FIRST_ROW_LINE: Final = 3
_LONGEST_SERIAL: Final = 48


class MalformedLineageList(Exception):
    """The file is no list of lineages, or was cut off."""


class RowFault(StrEnum):
    """What is wrong with one row."""

    NOT_FOUR_FIELDS = "not four fields"
    UNREADABLE_NAME = "no certificate's name"
    UNKNOWN_ISSUER = "unknown issuer"
    FOLLOWS_ITSELF = "follows itself"
    CONTRADICTION = "contradicts an earlier row"


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRow:
    """A row that was left out, by its line in the file; its content is not repeated."""

    line: int
    fault: RowFault


@dataclass(frozen=True, kw_only=True, slots=True)
class LineageRow:
    """A certificate and the one that it follows, if any."""

    line: int
    certificate: CertificateId
    predecessor: CertificateId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListHead:
    """What a list says of itself."""

    update: Update
    count: int


class _RowRefused(Exception):
    def __init__(self, fault: RowFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def write_lineage_list(predecessors: Mapping[CertificateId, CertificateId | None], *, update: Update) -> Iterator[str]:
    """This will write the list, line by line."""
    yield _write_line(FORMAT, update.this_update.isoformat(), update.next_update.isoformat(), len(predecessors))
    yield _write_line(*COLUMNS)
    for certificate, predecessor in predecessors.items():
        follows = (predecessor.issuer_key_id.hex(), predecessor.serial) if predecessor else ("", "")
        yield _write_line(certificate.issuer_key_id.hex(), certificate.serial, *follows)


def read_head(lines: Iterator[str]) -> ListHead:
    """This will read the first two lines.

    :raises MalformedLineageList: when they are no list's.
    """
    try:
        (name, this_update, next_update, count), columns = next(csv.reader(lines)), next(csv.reader(lines))
        update = Update(
            this_update=datetime.fromisoformat(this_update), next_update=datetime.fromisoformat(next_update)
        )
        head = ListHead(update=update, count=int(count))
    except (ValueError, StopIteration, csv.Error):
        raise MalformedLineageList from None
    is_dated = update.this_update.utcoffset() is not None and update.next_update.utcoffset() is not None
    if name != FORMAT or tuple(columns) != COLUMNS or not is_dated:
        raise MalformedLineageList
    return head


def read_rows(lines: Iterable[str], *, issuers: frozenset[bytes]) -> Iterator[LineageRow | BadRow]:
    """This will read every row after the head; one that cannot be used becomes a `BadRow` and hinders no other.

    :raises MalformedLineageList: when the text is no CSV at all.
    """
    try:
        for line, fields in enumerate(csv.reader(lines), start=_FIRST_ROW_LINE):
            yield _read_row(fields, line=line, issuers=issuers)
    except csv.Error:
        raise MalformedLineageList from None


def _read_row(fields: list[str], *, line: int, issuers: frozenset[bytes]) -> LineageRow | BadRow:
    try:
        if len(fields) != len(COLUMNS):
            raise _RowRefused(RowFault.NOT_FOUR_FIELDS)
        certificate = _read_name(*fields[:2], issuers=issuers)
        predecessor = _read_name(*fields[2:], issuers=issuers) if any(fields[2:]) else None
        if predecessor == certificate:
            raise _RowRefused(RowFault.FOLLOWS_ITSELF)
    except _RowRefused as refused:
        return BadRow(line=line, fault=refused.fault)
    return LineageRow(line=line, certificate=certificate, predecessor=predecessor)


def _read_name(issuer: str, serial: str, *, issuers: frozenset[bytes]) -> CertificateId:
    if not (serial.isascii() and serial.isdigit() and serial[0] != "0" and len(serial) <= _LONGEST_SERIAL):
        raise _RowRefused(RowFault.UNREADABLE_NAME)
    try:
        key_id = bytes.fromhex(issuer)
    except ValueError:
        raise _RowRefused(RowFault.UNREADABLE_NAME) from None
    if key_id not in issuers:
        raise _RowRefused(RowFault.UNKNOWN_ISSUER)
    return CertificateId(key_id, int(serial))


def _write_line(*fields: object) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow(fields)
    return line.getvalue()
