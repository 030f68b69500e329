"""What a register keeps in memory: never an answer that was taken back, and no old one for longer than it says."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cast import AT, PROGRAMME, PROGRAMME_FILE
from mynapoint.kernel.documents import DocumentDiffers
from mynapoint.kernel.register import KEPT_SECONDS
from mynapoint.programme.models import PlaceShard, ProgrammeRevision
from mynapoint.programme.operations import PLACE_SHARDS, load_programme
from mynapoint.programme.queries import REGISTER, get_programme, list_programmes
from mynapoint.programme.rules import ProgrammeUnknown
from races import at_once, list_ends

FEW_THERE = "2020-01-01T00:00:00+09:00"
EARLIER = "2020-02-01T00:00:00+09:00"


def load_as_another_process(path: Path) -> None:
    """Load a text behind the back of what is kept here, as somebody else's command does."""
    kept = REGISTER._memory.known
    load_programme(path, at=AT)
    REGISTER._memory.known = kept


def change_cap(folder: Path, cap: int) -> Path:
    """Return a text with another upper limit, which counts since a month later."""
    path = folder / f"{cap}.toml"
    text = PROGRAMME_FILE.read_text().replace("cap = 5000", f"cap = {cap}").replace(FEW_THERE, EARLIER)
    path.write_text(text)
    return path


def get_cap() -> int:
    return get_programme(PROGRAMME, at=AT).grant.cap


@contextmanager
def taken_back() -> Iterator[None]:
    """Do something in a transaction that comes to nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestKeptTexts:
    @pytest.fixture(autouse=True)
    def _loaded(self) -> None:
        load_programme(PROGRAMME_FILE, at=AT)

    def test_are_asked_for_once(self) -> None:
        assert get_cap() == 5000
        with CaptureQueriesContext(connection) as asked:
            assert get_cap() == 5000
            with transaction.atomic():
                assert get_cap() == 5000
            assert [one.id for one in list_programmes(at=AT)] == [PROGRAMME]
        assert [query["sql"] for query in asked if "programmerevision" in query["sql"]] == []

    def test_follow_this_process_at_once(self, tmp_path: Path) -> None:
        assert get_cap() == 5000
        load_programme(change_cap(tmp_path, 6000), at=AT)
        assert get_cap() == 6000
        assert [one.grant.cap for one in list_programmes(at=AT)] == [6000]

    def test_follow_another_process_within_their_seconds(self, tmp_path: Path) -> None:
        assert get_cap() == 5000
        load_as_another_process(change_cap(tmp_path, 6000))
        time.sleep(KEPT_SECONDS)
        assert get_cap() == 6000

    def test_follow_whoever_counts_them(self, tmp_path: Path) -> None:
        assert get_cap() == 5000
        load_as_another_process(change_cap(tmp_path, 6000))
        assert REGISTER.count_texts() == 2
        assert get_cap() == 6000

    def test_are_not_those_of_a_transaction_that_came_to_nothing(self, tmp_path: Path) -> None:
        assert get_cap() == 5000
        with taken_back():
            load_programme(change_cap(tmp_path, 6000), at=AT)
            assert get_cap() == 6000
            assert REGISTER.count_texts() == 2
        assert get_cap() == 5000

    def test_are_read_anew_in_a_transaction_when_they_are_old(self, tmp_path: Path) -> None:
        REGISTER.forget()
        with taken_back(), CaptureQueriesContext(connection) as asked:
            assert get_cap() == 5000
            assert get_cap() == 5000
        assert len(asked) == 2
        assert REGISTER._memory.known is None

    def test_do_not_hide_a_document_that_is_new(self, tmp_path: Path) -> None:
        assert get_cap() == 5000
        path = tmp_path / "new.toml"
        path.write_text(PROGRAMME_FILE.read_text().replace(f'id = "{PROGRAMME}"', 'id = "another"'))
        load_as_another_process(path)
        assert get_programme("another", at=AT).id == "another"
        with pytest.raises(ProgrammeUnknown):
            get_programme("none", at=AT)

    def test_keep_nobody_waiting_while_the_database_is_asked(self) -> None:
        """Whoever waits there may be waiting for a connection that somebody has who would wait here."""
        answered: list[list[str]] = []

        def read() -> None:
            try:
                answered.append([one.id for one in list_programmes(at=AT)])
            finally:
                connection.close()

        def let_another_ask(execute: Callable[..., object], *question: object) -> object:
            another = Thread(target=read)
            another.start()
            another.join(timeout=30)
            return execute(*question)

        REGISTER.forget()
        with connection.execute_wrapper(let_another_ask):
            assert REGISTER.count_texts() == 1
        assert answered == [[PROGRAMME]] * 2

    def test_are_whole_while_others_make_them_anew(self) -> None:
        """A reader beside whoever forgets and reads again never finds fewer documents."""
        seen: list[list[str]] = []

        def read() -> None:
            try:
                seen.extend([one.id for one in list_programmes(at=AT)] for _ in range(300))
            finally:
                connection.close()

        readers = [Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        while any(reader.is_alive() for reader in readers):
            REGISTER.forget()
        assert seen == [[PROGRAMME]] * 900


@pytest.mark.django_db(transaction=True)
class TestLoadAtOnce:
    def test_takes_one_text_once_and_makes_its_shards_once(self) -> None:
        loaded = at_once(*[lambda: load_programme(PROGRAMME_FILE, at=AT)[1]] * 4)
        assert sorted(loaded) == [False] * 3 + [True]
        assert ProgrammeRevision.objects.count() == 1
        assert PlaceShard.objects.count() == PLACE_SHARDS

    def test_takes_one_of_two_texts_for_one_instant(self, tmp_path: Path) -> None:
        paths = [change_cap(tmp_path, cap) for cap in (6000, 7000)]
        assert list_ends(at_once(*[partial(load_programme, path, at=AT) for path in paths])) == [
            DocumentDiffers.code,
            "done",
        ]
        assert ProgrammeRevision.objects.count() == 1
