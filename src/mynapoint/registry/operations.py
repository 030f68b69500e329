"""What can be done with the authority's lists: take one in, whole or not at all; once more changes nothing."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction

from jpki.crl import RevocationList
from jpki.freshness import Update
from jpki.lineage_list import BadRow, LineageRow, RowFault, read_head, read_rows
from mynapoint.holder.operations import resolve_hold
from mynapoint.holder.queries import list_waiting
from mynapoint.holder.rules import hash_certificate
from mynapoint.kernel.sql import wait_for_turn
from mynapoint.registry.models import ImportedList
from mynapoint.registry.queries import find_past, get_newest_list
from mynapoint.registry.rules import LINEAGE, Imported, ListIsCutOff, check_newer, name_revocations, seal_predecessor

_INCOMING_REVOCATIONS = """
    CREATE TEMPORARY TABLE incoming (certificate_hash bytea, revoked_at timestamptz, reason text)"""
_TAKE_IN_REVOCATIONS = """
    INSERT INTO registry_revokedcertificate AS known (certificate_hash, list_name, revoked_at, reason)
    SELECT DISTINCT ON (certificate_hash) certificate_hash, %s, revoked_at, reason
    FROM incoming ORDER BY certificate_hash, revoked_at
    ON CONFLICT (certificate_hash) DO UPDATE SET revoked_at = excluded.revoked_at, reason = excluded.reason
    WHERE (known.revoked_at, known.reason) IS DISTINCT FROM (excluded.revoked_at, excluded.reason)"""
_DROP_WHAT_IS_NO_LONGER_LISTED = """
    DELETE FROM registry_revokedcertificate AS known WHERE list_name = %s
    AND NOT EXISTS (SELECT FROM incoming WHERE incoming.certificate_hash = known.certificate_hash)"""
_INCOMING_LINEAGES = """
    CREATE TEMPORARY TABLE incoming
        (line bigint, certificate_hash bytea, predecessor_hash bytea, sealed_predecessor bytea)"""
_TAKE_IN_LINEAGES = """
    INSERT INTO registry_knownlineage (certificate_hash, predecessor_hash, sealed_predecessor, is_disputed)
    SELECT DISTINCT ON (certificate_hash) certificate_hash, predecessor_hash, sealed_predecessor, false
    FROM incoming ORDER BY certificate_hash, line
    ON CONFLICT (certificate_hash) DO NOTHING"""
_DISPUTE = """
    UPDATE registry_knownlineage AS known SET is_disputed = true FROM incoming
    WHERE incoming.certificate_hash = known.certificate_hash
    AND incoming.predecessor_hash IS DISTINCT FROM known.predecessor_hash
    RETURNING incoming.line"""
_FORGET_INCOMING = "DROP TABLE incoming"


@transaction.atomic
def import_revocations(revocations: RevocationList, *, key: bytes, at: datetime) -> Imported:
    """Make one generation's newest list what counts: what it no longer lists is no longer revoked.

    :raises UnableToImport: when it is older than what was taken in before.
    :raises RevocationListRefused: at an entry that cannot be read.
    """
    name = name_revocations(revocations.issuer_key_id)
    count = len(revocations.content)
    if not _register(name, digest=revocations.digest, update=revocations.update, rows=count, at=at):
        return Imported(name=name, count=count, is_new=False)
    rows = (
        (hash_certificate(certificate, key=key), revocation.revoked_at, revocation.reason.value)
        for certificate, revocation in revocations
    )
    with connection.cursor() as cursor:
        cursor.execute(_INCOMING_REVOCATIONS)
        _copy("incoming (certificate_hash, revoked_at, reason)", rows)
        cursor.execute(_TAKE_IN_REVOCATIONS, [name])
        cursor.execute(_DROP_WHAT_IS_NO_LONGER_LISTED, [name])
        cursor.execute(_FORGET_INCOMING)
    return Imported(name=name, count=count, is_new=True)


@transaction.atomic
def import_lineages(content: bytes, *, issuers: frozenset[bytes], key: bytes, at: datetime) -> Imported:
    """Add a list's rows to what is known; a row that cannot be used is left out and reported.

    A row that contradicts an earlier one makes that certificate's lineage disputed: whose it is, a review decides.

    :raises MalformedLineageList: when it is no list.
    :raises UnableToImport: when it is cut off, or older than what was taken in before.
    """
    lines = io.StringIO(content.decode("ascii", errors="replace"), newline="")
    head = read_head(lines)
    if not _register(LINEAGE, digest=hashlib.sha256(content).digest(), update=head.update, rows=head.count, at=at):
        return Imported(name=LINEAGE, count=head.count, is_new=False)
    rows = list(read_rows(lines, issuers=issuers))
    if len(rows) != head.count:
        raise ListIsCutOff
    disputed = _take_in_lineages((row for row in rows if isinstance(row, LineageRow)), key=key)
    bad_rows = sorted([*(row for row in rows if isinstance(row, BadRow)), *disputed], key=lambda row: row.line)
    return Imported(name=LINEAGE, count=head.count, is_new=True, bad_rows=tuple(bad_rows))


def resolve_open_holds(*, at: datetime) -> int:
    """Close the holds whose certificates' pasts the lists tell by now; return how many.

    Each in a transaction of its own: what is interrupted is done with the next list.
    """
    resolved = 0
    for hold_id, certificate_hash in list_waiting():
        past = find_past(certificate_hash)
        resolved += past is not None and resolve_hold(hold_id, past=past, at=at)
    return resolved


def _take_in_lineages(rows: Iterable[LineageRow], *, key: bytes) -> list[BadRow]:
    with connection.cursor() as cursor:
        cursor.execute(_INCOMING_LINEAGES)
        _copy(
            "incoming (line, certificate_hash, predecessor_hash, sealed_predecessor)",
            (_encode_lineage(row, key=key) for row in rows),
        )
        cursor.execute(_TAKE_IN_LINEAGES)
        cursor.execute(_DISPUTE)
        disputed = [BadRow(line=line, fault=RowFault.CONTRADICTION) for (line,) in cursor.fetchall()]
        cursor.execute(_FORGET_INCOMING)
    return disputed


def _encode_lineage(row: LineageRow, *, key: bytes) -> tuple[int, bytes, bytes | None, bytes | None]:
    own = hash_certificate(row.certificate, key=key)
    if row.predecessor is None:
        return row.line, own, None, None
    sealed = seal_predecessor(row.certificate, row.predecessor, key=key)
    return row.line, own, hash_certificate(row.predecessor, key=key), sealed


def _register(name: str, *, digest: bytes, update: Update, rows: int, at: datetime) -> bool:
    """Write down that a list is taken in, with nobody else at it; return False when it was already."""
    wait_for_turn("registry import")
    if ImportedList.objects.filter(digest=digest).exists():
        return False
    newest = get_newest_list(name)
    check_newer(update, newest=newest.update.this_update if newest else None, at=at)
    ImportedList.objects.create(
        digest=digest,
        name=name,
        this_update=update.this_update,
        next_update=update.next_update,
        rows=rows,
        imported_at=at,
    )
    return True


def _copy(target: str, rows: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
