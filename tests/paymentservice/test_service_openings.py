"""The opened rows as they travel: what the kit writes, the platform reads."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paymentservice.bodies import OPENINGS_LIMIT, BodyRefused
from paymentservice.openings import MOST_ROWS, read_openings, write_openings
from sealedclaim.opening import OpeningRefused, check_path
from sealedclaim.sealing import salted, seal
from sealedclaim.tree import LONGEST_PATH

SEALED = seal(salted([(bytes([n]) * 16, n) for n in range(1, 12)], closing_key=bytes(32), period="2020-09"))
WRITTEN = write_openings([SEALED.open_row(3)])


def body_of(*rows: object) -> bytes:
    return json.dumps({"openings": rows}).encode()


def the_row() -> dict[str, Any]:
    row: dict[str, Any] = json.loads(WRITTEN)["openings"][0]
    return row


def with_one_thing_wrong(document: dict[str, Any]) -> list[object]:
    """Return the document without each of its fields, with one more, and with values that no field may have."""
    others = [None, True, 1.5, -1, 1 << 63, {}, "", "\u00e4", "=" * 22, "A" * 21, "A" * 44, [1]]
    return [
        *(None, [], 1, "x", {**document, "name": "x"}),
        *({key: kept for key, kept in document.items() if key != name} for name in document),
        *({**document, name: other} for name in document for other in others),
        *({**document, name: value + "="} for name, value in document.items() if isinstance(value, str)),
    ]


class TestOpenings:
    def test_are_read_as_they_were_written(self) -> None:
        openings = [SEALED.open_row(index) for index in (0, 5, 10)]
        assert read_openings(write_openings(openings)) == openings
        assert read_openings(write_openings([])) == []

    def test_have_the_fields_of_the_wire_and_no_other(self) -> None:
        assert the_row().keys() == {"index", "points", "salt", "token", "path"}
        assert the_row()["path"][0].keys() == {"hash", "sum"}

    def test_are_refused_with_one_thing_wrong(self) -> None:
        spoilt = with_one_thing_wrong(the_row())
        spoilt += [{**the_row(), "path": [step]} for step in with_one_thing_wrong(the_row()["path"][0])]
        for row in spoilt:
            with pytest.raises(BodyRefused):
                read_openings(body_of(row))

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"\xff",
            b"[" * 100_000,
            b'{"openings":' + b"9" * 5000 + b"}",
            b'{"openings":NaN}',
            b'{"openings":1e999}',
            b"\xef\xbb\xbf" + WRITTEN,
            WRITTEN + b" " * OPENINGS_LIMIT,
        ],
    )
    def test_are_refused_when_they_are_no_such_json(self, octets: bytes) -> None:
        with pytest.raises(BodyRefused):
            read_openings(octets)

    def test_are_taken_up_to_the_most_rows_and_the_longest_path(self) -> None:
        row, step = the_row(), the_row()["path"][0]
        assert len(read_openings(body_of(*[row] * MOST_ROWS))) == MOST_ROWS
        assert read_openings(body_of({**row, "path": [step] * LONGEST_PATH}))
        for body in (body_of(*[row] * (MOST_ROWS + 1)), body_of({**row, "path": [step] * (LONGEST_PATH + 1)})):
            with pytest.raises(BodyRefused):
                read_openings(body)

    @given(place=st.integers(0, len(WRITTEN) - 1), octet=st.integers(0, 255))
    @settings(max_examples=500)
    def test_with_one_byte_changed_are_refused_or_fail_the_check(self, place: int, octet: int) -> None:
        changed = bytearray(WRITTEN)
        changed[place] = octet
        try:
            (opening,) = read_openings(bytes(changed))
            check_path(opening, commitment=SEALED.commitment)
        except (BodyRefused, OpeningRefused):
            return
        assert opening == SEALED.open_row(3)
