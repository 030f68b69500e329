import json
from pathlib import Path
from typing import Any

import pytest
from sealing_rows import CAP

from sealedclaim.draw import draw
from sealedclaim.opening import Commitment, Opening, OpeningRefused, check_opening
from sealedclaim.receipt import check_receipt, parse_receipt, write_receipt
from sealedclaim.roll import roll_digest
from sealedclaim.sealing import salt_for, seal
from sealedclaim.tree import Node

FOLDER = Path(__file__).parents[2] / "vectors" / "sealedclaim"


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def opening_from(row: dict[str, Any]) -> Opening:
    return Opening(
        index=row["index"],
        token=bytes.fromhex(row["token"]),
        points=row["points"],
        salt=bytes.fromhex(row["salt"]),
        path=tuple(Node(bytes.fromhex(node["hash"]), node["sum"]) for node in row["path"]),
    )


class TestVectors:
    @pytest.mark.parametrize("closing", read("closings"), ids=lambda closing: f"{closing['count']}-rows")
    def test_of_closings_hold(self, closing: dict[str, Any]) -> None:
        openings = [opening_from(row) for row in closing["rows"]]
        sealed = seal((opening.token, opening.points, opening.salt) for opening in openings)
        root = bytes.fromhex(closing["root"])
        assert sealed.commitment == Commitment(count=closing["count"], total=closing["total"], root=root)
        assert roll_digest((o.token for o in openings), count=len(openings)).hex() == closing["roll_digest"]
        for row, opening in zip(closing["rows"], openings, strict=True):
            assert sealed.open_row(row["index"]) == opening
            assert opening.leaf.hash.hex() == row["leaf"]

    @pytest.mark.parametrize("case", read("draws"), ids=lambda case: f"{case['sample']}-of-{case['count']}")
    def test_of_draws_hold(self, case: dict[str, Any]) -> None:
        hashes = {name: bytes.fromhex(case[name]) for name in ("checkpoint_root", "root")}
        assert draw(**hashes, count=case["count"], sample=case["sample"]) == case["indices"]

    @pytest.mark.parametrize("case", read("salts"), ids=lambda case: case["period"])
    def test_of_salts_hold(self, case: dict[str, Any]) -> None:
        token, closing_key = bytes.fromhex(case["token"]), bytes.fromhex(case["closing_key"])
        assert salt_for(token, closing_key=closing_key, period=case["period"]).hex() == case["salt"]

    @pytest.mark.parametrize("case", read("refused"), ids=lambda case: case["reason"])
    def test_of_refusals_are_refused_for_their_reason(self, case: dict[str, Any]) -> None:
        (closing,) = (closing for closing in read("closings") if closing["count"] == 7)
        token = bytes.fromhex(closing["rows"][4]["token"])
        commitment = Commitment(count=7, total=closing["total"], root=bytes.fromhex(closing["root"]))
        with pytest.raises(OpeningRefused) as refused:
            check_opening(opening_from(case["opening"]), commitment=commitment, token=token, cap=CAP)
        assert refused.value.reason == case["reason"]

    def test_of_the_receipt_hold(self) -> None:
        octets = (FOLDER / "receipt.json").read_bytes()
        receipt = parse_receipt(octets)
        check_receipt(receipt)
        assert write_receipt(receipt) == octets
