"""What may stand in an entry, how rows are sealed, and what a proof and a report say."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from mynapoint.kernel.refusal import Refusal

_KIND: Final = re.compile(r"[a-z][a-z_]{0,49}")
_KEY: Final = re.compile(r"[a-z][a-z_]{0,49}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,100}")
"""Ids, hexadecimal, base64url and ISO times: nothing that a person could have typed as free text."""
_NUMBER_LIMIT: Final = 1 << 53
"""RFC 8785 writes integers below this exactly."""


class FactsRefused(ValueError):
    """Will name the part of an entry that the journal does not take; never its value."""

    def __init__(self, part: str) -> None:
        super().__init__(f"the journal does not take this {part}")
        self.part = part


class Table(StrEnum):
    """The journal's tables, by their names in the database."""

    ENTRY = "journal_entry"
    PENDING = "journal_pendingentry"
    POSITION = "journal_position"
    NODE = "journal_node"
    CHECKPOINT = "journal_signedcheckpoint"
    NOTE = "note"
    """No table: a checkpoint that somebody kept outside."""


class Problem(StrEnum):
    """What can be wrong with a row."""

    NOT_SEALED = "not_sealed"
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    UNPLACED = "unplaced"
    WITHOUT_ENTRY = "without_entry"
    NOT_THE_SIGNED_TREE = "not_the_signed_tree"
    NOT_SIGNED = "not_signed"
    OTHER_KEY = "other_key"
    CUT_OFF = "cut_off"
    ROW_REMOVED = "row_removed"
    ROW_ADDED = "row_added"
    ROW_CHANGED = "row_changed"


_WORDS: Final = {
    Problem.NOT_SEALED: "この行は、記録の鍵を持たない者が書き換えたか、書き加えたものです。",
    Problem.REMOVED: "この行は、あるはずなのに、ありません。消されたか、書き換えられています。",
    Problem.ADDED: "この行は、あるはずがないのに、あります。書き加えられたか、書き換えられています。",
    Problem.CHANGED: "この行のハッシュは、記録から計算し直した値と違います。書き換えられています。",
    Problem.UNPLACED: "この記録には、木の中の位置も、順番待ちの行もありません。どちらかが消されています。",
    Problem.WITHOUT_ENTRY: "この順番待ちの行には、記録がありません。記録が消されたか、この行が書き加えられています。",
    Problem.NOT_THE_SIGNED_TREE: "署名された根と、計算し直した根が違います。これより前の記録が変えられています。",
    Problem.CUT_OFF: "末尾が消されています。",
    Problem.ROW_REMOVED: "記録はありますが、その行がありません。行が消されたか、書き換えられています。",
    Problem.ROW_ADDED: "この行には、その記録がありません。行が書き加えられたか、記録が消されています。",
    Problem.ROW_CHANGED: "この行は、その記録と違います。行か記録のどちらかが書き換えられています。",
    Problem.NOT_SIGNED: "署名が、この記録の鍵によるものではありません。",
    Problem.OTHER_KEY: (
        "書き換えられてはいませんが、署名の鍵が、いまの鍵と違います。"
        "署名の鍵(MYNAPOINT_JOURNAL_SIGNING_KEY_FILE)を、元のものに戻してください。"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that is not as it was written; in a table of another room it is named by its act or its entry."""

    table: str
    row: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {_WORDS[self.problem]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a verification of the whole journal found; at most `FINDINGS_KEPT` findings are kept, all are counted."""

    sequenced: int
    unsequenced: int
    checkpoints: int
    tables: int
    findings: tuple[Finding, ...]
    found: int

    @property
    def is_intact(self) -> bool:
        """Tell whether every row is as it was written."""
        return self.found == 0

    def __str__(self) -> str:
        read = (
            f"記録 {self.sequenced + self.unsequenced:,} 件 (順番待ち {self.unsequenced:,} 件)、"
            f"署名済みチェックポイント {self.checkpoints:,} 個"
            + (f"と、記録と対になる表 {self.tables} 枚" if self.tables else "")
            + "を調べました。"
        )
        if self.is_intact:
            return f"{read}\n書き換え、削除、書き加えは、ひとつもありません。"
        unlisted = self.found - len(self.findings)
        lines = [read, f"異常が {self.found:,} 件あります。", *map(str, self.findings)]
        return "\n".join([*lines, f"(ほかに {unlisted:,} 件)"] if unlisted else lines)


FINDINGS_KEPT: Final = 1000


class JournalDamaged(Exception):
    """Will name the row that keeps the journal from growing or from proving anything."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.table} {finding.row}: {finding.problem}")
        self.finding = finding


@dataclass(eq=False)
class KeptProofRefused(Refusal):
    """A proof that somebody kept proves nothing: the part that is wrong."""

    code = "kept_proof_refused"
    part: str


class CheckpointUnknown(LookupError):
    """Will name a size at which no checkpoint was signed."""

    def __init__(self, size: int) -> None:
        super().__init__(f"no checkpoint was signed at {size}")
        self.size = size


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree at one moment, signed."""

    size: int
    root: bytes
    at: datetime
    note: str


class WrittenEntry(Protocol):
    """An entry as it stands in the database, whoever wrote it there."""

    id: UUID
    kind: str
    facts: str
    recorded_at: datetime
    seal: bytes | memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFacts:
    """What an entry says, when its seal shows that this platform wrote it."""

    kind: str
    facts: Mapping[str, str | int]
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """All that shows an entry to be in the journal: its bytes, its place, the path, and the signed checkpoint."""

    entry_id: UUID
    octets: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


def write_facts(facts: Mapping[str, str | int]) -> str:
    """Return facts as canonical JSON (RFC 8785).

    :raises FactsRefused: a name or a value is not of the few forms that cannot hold anything personal.
    """
    for name, value in facts.items():
        if not _KEY.fullmatch(name):
            raise FactsRefused("name")
        if not _is_plain(value):
            raise FactsRefused(name)
    return json.dumps(dict(facts), sort_keys=True, separators=(",", ":"))


def entry_octets(*, entry_id: UUID, kind: str, facts: str, at: datetime) -> bytes:
    """Return the bytes of an entry that the tree is over: a domain line and canonical JSON (RFC 8785).

    :raises FactsRefused: the kind is no word, or the time has no zone.
    """
    if not _KIND.fullmatch(kind):
        raise FactsRefused("kind")
    text = f'{{"at":"{_time(at)}","facts":{facts},"id":"{entry_id}","kind":"{kind}"}}'
    return b"mynapoint journal entry v1\n" + text.encode()


def octets_of(entry: WrittenEntry) -> bytes | None:
    """Return the bytes of an entry as it stands in the database; None when no entry of ours can look like this."""
    try:
        return entry_octets(entry_id=entry.id, kind=entry.kind, facts=entry.facts, at=entry.recorded_at)
    except FactsRefused:
        return None


def is_entry_sealed(entry: WrittenEntry, *, key: bytes) -> bool:
    """Tell whether an entry stands in the database as this platform wrote it."""
    octets = octets_of(entry)
    return octets is not None and is_sealed(octets, seal_=bytes(entry.seal), key=key)


def position_octets(*, entry_id: UUID, index: int) -> bytes:
    """Return the bytes under the seal of an entry's place in the tree."""
    return f"mynapoint journal position v1\n{index}\n{entry_id}\n".encode()


def checkpoint_octets(checkpoint: Checkpoint, *, previous_size: int | None) -> bytes:
    """Return the bytes under the seal of a checkpoint, which names the one before it."""
    head = f"{previous_size}\n{checkpoint.size}\n{checkpoint.root.hex()}\n{_time(checkpoint.at)}\n"
    return b"mynapoint journal checkpoint v1\n" + head.encode() + checkpoint.note.encode()


def seal(octets: bytes, *, key: bytes) -> bytes:
    """Return the seal that only a holder of the journal's key can make."""
    return hmac.digest(key, octets, "sha256")


def is_sealed(octets: bytes, *, seal_: bytes, key: bytes) -> bool:
    """Tell whether a seal was made for these bytes."""
    return hmac.compare_digest(seal(octets, key=key), seal_)


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _VALUE.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and -_NUMBER_LIMIT < value < _NUMBER_LIMIT


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise FactsRefused("time")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
