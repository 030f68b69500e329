"""A captured application as a pgbench script: the same statements in the same transactions, over new keys each time."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from bench.captured import FETCH, FINISH, Statement, Transaction

STRIDE: Final = 1024
"""Keys of one client are so far apart that those of all clients come in one rising order, as UUIDv7 do."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH: Final = re.compile(r"\\x(?:[0-9a-f]{2}){16,32}")
_PLACE: Final = re.compile(r"\$(\d+)")
_NUMBER: Final = "@"
# Of two clients that look at once, one may not see the only job that is left: it has none to finish.
_FINISH_IF_FETCHED: Final = f"SELECT {FINISH}_v1(nullif(:job_id, '')::bigint, 'succeeded', 't') WHERE :job_id <> '';"


class Script:
    """The script, and what stands in it for the captured applicant's ids and hashes.

    A parameter that was the same for two applicants stays as it is. One that was not is a key when it is an id or a
    hash: the same value becomes the same expression over the client's running number. Longer texts stay as captured:
    their size counts, and nothing looks at what they say.
    """

    def __init__(self, this: list[Transaction], that: list[Transaction]) -> None:
        self._keys: dict[str, str] = {}
        lines = ["\\set n :n + 1", f"\\set key :n * {STRIDE} + :client_id", *self._write(this, that)]
        self.text = "\n".join(lines) + "\n"

    @property
    def keys(self) -> Mapping[str, str]:
        """The captured ids and hashes, each with its expression."""
        return self._keys

    def key(self, value: str, *, number: str) -> str:
        """Return the expression that stands for a captured id or hash, over a number."""
        return self._keys[value].replace(_NUMBER, number)

    def _write(self, this: list[Transaction], that: list[Transaction]) -> Iterator[str]:
        for work, other in zip(this, that, strict=True):
            for pair in zip(work, other, strict=True):
                yield self._write_statement(*pair)

    def _write_statement(self, one: Statement, other: Statement) -> str:
        if FINISH in one.sql:
            return _FINISH_IF_FETCHED
        values = [self._write_value(*pair) for pair in zip(one.parameters, other.parameters, strict=True)]
        is_fetch = FETCH in one.sql
        if is_fetch:
            values[-1] = ":worker_id"
        sql = _PLACE.sub(lambda place: values[int(place[1]) - 1], one.sql)
        return f"{sql} \\gset job_" if is_fetch else f"{sql};"

    def _write_value(self, value: str | None, other: str | None) -> str:
        if value is None:
            return "NULL"
        if value != other and (_UUID.fullmatch(value) or _HASH.fullmatch(value)):
            self._keys.setdefault(value, _compose_key(value, number=len(self._keys)))
            return self.key(value, number=":key")
        # pgbench would take a colon for the beginning of a variable's name.
        return "E'" + value.replace("\\", r"\\").replace("'", "''").replace("\n", r"\n").replace(":", r"\x3a") + "'"


def _compose_key(value: str, *, number: int) -> str:
    """Return an expression of a value's type and size, unlike that of any other number."""
    if _UUID.fullmatch(value):
        return f"(lpad({_NUMBER}, 28, '0') || '{number:04x}')::uuid"
    return f"substr(sha256(({_NUMBER} || 'h{number}')::bytea), 1, {(len(value) - 2) // 2})"
