"""The journal seen from outside: what the site publishes of it, and whoever keeps watch by that alone."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client
from journal_parties import NOON, record_acts
from pytest_django import Settings

from mynapoint.console.main import main
from mynapoint.journal.growth import GrowthRefused, Watched, check_growth
from mynapoint.journal.merkle import check_consistency
from mynapoint.journal.notes import (
    CheckpointText,
    NoteRefused,
    open_checkpoint,
    read_verifier_key,
    sign_checkpoint,
    verifier_key,
)
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import get_checkpoint
from published import publishing

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
NAME = "mynapoint.example/journal"
VERIFIER = verifier_key(NAME, KEY.public_key())


def grow(amount: int) -> None:
    record_acts(amount)
    sequence(at=NOON)


def note_of(size: int, root: bytes, *, key: Ed25519PrivateKey = KEY) -> str:
    return sign_checkpoint(CheckpointText(origin=NAME, size=size, root=root), key=key)


class TestVerifierKey:
    def test_is_read_as_it_was_written(self) -> None:
        name, key = read_verifier_key(VERIFIER)
        assert (name, key) == (NAME, KEY.public_key())

    @pytest.mark.parametrize(
        "line",
        [
            "",
            NAME,
            VERIFIER + "\n",
            VERIFIER[:-4],
            VERIFIER.replace("+", "+0", 1),
            "other" + VERIFIER,
            f"{NAME}+{'0' * 8}+{base64.b64encode(bytes([2]) + KEY.public_key().public_bytes_raw()).decode()}",
        ],
    )
    def test_that_is_none_is_refused(self, line: str) -> None:
        with pytest.raises(NoteRefused):
            read_verifier_key(line)


class TestCheckGrowth:
    @pytest.mark.parametrize(
        ("newer", "reason"),
        [
            (note_of(4, bytes(32), key=OTHER), "not_signed"),
            ("", "not_signed"),
            (note_of(2, bytes(32)), "smaller"),
            (note_of(3, b"x" * 32), "not_grown"),
            (note_of(4, bytes(32)), "not_grown"),
        ],
    )
    def test_names_what_is_not_so(self, newer: str, reason: str) -> None:
        kept = Watched(VERIFIER, note_of(3, bytes(32)))
        with pytest.raises(GrowthRefused) as refused:
            check_growth(kept, Watched(VERIFIER, newer), prove=lambda _old, _new: ())
        assert refused.value.reason == reason

    def test_lets_the_same_tree_pass_and_asks_for_no_proof(self) -> None:
        kept = Watched(VERIFIER, note_of(3, bytes(32)))
        check_growth(kept, kept, prove=lambda *_: pytest.fail("asked"))
        assert Watched.parse(str(kept)) == kept


@pytest.mark.django_db
class TestPublishedJournal:
    def test_tells_its_key_by_which_its_checkpoints_open(self, client: Client) -> None:
        assert client.get("/journal/key").status_code == 404
        grow(1)
        name, key = read_verifier_key(client.get("/journal/key").content.decode().rstrip("\n"))
        note = client.get("/journal/checkpoint").content.decode()
        assert open_checkpoint(note, origin=name, key=key).size == 1

    def test_proves_that_it_has_only_grown_and_lets_caches_keep_that(self, client: Client) -> None:
        roots = {}
        for amount in (3, 4):
            grow(amount)
            newest = get_checkpoint()
            assert newest is not None
            roots[newest.size] = newest.root
        answer = client.get("/journal/consistency/3/7")
        path = [base64.b64decode(node) for node in answer.json()["path"]]
        check_consistency(old=3, new=7, path=path, old_root=roots[3], new_root=roots[7])
        assert answer["Cache-Control"] == "public, max-age=86400, immutable"

    @pytest.mark.parametrize("sizes", ["0/3", "3/4", "4/3", f"3/{10**19}", f"{10**30}/{10**31}"])
    def test_has_no_proof_for_sizes_that_were_never_signed(self, client: Client, sizes: str) -> None:
        grow(3)
        answer = client.get(f"/journal/consistency/{sizes}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert "max-age" not in answer.headers.get("Cache-Control", "")


@pytest.mark.django_db
class TestWatching:
    """`mynapoint checkpoint verify`, on a machine that has neither the database nor a secret."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "kept"

    def publish(self, client: Client, *growths: str) -> Mapping[str, tuple[int, bytes]]:
        paths = ["/journal/key", "/journal/checkpoint", *(f"/journal/consistency/{growth}" for growth in growths)]
        return {path: (200, client.get(path).content) for path in paths}

    def verify(self, file: Path, pages: Mapping[str, tuple[int, bytes]], *words: str) -> int:
        with publishing(pages) as site:
            return main(["checkpoint", "verify", str(file), "--site", f"{site}/", *words])

    def test_keeps_what_has_only_grown(self, client: Client, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        grow(3)
        small = self.publish(client)
        grow(4)
        grown = self.publish(client, "3/7")
        assert self.verify(file, small) == 0
        assert "運営者が別の所で知らせている鍵と同じか" in capsys.readouterr().out
        for before in (3, 7):
            assert self.verify(file, grown) == 0
            assert f"控えた {before} 件から 7 件へ" in capsys.readouterr().out
            assert Watched.parse(file.read_text()).checkpoint.size == 7

    def test_tells_a_changed_journal_and_keeps_the_evidence(
        self, client: Client, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        grow(3)
        self.verify(file, self.publish(client))
        before, key = file.read_text(), settings.JOURNAL_SIGNING_KEY
        other_tree = CheckpointText(origin=settings.JOURNAL_ORIGIN, size=3, root=bytes(32))
        note = sign_checkpoint(other_tree, key=key).encode()
        assert self.verify(file, {"/journal/checkpoint": (200, note)}) == 1
        assert "前の記録が変えられたおそれ" in capsys.readouterr().err
        assert file.read_text() == before
        (evidence,) = file.parent.glob("kept.refused-*")
        assert Watched.parse(evidence.read_text()).note == note.decode()

    def test_begins_under_the_operator_s_own_key_alone(
        self, client: Client, file: Path, capsys: pytest.CaptureFixture[str], settings: Settings
    ) -> None:
        grow(1)
        pages = self.publish(client)
        key = pages["/journal/key"][1].decode().strip()
        assert self.verify(file, pages, "--key", VERIFIER) == 1
        assert not file.exists()
        assert self.verify(file, pages, "--key", key) == 0
        assert self.verify(file, pages, "--key", VERIFIER) == 1
        assert "別の鍵の控え" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("pages", "told"),
        [
            ({}, "まだ何も公開されていません"),
            ({"/journal/key": (503, b"")}, "答えがありません"),
            ({"/journal/key": (200, b"\xff")}, "答えがありません"),
            ({"/journal/key": (200, b"x"), "/journal/checkpoint": (200, b"y")}, "この鍵で署名されていません"),
        ],
    )
    def test_begins_with_nothing_that_is_none(
        self, file: Path, capsys: pytest.CaptureFixture[str], pages: Mapping[str, tuple[int, bytes]], told: str
    ) -> None:
        assert self.verify(file, pages) == 1
        assert told in capsys.readouterr().err
        assert not file.exists()

    def test_does_not_go_on_from_a_file_that_is_something_else(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file.write_text("something else")
        assert self.verify(file, {}) == 1
        assert "控えではありません" in capsys.readouterr().err
        assert file.read_text() == "something else"
