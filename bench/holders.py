"""The rows that earlier holders leave behind: one reservation each, sequenced in the journal, the acts forgotten."""

from typing import Final

import psycopg

from bench.stage import AT, PROGRAMME
from mynapoint.kernel.slip_code import CODE_ALPHABET
from mynapoint.reservation.rules import MYKEY_LENGTH

# Ids rise with time, as UUIDv7 do; hashes are spread evenly; letters are a permutation, so that no two are alike.
_ID: Final = "('01748000' || lpad(to_hex(n), 24, '0'))::uuid"
_ACT: Final = "('01748001' || lpad(to_hex(n), 24, '0'))::uuid"
_ENTRY: Final = "('01748002' || lpad(to_hex(n), 24, '0'))::uuid"
_HASH: Final = "sha256(n::text::bytea)"
_SEAL: Final = "sha256((n || 'seal')::bytea)"
_TIMES: Final = 98_765_432_101
_LETTERS: Final = " || ".join(
    f"substr('{CODE_ALPHABET}', 1 + (n * {_TIMES} / {len(CODE_ALPHABET) ** place} % {len(CODE_ALPHABET)})::int, 1)"
    for place in range(MYKEY_LENGTH)
)
_FACTS: Final = (
    f"""'{{"act":"' || {_ACT} || '","holder":"' || encode({_HASH}, 'hex') || '","programme":"{PROGRAMME}"' """
    f"""|| ',"statement":"' || encode({_SEAL}, 'hex') || '"}}'"""
)
_ROWS: Final = (
    ("holder_holder (id, first_seen_at)", f"{_ID}, '{AT}'", ""),
    ("holder_holdercertificate (certificate_hash, holder_id, recorded_at)", f"{_HASH}, {_ID}, '{AT}'", "ORDER BY 1"),
    (
        "reservation_reservation (holder_id, programme, mykey_id, act_id, reserved_at)",
        f"{_ID}, '{PROGRAMME}', {_LETTERS}, {_ACT}, '{AT}'",
        "",
    ),
    ("reservation_issuedmykeyid (mykey_id, holder_id)", f"{_LETTERS}, {_ID}", "ORDER BY 1"),
    (
        "journal_entry (id, kind, facts, recorded_at, seal)",
        f"{_ENTRY}, 'reservation', {_FACTS}, '{AT}', {_SEAL}",
        "",
    ),
    ('journal_position (entry_id, "index", seal)', f"{_ENTRY}, n - 1, {_SEAL}", ""),
)


def settle(connection: "psycopg.Connection[tuple[object, ...]]", count: int) -> None:
    """Write the rows of so many holders and bring the database to rest, as it is after a night."""
    connection.execute("SET synchronous_commit = off")
    for table, values, order in _ROWS:
        numbers = f"FROM generate_series(1::bigint, {count}) AS numbers (n) {order}"
        connection.execute(f"INSERT INTO {table} SELECT {values} {numbers}")  # type: ignore[arg-type]
    connection.execute("UPDATE programme_placeshard SET taken = %s", [count // 16])
    connection.execute("VACUUM (FREEZE, ANALYZE)")
