"""The citizen's row receipt: the file with which one person checks that their row is in a published closing."""

import json
from dataclasses import dataclass
from typing import Final

from sealedclaim.base64url import to_base64url
from sealedclaim.opening import SALT_SIZE, Commitment, IndexOutsideRoll, Opening, check_path
from sealedclaim.roll import TOKEN_SIZE
from sealedclaim.strict_json import (
    Unreadable,
    read_document,
    read_each,
    read_fields,
    read_name,
    read_number,
    read_octets,
)
from sealedclaim.tree import HASH_SIZE, LONGEST_PATH, Node

FORMAT: Final = "mynapoint row receipt v1"
RECEIPT_LIMIT: Final = 64 * 1024
"""Bytes that a receipt may have."""

_FIELDS: Final = (
    "format", "programme", "service", "period", "index", "count", "total", "root", "token", "points", "salt", "path",
)  # fmt: skip


class CommitmentMismatch(ValueError):
    """Will say that the receipt was made for another closing than the one that was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReceipt:
    """One citizen's row of one closing, with all that is needed to check it."""

    programme: str
    service: str
    period: str
    commitment: Commitment
    opening: Opening


def check_receipt(receipt: RowReceipt, *, published: Commitment | None = None) -> None:
    """Check that a row is in the closing its receipt names, and that this is the one that was published.

    Without `published` the receipt is checked in itself only: it then shows what its service once sealed.

    :raises OpeningRefused: the row is not in that closing.
    :raises CommitmentMismatch: another closing was published.
    """
    if receipt.opening.index >= receipt.commitment.count:
        raise IndexOutsideRoll(receipt.opening.index)
    check_path(receipt.opening, commitment=receipt.commitment)
    if published is not None and published != receipt.commitment:
        raise CommitmentMismatch


def parse_receipt(octets: bytes) -> RowReceipt:
    """Return the receipt in a file's bytes.

    :raises Unreadable: anything is not exactly as it must be.
    """
    fields = read_fields(read_document(octets, limit=RECEIPT_LIMIT), *_FIELDS, place="receipt")
    kind, programme, service, period, index, count, total, root, token, points, salt, path = fields
    if kind != FORMAT:
        raise Unreadable("format")
    return RowReceipt(
        programme=read_name(programme, place="programme"),
        service=read_name(service, place="service"),
        period=read_name(period, place="period"),
        commitment=Commitment(
            count=read_number(count, place="count"),
            total=read_number(total, place="total"),
            root=read_octets(root, size=HASH_SIZE, place="root"),
        ),
        opening=Opening(
            index=read_number(index, place="index"),
            token=read_octets(token, size=TOKEN_SIZE, place="token"),
            points=read_number(points, place="points"),
            salt=read_octets(salt, size=SALT_SIZE, place="salt"),
            path=_parse_path(path),
        ),
    )


def write_receipt(receipt: RowReceipt) -> bytes:
    """Return the file that `parse_receipt` reads."""
    commitment, opening = receipt.commitment, receipt.opening
    fields = {
        "format": FORMAT,
        "programme": receipt.programme,
        "service": receipt.service,
        "period": receipt.period,
        "index": opening.index,
        "count": commitment.count,
        "total": commitment.total,
        "root": to_base64url(commitment.root),
        "token": to_base64url(opening.token),
        "points": opening.points,
        "salt": to_base64url(opening.salt),
        "path": [{"hash": to_base64url(node.hash), "sum": node.sum} for node in opening.path],
    }
    return json.dumps(fields, ensure_ascii=False, indent=2).encode() + b"\n"


def _parse_path(value: object) -> tuple[Node, ...]:
    path = tuple(read_each(value, _parse_node, place="path"))
    if len(path) > LONGEST_PATH:
        raise Unreadable("path")
    return path


def _parse_node(value: object) -> Node:
    octets, points = read_fields(value, "hash", "sum", place="path")
    return Node(read_octets(octets, size=HASH_SIZE, place="path"), read_number(points, place="path"))
