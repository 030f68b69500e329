"""Whatever somebody with access to the database alone does to the journal, verification finds it and names the row."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from django.db import models, transaction
from journal_parties import NOON, record_acts, run_sql

from mynapoint.journal.merkle import Frontier, leaf_hash
from mynapoint.journal.models import Entry, Node, PendingEntry, Position, SignedCheckpoint
from mynapoint.journal.operations import record, sequence
from mynapoint.journal.queries import get_checkpoint, get_inclusion_proof, verify_journal
from mynapoint.journal.rules import Finding, JournalDamaged, Problem, Table, octets_of

TABLES = (Entry, PendingEntry, Position, Node, SignedCheckpoint)
COLUMNS = [(model, field.column) for model in TABLES for field in model._meta.local_concrete_fields]
KEYS = {"id", "entry_id", "size", "level"}
SWAPPED = [(model, column) for model, column in COLUMNS if column not in KEYS and (model, column) != (Node, "index")]
EDITS: dict[type, tuple[str, ...]] = {
    models.TextField: ("{0} || ' '", "''", "upper({0}) || 'x'"),
    models.BinaryField: ("set_byte({0}, 0, get_byte({0}, 0) # 1)", "''::bytea", "{0} || '\\x00'::bytea"),
    models.DateTimeField: ("{0} + interval '1 microsecond'", "{0} - interval '1 year'"),
    models.UUIDField: ("gen_random_uuid()",),
    models.OneToOneField: ("gen_random_uuid()",),
    models.BigIntegerField: ("coalesce({0}, 0) + 1000", "-coalesce({0}, 0) - 1"),
    models.SmallIntegerField: ("{0} + 20", "-{0} - 1"),
}


@pytest.fixture
def journal(db: None) -> list[UUID]:
    """A journal with checkpoints at 4, 8 and 11 entries, and three entries that wait."""
    entries = []
    for amount in (4, 4, 3):
        entries += record_acts(amount)
        sequence(at=NOON)
    return entries + record_acts(3)


@contextmanager
def undone() -> Iterator[None]:
    """Undo in the end what was done to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_of(model: type[models.Model]) -> list[tuple[str, Any]]:
    """Return where each row is (its ctid, which names it through any edit) and the row itself."""
    ctids = model.objects.extra(select={"ctid_": "ctid::text"})  # type: ignore[attr-defined]
    return [(row.ctid_, row) for row in ctids]


def names_of(row: Any) -> set[str]:
    """Return the names by which a report may point at this row."""
    if isinstance(row, Entry | PendingEntry):
        return {str(row)}
    if isinstance(row, Position):
        return {str(row), str(row.index)}
    return {str(row)}


def named(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.row for finding in findings}


class TestVerifyJournal:
    def test_finds_nothing_in_a_journal_that_nobody_touched(self, journal: list[UUID]) -> None:
        report = verify_journal()
        assert report.is_intact
        assert (report.sequenced, report.unsequenced, report.checkpoints) == (11, 3, 3)
        assert str(report).endswith("ひとつもありません。")

    @pytest.mark.django_db
    def test_finds_nothing_in_an_empty_journal_before_and_after_its_first_checkpoint(self) -> None:
        assert verify_journal().is_intact
        sequence(at=NOON)
        report = verify_journal()
        assert (report.is_intact, report.sequenced, report.checkpoints) == (True, 0, 1)

    @pytest.mark.parametrize(("model", "column"), COLUMNS, ids=lambda value: getattr(value, "__name__", value))
    def test_finds_every_edit_of_every_column_of_every_row(
        self, journal: list[UUID], model: type[models.Model], column: str
    ) -> None:
        field = next(field for field in model._meta.local_concrete_fields if field.column == column)
        table = model._meta.db_table
        for ctid, row in rows_of(model):
            for edit in EDITS[type(field)]:
                with undone():
                    assert (
                        run_sql(f"UPDATE {table} SET {column} = {edit.format(column)} WHERE ctid = %s::tid", ctid) == 1
                    )
                    report = verify_journal()
                assert not report.is_intact, (row, edit)
                row_after = {str(getattr(row, "previous_size", None))}
                assert named(report.findings) & (names_of(row) | row_after) or column in {"entry_id", "id"}

    @pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
    def test_finds_every_removed_row_and_names_it(self, journal: list[UUID], model: type[models.Model]) -> None:
        for ctid, row in rows_of(model):
            with undone():
                run_sql(f"DELETE FROM {model._meta.db_table} WHERE ctid = %s::tid", ctid)
                report = verify_journal()
            assert named(report.findings) & names_of(row), row
            # A place that is gone leaves two traces: the gap in the tree, and the entry that stood there.
            assert report.found == (2 if model is Position else 1), [str(finding) for finding in report.findings]

    @pytest.mark.parametrize(("model", "column"), SWAPPED, ids=lambda value: getattr(value, "__name__", value))
    def test_finds_two_rows_that_swapped_a_value(
        self, journal: list[UUID], model: type[models.Model], column: str
    ) -> None:
        field = next(field for field in model._meta.local_concrete_fields if field.column == column)
        table = model._meta.db_table
        swap = f'UPDATE {table} a SET "{column}" = b."{column}" FROM {table} b'
        pair = " WHERE (a.ctid = %s::tid AND b.ctid = %s::tid) OR (a.ctid = %s::tid AND b.ctid = %s::tid)"
        for (one, row), (two, other) in combinations(rows_of(model), 2):
            if getattr(row, field.attname) == getattr(other, field.attname):
                continue
            with undone():
                run_sql(swap + pair, one, two, two, one)
                report = verify_journal()
            assert named(report.findings) & names_of(row), (row, other)
            assert named(report.findings) & names_of(other), (row, other)

    def test_finds_a_forged_entry(self, journal: list[UUID]) -> None:
        for queue in (True, False):
            with undone():
                forged = UUID(int=7)
                run_sql("INSERT INTO journal_entry VALUES (%s, 'reservation', '{}', now(), %s)", forged, bytes(32))
                if queue:
                    run_sql("INSERT INTO journal_pendingentry (entry_id) VALUES (%s)", forged)
                assert verify_journal().findings == (Finding(Table.ENTRY, str(forged), Problem.NOT_SEALED),)

    def test_finds_an_entry_copied_under_another_id(self, journal: list[UUID]) -> None:
        copied = UUID(int=7)
        run_sql(
            "INSERT INTO journal_entry SELECT %s, kind, facts, recorded_at, seal FROM journal_entry WHERE id = %s",
            copied,
            journal[0],
        )
        assert str(copied) in named(verify_journal().findings)

    def test_finds_an_entry_cut_differently_into_its_columns(self, journal: list[UUID]) -> None:
        with transaction.atomic():
            inner = UUID(int=7)
            entry_id = record(kind="reservation", facts={"a": 1, "id": str(inner), "kind": "x"}, at=NOON)
        kind = f'x"}},"id":"{entry_id}","kind":"reservation'
        edit = """UPDATE journal_entry SET id = %s, facts = '{"a":1', kind = %s WHERE id = %s"""
        run_sql(edit, inner, kind, entry_id)
        run_sql("UPDATE journal_pendingentry SET entry_id = %s WHERE entry_id = %s", inner, entry_id)
        assert verify_journal().findings == (Finding(Table.ENTRY, str(inner), Problem.NOT_SEALED),)

    def test_finds_a_queue_row_added_for_a_placed_or_an_unknown_entry(self, journal: list[UUID]) -> None:
        for entry, problem in ((journal[0], Problem.ADDED), (UUID(int=7), Problem.WITHOUT_ENTRY)):
            with undone():
                run_sql("INSERT INTO journal_pendingentry (entry_id) VALUES (%s)", entry)
                assert verify_journal().findings == (Finding(Table.PENDING, str(entry), problem),)

    def test_finds_a_place_added_for_a_waiting_entry(self, journal: list[UUID]) -> None:
        for index in (-1, 3, 11, 12, 10**15):
            with undone():
                run_sql("INSERT INTO journal_position VALUES (%s, %s, %s)", journal[-1], index, bytes(32))
                findings = verify_journal().findings
            assert Finding(Table.POSITION, str(journal[-1]), Problem.NOT_SEALED) in findings

    @pytest.mark.parametrize("place", [(0, 11), (0, -1), (1, 5), (3, 1), (4, 0), (30, 0), (-1, 0)])
    def test_finds_a_hash_added_where_the_tree_has_none(self, journal: list[UUID], place: tuple[int, int]) -> None:
        run_sql("INSERT INTO journal_node (level, index, hash) VALUES (%s, %s, %s)", *place, bytes(32))
        assert verify_journal().findings == (Finding(Table.NODE, f"{place[0]}/{place[1]}", Problem.ADDED),)

    @pytest.mark.parametrize("size", [-1, 0, 5, 11 + 1, 1000])
    def test_finds_an_added_checkpoint(self, journal: list[UUID], size: int) -> None:
        sql = """INSERT INTO journal_signedcheckpoint (size, previous_size, root, signed_at, note, seal)
                 SELECT %s, previous_size, root, signed_at, note, seal FROM journal_signedcheckpoint WHERE size = 8"""
        run_sql(sql, size)
        assert verify_journal().findings == (Finding(Table.CHECKPOINT, str(size), Problem.NOT_SEALED),)

    def test_finds_an_entry_edited_together_with_all_hashes_above_it(self, journal: list[UUID]) -> None:
        edited = journal[2]
        run_sql("UPDATE journal_entry SET kind = 'application' WHERE id = %s", edited)
        frontier = Frontier(size=0, hashes=[])
        for placed in Entry.objects.filter(id__in=journal[:11]).order_by("id"):
            for at, octets in frontier.append(leaf_hash(octets_of(placed) or b"")):
                run_sql("UPDATE journal_node SET hash = %s WHERE level = %s AND index = %s", octets, *at)
        findings = verify_journal().findings
        assert Finding(Table.ENTRY, str(edited), Problem.NOT_SEALED) in findings
        assert Finding(Table.CHECKPOINT, "11", Problem.NOT_THE_SIGNED_TREE) in findings

    def test_finds_all_checkpoints_removed(self, journal: list[UUID]) -> None:
        run_sql("DELETE FROM journal_signedcheckpoint")
        assert Finding(Table.CHECKPOINT, "11", Problem.REMOVED) in verify_journal().findings

    def test_finds_the_newest_part_cut_off_as_a_whole_by_a_note_kept_outside(self, journal: list[UUID]) -> None:
        newest = get_checkpoint()
        assert newest is not None
        gone = list(Position.objects.filter(index__gte=8).values_list("entry_id", flat=True)) + journal[11:]
        run_sql("DELETE FROM journal_entry WHERE id = ANY(%s)", gone)
        run_sql("DELETE FROM journal_pendingentry")
        run_sql("DELETE FROM journal_position WHERE index >= 8")
        run_sql("DELETE FROM journal_node WHERE ((index + 1) << level) > 8")
        run_sql("DELETE FROM journal_signedcheckpoint WHERE size > 8")
        assert verify_journal().is_intact
        report = verify_journal(kept_notes=[newest.note])
        assert [str(finding) for finding in report.findings] == [
            f"note 1 (控えは{newest.size}件、いまは8件): 末尾が消されています。"
        ]

    def test_takes_notes_kept_outside_and_refuses_those_it_never_signed(self, journal: list[UUID]) -> None:
        notes = list(SignedCheckpoint.objects.order_by("size").values_list("note", flat=True))
        assert verify_journal(kept_notes=notes).is_intact
        report = verify_journal(kept_notes=[*notes, notes[0].replace("\n4\n", "\n5\n"), "no note"])
        assert report.findings == (
            Finding(Table.NOTE, "4", Problem.NOT_SIGNED),
            Finding(Table.NOTE, "5", Problem.NOT_SIGNED),
        )

    def test_says_in_words_what_it_found(self, journal: list[UUID]) -> None:
        run_sql("UPDATE journal_entry SET kind = 'application' WHERE id = %s", journal[0])
        words = str(verify_journal())
        assert "異常が 1 件あります。" in words
        assert f"journal_entry {journal[0]}: " in words
        assert "書き換えた" in words

    def test_tells_how_far_it_is(self, journal: list[UUID]) -> None:
        told: list[tuple[int, int]] = []
        verify_journal(progress=lambda done, total: told.append((done, total)))
        assert told[-1] == (14, 14)

    def test_counts_what_it_no_longer_lists(self, journal: list[UUID]) -> None:
        run_sql("INSERT INTO journal_node SELECT 40, number, '\\x00' FROM generate_series(1, 1500) AS number")
        report = verify_journal()
        assert (report.found, len(report.findings)) == (1500, 1000)
        assert "(ほかに 500 件)" in str(report)


class TestSequenceOverDamage:
    def test_lends_its_signature_to_no_forged_entry(self, journal: list[UUID]) -> None:
        run_sql("UPDATE journal_entry SET kind = 'application' WHERE id = %s", journal[-1])
        run_sql("INSERT INTO journal_pendingentry (entry_id) VALUES (%s)", journal[0])
        assert sequence(at=NOON, limit=1) == 1
        assert sequence(at=NOON, limit=5) == 1
        assert sequence(at=NOON) == 0
        assert set(PendingEntry.objects.values_list("entry_id", flat=True)) == {journal[0], journal[-1]}
        assert named(verify_journal().findings) == {str(journal[0]), str(journal[-1])}

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE journal_node SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE level = 3",
            "DELETE FROM journal_node WHERE level = 0 AND index = 10",
            "INSERT INTO journal_node VALUES (0, 11, '\\x00')",
            "DELETE FROM journal_signedcheckpoint WHERE size = 11",
            "DELETE FROM journal_signedcheckpoint",
            "UPDATE journal_signedcheckpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE size = 11",
            "UPDATE journal_signedcheckpoint SET note = note || ' ' WHERE size = 11",
            "UPDATE journal_signedcheckpoint SET size = 10 WHERE size = 11",
        ],
    )
    def test_signs_nothing_over_a_tree_that_was_changed(self, journal: list[UUID], damage: str) -> None:
        run_sql(damage)
        signed = SignedCheckpoint.objects.count()
        with pytest.raises(JournalDamaged):
            sequence(at=NOON)
        assert (SignedCheckpoint.objects.count(), PendingEntry.objects.count()) == (signed, 3)


class TestProofOverDamage:
    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE journal_node SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE level = 1 AND index = 1",
            "DELETE FROM journal_node WHERE level = 1 AND index = 1",
            "UPDATE journal_entry SET facts = '{}'",
            "UPDATE journal_entry SET kind = ''",
            "DELETE FROM journal_entry",
            "UPDATE journal_position SET index = 9 WHERE index = 0",
        ],
    )
    def test_is_never_given_out_when_it_would_not_hold(self, journal: list[UUID], damage: str) -> None:
        first = Position.objects.get(index=0).entry_id
        run_sql(damage)
        with pytest.raises(JournalDamaged):
            get_inclusion_proof(first)
