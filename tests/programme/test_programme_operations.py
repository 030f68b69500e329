"""Programmes as dated data, and their places."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction

from cast import AT, LOADED_AT, PROGRAMME, PROGRAMME_FILE, SECOND
from mynapoint.kernel.documents import DocumentDiffers
from mynapoint.kernel.kana import KanaNotAllowed
from mynapoint.kernel.period import JST
from mynapoint.programme.operations import load_programme, take_place
from mynapoint.programme.queries import count_places_taken, get_programme, list_programmes
from mynapoint.programme.rules import NoPlacesLeft, ProgrammeUnknown


def _changed(folder: Path, **replaced: str) -> Path:
    text = PROGRAMME_FILE.read_text()
    for old, new in replaced.values():
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.toml"
    path.write_text(text)
    return path


@pytest.mark.django_db
class TestLoadProgramme:
    def test_takes_the_same_text_twice_without_adding_it(self) -> None:
        assert load_programme(PROGRAMME_FILE, at=AT)[1]
        assert not load_programme(PROGRAMME_FILE, at=AT)[1]

    def test_refuses_another_text_from_the_same_instant(self, tmp_path: Path) -> None:
        load_programme(PROGRAMME_FILE, at=AT)
        with pytest.raises(DocumentDiffers, match="later effective_from"):
            load_programme(_changed(tmp_path, cap=("cap = 5000", "cap = 6000")), at=AT)
        assert get_programme(PROGRAMME, at=AT).grant.cap == 5000

    def test_refuses_a_payer_whose_name_no_bank_could_write(self, tmp_path: Path) -> None:
        with pytest.raises(KanaNotAllowed, match=r"payer\.name_kana: .* cannot carry '事'"):
            load_programme(_changed(tmp_path, payer=("マイナポイント ミホン", "マイナポイント事務局")), at=AT)
        assert list_programmes(at=AT) == []

    def test_lets_a_deadline_move_from_an_instant_on_and_not_before(self, tmp_path: Path) -> None:
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        later = datetime(2021, 2, 1, tzinfo=JST)
        moved = _changed(
            tmp_path,
            effective=("effective_from = 2020-01-01T00:00:00+09:00", "effective_from = 2021-02-01T00:00:00+09:00"),
            until=("until = 2021-04-01T00:00:00+09:00", "until = 2021-05-01T00:00:00+09:00"),
        )
        load_programme(moved, at=later)
        assert get_programme(PROGRAMME, at=later - SECOND).application.until == datetime(2021, 4, 1, tzinfo=JST)
        assert get_programme(PROGRAMME, at=later).application.until == datetime(2021, 5, 1, tzinfo=JST)
        assert len(list_programmes(at=later)) == 1


@pytest.mark.django_db
class TestGetProgramme:
    def test_knows_no_programme_before_its_text_counts(self, programme: str) -> None:
        with pytest.raises(ProgrammeUnknown):
            get_programme(programme, at=datetime(2019, 12, 31, 23, 59, 59, tzinfo=JST))


@pytest.mark.django_db
class TestTakePlace:
    def test_takes_every_place_and_then_none(self, tmp_path: Path) -> None:
        small, _ = load_programme(_changed(tmp_path, places=("places = 40_000_000", "places = 20")), at=AT)
        for _ in range(20):
            take_place(small, holder_id=uuid4())
        with pytest.raises(NoPlacesLeft):
            take_place(small, holder_id=uuid4())
        assert count_places_taken(small.id) == 20


@pytest.mark.django_db(transaction=True)
class TestTakePlaceAtOnce:
    def test_never_gives_more_places_than_there_are(self, tmp_path: Path) -> None:
        small, _ = load_programme(_changed(tmp_path, places=("places = 40_000_000", "places = 10")), at=AT)

        def attempt(_: int) -> bool:
            try:
                with transaction.atomic():
                    take_place(small, holder_id=uuid4())
            except NoPlacesLeft:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(30))) == 10
        assert count_places_taken(small.id) == 10
