"""Registers of dated documents: read from files, never edited, only followed by a newer text."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, Generic, TypeVar

from django.db import IntegrityError, connection, models, transaction
from pydantic import ValidationError

from mynapoint.kernel.documents import Document, DocumentDiffers, DocumentMalformed
from mynapoint.kernel.sql import ask

D = TypeVar("D", bound=Document)

_NEWEST: Final = """
    SELECT content::text FROM {table} WHERE id = %s AND effective_from <= %s ORDER BY effective_from DESC LIMIT 1
"""
_NEWEST_OF_EACH: Final = """
    SELECT DISTINCT ON (id) content::text FROM {table} WHERE effective_from <= %s ORDER BY id, effective_from DESC
"""


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


@dataclass(frozen=True)
class Register(Generic[D]):
    """All revisions of one kind of document, in one table."""

    kind: type[D]
    table: type[Revision]

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
        try:
            with transaction.atomic():
                self.table._default_manager.create(**key, content=content, loaded_at=at)
            return True
        except IntegrityError:
            # Compared as documents: a text that was loaded before a field was added says the same without it.
            known = self.table._default_manager.get(**key)
            if self.kind.model_validate_json(json.dumps(known.content)) != document:
                raise DocumentDiffers(document=document.id, effective_from=document.effective_from) from None
            return False

    def find(self, document_id: str, *, at: datetime) -> D | None:
        """Return the text that counts at an instant."""
        texts = self._ask(_NEWEST, [document_id, at])
        return texts[0] if texts else None

    def all(self, *, at: datetime) -> list[D]:
        """Return the text of every document that counts at an instant, in the order of their names."""
        return self._ask(_NEWEST_OF_EACH, [at])

    def count_texts(self) -> int:
        """Return how many texts there are in all: texts are only added, so another number means another one."""
        return self.table._default_manager.count()

    def _ask(self, question: str, values: Sequence[str | datetime]) -> list[D]:
        rows = ask(question.format(table=connection.ops.quote_name(self.table._meta.db_table)), values)
        return [_parse(self.kind, text) for (text,) in rows]


@lru_cache(maxsize=1024)
def _parse(kind: type[D], text: str) -> D:
    """Parse a text once in a process; the database is asked every time which text counts."""
    return kind.model_validate_json(text)
