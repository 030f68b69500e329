import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealing_rows import closing_rows, flipped_bits

from sealedclaim.opening import IndexOutsideRoll, OpeningRefused
from sealedclaim.receipt import (
    RECEIPT_LIMIT,
    CommitmentMismatch,
    RowReceipt,
    check_receipt,
    parse_receipt,
    write_receipt,
)
from sealedclaim.sealing import seal
from sealedclaim.strict_json import Unreadable

ROWS = closing_rows(11)
SEALED = seal(ROWS)


def make_receipt(index: int = 4) -> RowReceipt:
    return RowReceipt(
        programme="national-2020",
        service="ginga-pay",
        period="2020-09",
        commitment=SEALED.commitment,
        opening=SEALED.open_row(index),
    )


def spoiled_documents(document: dict[str, Any]) -> list[object]:
    """Return the document with one thing wrong in it, for each thing that can be."""
    spoiled: list[object] = [None, [], 1, "x", [document], {**document, "name": "x"}]
    for name, value in document.items():
        spoiled.append({key: kept for key, kept in document.items() if key != name})
        others = [None, True, 1.0, -1, 1 << 64, [], {}, "", "ä", "=" * 22, "A" * 21, "A" * 23, [{}], [1], "\n"]
        spoiled += [{**document, name: other} for other in others if other != value and not _is_fine(name, other)]
        if isinstance(value, str) and not _is_fine(name, "ä"):
            spoiled += [{**document, name: value + "="}, {**document, name: value + "\n"}]
    return spoiled


def _is_fine(name: str, value: object) -> bool:
    names = {"programme", "service", "period"}
    return (name == "path" and value == []) or (name in names and value in ("ä", "=" * 22, "A" * 21, "A" * 23))


class TestRowReceipt:
    @pytest.mark.parametrize("index", range(11))
    def test_is_read_as_it_was_written_and_holds(self, index: int) -> None:
        receipt = parse_receipt(write_receipt(make_receipt(index)))
        assert receipt == make_receipt(index)
        check_receipt(receipt, published=SEALED.commitment)

    def test_says_what_it_is_in_its_own_fields(self) -> None:
        fields = json.loads(write_receipt(make_receipt()))
        assert list(fields) == [
            "format", "programme", "service", "period", "index", "count", "total", "root", "token", "points", "salt",
            "path",
        ]  # fmt: skip

    def test_is_refused_with_one_thing_wrong(self) -> None:
        for spoiled in spoiled_documents(json.loads(write_receipt(make_receipt()))):
            with pytest.raises(Unreadable):
                parse_receipt(json.dumps(spoiled).encode())

        receipt = json.loads(write_receipt(make_receipt()))
        for node in spoiled_documents(receipt["path"][0]):
            with pytest.raises(Unreadable):
                parse_receipt(json.dumps({**receipt, "path": [node]}).encode())

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\xff",
            b"[" * 50_000,
            b'{"format":"","format":""}',
            b'{"index":' + b"9" * 5000 + b"}",
            b'{"index":NaN}',
            b'{"index":1e999}',
            b"\xef\xbb\xbf" + write_receipt(make_receipt()),
            write_receipt(make_receipt()) + b" " * RECEIPT_LIMIT,
        ],
    )
    def test_is_refused_when_it_is_no_such_json(self, octets: bytes) -> None:
        with pytest.raises(Unreadable):
            parse_receipt(octets)

    def test_is_refused_with_a_path_that_no_tree_has(self) -> None:
        receipt = make_receipt()
        opening = replace(receipt.opening, path=receipt.opening.path[:1] * 65)
        with pytest.raises(Unreadable):
            parse_receipt(write_receipt(replace(receipt, opening=opening)))

    @given(place=st.integers(0), octet=st.integers(0, 255))
    @settings(max_examples=2000)
    def test_with_one_byte_changed_is_refused_fails_the_check_or_names_another_closing(
        self, place: int, octet: int
    ) -> None:
        written = bytearray(write_receipt(make_receipt()))
        written[place % len(written)] = octet
        try:
            receipt = parse_receipt(bytes(written))
            check_receipt(receipt, published=SEALED.commitment)
        except (Unreadable, OpeningRefused, CommitmentMismatch):
            return
        assert receipt.opening == make_receipt().opening

    def test_of_a_row_beyond_the_last_is_refused(self) -> None:
        receipt = make_receipt(10)
        with pytest.raises(IndexOutsideRoll):
            check_receipt(replace(receipt, opening=replace(receipt.opening, index=11)))

    def test_of_another_closing_than_the_published_one_is_refused(self) -> None:
        receipt = make_receipt()
        for root in flipped_bits(SEALED.commitment.root):
            with pytest.raises(CommitmentMismatch):
                check_receipt(receipt, published=replace(SEALED.commitment, root=root))
        with pytest.raises(CommitmentMismatch):
            check_receipt(receipt, published=replace(SEALED.commitment, total=SEALED.commitment.total + 1))

    @given(octets=st.binary(max_size=300))
    @settings(max_examples=2000)
    def test_of_random_bytes_is_refused_by_name(self, octets: bytes) -> None:
        with pytest.raises(Unreadable):
            parse_receipt(octets)

    @given(
        document=st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        )
    )
    @settings(max_examples=500)
    def test_of_random_json_is_refused_by_name(self, document: object) -> None:
        with pytest.raises(Unreadable):
            parse_receipt(json.dumps(document).encode())
