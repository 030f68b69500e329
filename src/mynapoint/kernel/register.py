"""Registers of dated documents: read from files, never edited, only followed by a newer text."""

import json
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from django.db import connection, models, transaction
from pydantic import ValidationError

from mynapoint.kernel.documents import Document, DocumentDiffers, DocumentMalformed
from mynapoint.kernel.sql import Row, ask, insert_unless

D = TypeVar("D", bound=Document)

_OF_ONE: Final = """
    SELECT effective_from, content::text FROM {table} WHERE id = %s AND effective_from <= %s
    ORDER BY effective_from DESC LIMIT %s
"""
_NEWEST_OF_EACH: Final = """
    SELECT DISTINCT ON (id) content::text FROM {table} WHERE effective_from <= %s ORDER BY id, effective_from DESC
"""
_EVERY_TEXT: Final = "SELECT id, effective_from, content::text FROM {table} ORDER BY id, effective_from DESC"

KEPT_SECONDS: Final = 1.0
"""for which a change may be unknown to another process"""

Text = tuple[datetime, str]
"""since when it counts, and what it says"""


class Revision(models.Model):
    """One text of one document, from the instant at which it starts to count (distributed as reference)."""

    pk = models.CompositePrimaryKey("id", "effective_from")
    id = models.CharField(max_length=40)
    effective_from = models.DateTimeField()
    content = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.id} from {self.effective_from.isoformat()}"


@dataclass(frozen=True, slots=True)
class _Known:
    """Every text that a register had, newest first, by its document; and until when that is taken for all there are."""

    texts: Mapping[str, Sequence[Text]]
    count: int
    until: float


@dataclass(slots=True)
class _Memory:
    """What is known of a register in this process: read without the lock, put there by whoever holds it.

    Nobody holds it who may wait for the database: whoever has the last connection might be waiting for the lock.
    """

    known: _Known | None = None
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True)
class Register(Generic[D]):
    """All revisions of one kind of document, in one table.

    Of a register that every act asks, the texts are kept in memory (`seconds`), and whether there are more of them is
    asked once in so many seconds: this long another process may go by the text before. A transaction never remembers
    what it sees: it might be taken back.
    """

    kind: type[D]
    table: type[Revision]
    rule: str
    """the table's primary key: one text of a document counts from one instant"""
    seconds: float = 0.0
    _memory: _Memory = field(default_factory=_Memory, compare=False)

    def read(self, path: Path, **more: object) -> D:
        """Read a document from a TOML file, with more values than the file has.

        :raises DocumentMalformed: naming the file and the first thing that is wrong with it.
        """
        try:
            return self.kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")) | more)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DocumentMalformed(file=path.name, problem=str(error)) from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            raise DocumentMalformed(file=path.name, problem=f"{where}: {first['msg']}") from None

    def add(self, document: D, *, at: datetime) -> bool:
        """Add a document unless the very same text is there already; return whether it was added.

        :raises DocumentDiffers: when another text counts from the same instant.
        """
        content = document.model_dump(mode="json", by_alias=True)
        key = {"id": document.id, "effective_from": document.effective_from}
        with transaction.atomic():
            if insert_unless(self.rule, self.table(**key, content=content, loaded_at=at)):
                self.forget()
                transaction.on_commit(self.forget)
                return True
        # Compared as documents: a text that was loaded before a field was added says the same without it.
        known = self.table._default_manager.get(**key)
        if self.kind.model_validate_json(json.dumps(known.content)) != document:
            raise DocumentDiffers(document=document.id, effective_from=document.effective_from)
        return False

    def find(self, document_id: str, *, at: datetime) -> D | None:
        """Return the text that counts at an instant."""
        return next(self._look_back(document_id, at=at, most=1), None)

    def look_back(self, document_id: str, *, at: datetime) -> Iterator[D]:
        """Yield the text that counts at an instant and those that counted before, newest first."""
        return self._look_back(document_id, at=at, most=None)

    def all(self, *, at: datetime) -> list[D]:
        """Return the text of every document that counts at an instant, in the order of their names."""
        known = self._recall()
        if known is None:
            return [_parse(self.kind, text) for (text,) in self._ask(_NEWEST_OF_EACH, [at])]
        newest = (next((text for since, text in texts if since <= at), None) for texts in known.values())
        return [_parse(self.kind, text) for text in newest if text is not None]

    def count_texts(self) -> int:
        """Return how many texts there are in all: texts are only added, so another number means another one.

        Outside a transaction, what is asked afterwards knows at least so many.
        """
        if self.seconds and not connection.in_atomic_block:
            return self._look().count
        return self.table._default_manager.count()

    def forget(self) -> None:
        """Keep nothing in memory that was there."""
        with self._memory.lock:
            self._memory.known = None

    def _look_back(self, document_id: str, *, at: datetime, most: int | None) -> Iterator[D]:
        texts = self._recall()
        if texts is None or document_id not in texts:  # perhaps it was loaded within this second
            known: Sequence[Text] = self._ask(_OF_ONE, [document_id, at, most])
        else:
            known = texts[document_id]
        return (_parse(self.kind, text) for effective_from, text in known if effective_from <= at)

    def _recall(self) -> Mapping[str, Sequence[Text]] | None:
        """Return every text by its document, if that is kept and may be gone by."""
        known = self._memory.known
        if known is not None and time.monotonic() < known.until:
            return known.texts
        if self.seconds and not connection.in_atomic_block:
            return self._look().texts
        return None

    def _look(self) -> _Known:
        """Look whether there are more texts; return and remember all that are known now, to this thread or another."""
        asked_at, before = time.monotonic(), self._memory.known
        count = self.table._default_manager.count()
        seen = before if before is not None and before.count == count else self._read_all()
        seen = replace(seen, until=asked_at + self.seconds)
        with self._memory.lock:
            meanwhile = self._memory.known
            if meanwhile is not None and asked_at < meanwhile.until and seen.count < meanwhile.count:
                return meanwhile
            self._memory.known = seen
            return seen

    def _read_all(self) -> _Known:
        rows = self._ask(_EVERY_TEXT, [])
        texts = {id_: [(since, text) for _, since, text in of_one] for id_, of_one in groupby(rows, _get_id)}
        return _Known(texts, count=len(rows), until=float("-inf"))

    def _ask(self, question: str, values: Sequence[object]) -> list[Row]:
        return ask(question.format(table=connection.ops.quote_name(self.table._meta.db_table)), values)


def _get_id(row: Row) -> str:
    return str(row[0])


@lru_cache(maxsize=1024)
def _parse(kind: type[D], text: str) -> D:
    """Parse a text once in a process."""
    return kind.model_validate_json(text)
