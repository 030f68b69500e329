"""Openings as the service hands them in: JSON, base64url, nothing that is not asked for."""

import json
from collections.abc import Iterable
from typing import Final

from sealedclaim.opening import SALT_SIZE, Opening
from sealedclaim.roll import TOKEN_SIZE
from sealedclaim.strict_json import (
    Unreadable,
    read_document,
    read_each,
    read_fields,
    read_number,
    read_octets,
    write_octets,
)
from sealedclaim.tree import HASH_SIZE, Node

OPENINGS_LIMIT: Final = 4 * 1024 * 1024
"""Bytes that one answer may have."""
PATH_LIMIT: Final = 64
"""No row of a tree that can exist has a longer path."""


def parse_openings(octets: bytes) -> list[Opening]:
    """Return the openings of `{"openings": […]}`.

    :raises Unreadable: anything is not exactly as it must be.
    """
    (openings,) = read_fields(read_document(octets, limit=OPENINGS_LIMIT), "openings", place="openings")
    return read_each(openings, parse_opening, place="openings")


def parse_opening(value: object) -> Opening:
    """Return one opening from its JSON object.

    :raises Unreadable: anything is not exactly as it must be.
    """
    index, token, points, salt, path = read_fields(value, "index", "token", "points", "salt", "path", place="opening")
    return Opening(
        index=read_number(index, place="index"),
        token=read_octets(token, size=TOKEN_SIZE, place="token"),
        points=read_number(points, place="points"),
        salt=read_octets(salt, size=SALT_SIZE, place="salt"),
        path=parse_path(path),
    )


def parse_path(value: object) -> tuple[Node, ...]:
    """Return a path from its JSON list.

    :raises Unreadable: anything is not exactly as it must be.
    """
    path = tuple(read_each(value, _parse_node, place="path"))
    if len(path) > PATH_LIMIT:
        raise Unreadable("path")
    return path


def write_openings(openings: Iterable[Opening]) -> bytes:
    """Return the body that `parse_openings` reads."""
    body = {"openings": [opening_as_json(opening) for opening in openings]}
    return json.dumps(body, separators=(",", ":")).encode()


def opening_as_json(opening: Opening) -> dict[str, object]:
    """Return the JSON object of one opening."""
    return {
        "index": opening.index,
        "token": write_octets(opening.token),
        "points": opening.points,
        "salt": write_octets(opening.salt),
        "path": path_as_json(opening.path),
    }


def path_as_json(path: Iterable[Node]) -> list[dict[str, object]]:
    """Return the JSON list of a path."""
    return [{"hash": write_octets(node.hash), "sum": node.sum} for node in path]


def _parse_node(value: object) -> Node:
    octets, points = read_fields(value, "hash", "sum", place="path")
    return Node(read_octets(octets, size=HASH_SIZE, place="path"), read_number(points, place="path"))
