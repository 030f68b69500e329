"""JSON as it comes from outside: every object has exactly the fields it should, every value exactly its form."""

import json
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from sealedclaim.base64url import NotBase64Url, from_base64url

T = TypeVar("T")

NUMBER_LIMIT: Final = 1 << 64


class Unreadable(ValueError):
    """Will name the place in a document that is not as it must be; never its content."""

    def __init__(self, place: str) -> None:
        super().__init__(f"not as it must be: {place}")
        self.place = place


def read_document(octets: bytes, *, limit: int) -> object:
    """Return the JSON document in these bytes.

    :raises Unreadable: it is too long or no JSON (RFC 8259), has a name twice, a fraction or a number beyond 8 bytes.
    """
    if len(octets) > limit:
        raise Unreadable("document")
    try:
        return json.loads(
            octets.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("document") from None


def read_fields(value: object, *names: str, place: str) -> list[Any]:
    """Return the values of an object that has exactly these names, in this order.

    :raises Unreadable: it is no object, or a name is missing or unknown.
    """
    if not isinstance(value, dict) or value.keys() != set(names):
        raise Unreadable(place)
    return [value[name] for name in names]


def read_each(value: object, read: Callable[[object], T], *, place: str) -> list[T]:
    """Return what `read` makes of each item of a list.

    :raises Unreadable: it is no list.
    """
    if not isinstance(value, list):
        raise Unreadable(place)
    return [read(item) for item in value]


def read_octets(value: object, *, size: int, place: str) -> bytes:
    """Return the bytes of base64url without padding (RFC 4648, section 5), in its one canonical form.

    :raises Unreadable: it is anything else, or not `size` bytes.
    """
    if not isinstance(value, str):
        raise Unreadable(place)
    try:
        return from_base64url(value, length=size)
    except NotBase64Url:
        raise Unreadable(place) from None


def read_number(value: object, *, place: str) -> int:
    """Return an integer from 0 that fits in 8 bytes.

    :raises Unreadable: it is anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < NUMBER_LIMIT:
        raise Unreadable(place)
    return value


def read_name(value: object, *, place: str) -> str:
    """Return a name of 1 to 100 printable characters.

    :raises Unreadable: it is anything else.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= 100 or not value.isprintable():
        raise Unreadable(place)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("document")
    return fields


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise Unreadable("document")
    return int(digits)


def _refuse_number(_: str) -> NoReturn:
    raise Unreadable("document")
