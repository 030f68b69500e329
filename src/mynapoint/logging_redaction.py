"""What may stand in a log line: fields from a list, plain values, and no text that looks like a secret.

Redaction is the second fence. The first is that nobody hands a person's data to a logger at all.
"""

import re
import traceback
from collections.abc import MutableMapping
from datetime import date
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final
from uuid import UUID

SAFE_FIELDS: Final = frozenset(
    {
        "event", "level", "logger",
        "method", "route", "status", "problem", "reason", "kind", "state",
        "act", "entry", "programme", "service", "period", "command", "room",
        "job", "task", "queue", "attempt", "count", "limit", "size", "seconds", "version",
    }
)  # fmt: skip
"""Names of fields whose values are public or mean nothing outside the platform."""

MASK: Final = "[redacted]"
LONGEST_TEXT: Final = 500

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_NAMED_SECRET = re.compile(
    r"(?i)(pin|password|passwd|secret|token|authorization|cookie|signature|certificate|serial|暗証番号|パスワード)"
    r"([\"'\s]*[:=：＝は\s]\s*)(\"[^\"]*\"|'[^']*'|\S+)"
)
_USER_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_UUID = re.compile(r"(?i)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{40,}|[A-Za-z0-9_=-]{20,}")
_NUMBER = re.compile(r"(?<![\d:.])(\d{4}|\d{8,}|\d{4}[- ]\d{4}[- ]\d{4})(?![\d.])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")

EventDict = MutableMapping[str, Any]


def redact(_logger: object, _method: str, event_dict: EventDict) -> EventDict:
    """Mask every field that is not known to be safe, and whatever in a safe one looks like a secret."""
    return {name: _redacted(name, value) for name, value in event_dict.items()}


def scrub(text: str) -> str:
    """Mask in a text what looks like a PIN, a key, a token, a certificate or a person's number."""
    text = _PEM.sub(MASK, text)
    text = _NAMED_SECRET.sub(lambda match: f"{match[1]}{match[2]}{MASK}", text)
    text = _USER_IN_ADDRESS.sub(MASK, text)
    text = _LONG_RUN.sub(_mask_unless_plain, text)
    text = "".join(part if _UUID.fullmatch(part) else _NUMBER.sub(MASK, part) for part in _UUID.split(text))
    return _CONTROL.sub(" ", text)[:LONGEST_TEXT]


def describe_exception(error: BaseException) -> list[str]:
    """Describe an error by its type and the places it passed, with those it came from; never by its message.

    Messages repeat what was refused: a database's names the row, a validator's the input.
    """
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines += [_type_of(cause), *_places(cause.__traceback__)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines


def _redacted(name: str, value: object) -> object:
    if name.startswith("_") or name in {"exc_info", "stack_info"}:
        return value  # the logging library's own; taken out or described before anything is written
    if name not in SAFE_FIELDS:
        return MASK
    if isinstance(value, str):
        return MASK if value.isdigit() and len(value) >= 4 else scrub(value)
    return value if value is None or isinstance(value, bool | int | float | UUID | date) else MASK


def _mask_unless_plain(match: re.Match[str]) -> str:
    run = match[0]
    has_digit, has_letter = any(map(str.isdigit, run)), any(map(str.isalpha, run))
    is_mixed = (has_digit and has_letter) or (run != run.lower() and run != run.upper())
    return MASK if is_mixed and not _UUID.fullmatch(run) else run


def _type_of(error: BaseException) -> str:
    kind = type(error)
    diagnosis = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({constraint})" if constraint else "")


def _places(trace: TracebackType | None) -> list[str]:
    return [
        f"  {'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
