"""Write vectors/sealedclaim from the reference: run by hand when the format changes, never by the suite."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from sealing_reference import reference_draw, reference_leaf, reference_path, reference_root
from sealing_rows import closing_rows

FOLDER = Path(__file__).parents[2] / "vectors" / "sealedclaim"
SIZES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13)


def closing(amount: int) -> dict[str, Any]:
    rows = closing_rows(amount, seed=amount)
    leaves = [reference_leaf(index, *row) for index, row in enumerate(rows)]
    root, total = reference_root(leaves)
    tokens = b"".join(row.token for row in rows)
    return {
        "count": amount,
        "total": total,
        "root": root.hex(),
        "roll_digest": hashlib.sha256(amount.to_bytes(8, "big") + tokens).hexdigest(),
        "rows": [
            {
                "index": index,
                "token": row.token.hex(),
                "points": row.points,
                "salt": row.salt.hex(),
                "leaf": leaves[index][0].hex(),
                "path": [{"hash": octets.hex(), "sum": points} for octets, points in reference_path(index, leaves)],
            }
            for index, row in enumerate(rows)
        ],
    }


def draw_case(count: int, sample: int) -> dict[str, Any]:
    checkpoint_root = hashlib.sha256(b"checkpoint %d" % count).digest()
    root = hashlib.sha256(b"closing %d" % sample).digest()
    indices = reference_draw(checkpoint_root, root, count, sample)
    names = {"checkpoint_root": checkpoint_root.hex(), "root": root.hex()}
    return {**names, "count": count, "sample": sample, "indices": indices}


def salt_case(period: str) -> dict[str, Any]:
    token = closing_rows(1)[0].token
    salt = hmac.new(b"\x07" * 32, period.encode() + token, hashlib.sha256).digest()[:16]
    return {"closing_key": (b"\x07" * 32).hex(), "period": period, "token": token.hex(), "salt": salt.hex()}


def refused() -> list[dict[str, Any]]:
    row: dict[str, Any] = closing(7)["rows"][4]
    path = row["path"]
    swollen = [{**path[0], "sum": 2**64 - 1}, *path[1:]]
    shifted = [{**path[0], "sum": path[0]["sum"] + 1}, *path[1:]]
    wrong = {
        "index_outside_roll": {"index": 7},
        "points_over_cap": {"points": 5001},
        "path_length_wrong": {"path": path[:-1]},
        "sum_overflow": {"path": swollen},
        "root_mismatch": {"path": shifted},
    }
    cases = [{"reason": reason, "opening": {**row, **change}} for reason, change in wrong.items()]
    return [*cases, {"reason": "token_not_in_place", "opening": {**row, "token": "ff" * 16}}]


def write(name: str, content: object) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    write("closings", [closing(amount) for amount in SIZES])
    write("draws", [draw_case(*case) for case in ((0, 5), (5, 5), (5, 9), (7, 3), (1000, 20), (10**12, 10))])
    write("salts", [salt_case(period) for period in ("2020-09", "2020-10", "前期")])
    write("refused", refused())
