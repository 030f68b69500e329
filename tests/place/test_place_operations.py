"""Places in the database: loaded from texts, and what can be asked about them."""

from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from cast import AT, LOADED_AT, ROOT, SECOND
from mynapoint.kernel.documents import DocumentDiffers
from mynapoint.kernel.period import JST
from mynapoint.place.models import PlaceRevision
from mynapoint.place.operations import load_place
from mynapoint.place.queries import find_helpdesk, find_place, list_counters, list_places
from races import at_once, list_ends

PLACES = ROOT / "places"
SHIMIN = PLACES / "mihon-shimin.toml"

pytestmark = pytest.mark.django_db


def changed(folder: Path, source: Path, *replaced: tuple[str, str]) -> Path:
    text = source.read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.toml"
    path.write_text(text)
    return path


class TestLoadPlace:
    def test_takes_the_same_text_twice_without_adding_it(self) -> None:
        assert load_place(SHIMIN, at=AT)[1]
        assert not load_place(SHIMIN, at=AT)[1]

    def test_takes_a_newer_text_and_refuses_another_from_the_same_instant(self, tmp_path: Path) -> None:
        load_place(SHIMIN, at=LOADED_AT)
        with pytest.raises(DocumentDiffers):
            load_place(changed(tmp_path, SHIMIN, ("第2庁舎", "第3庁舎")), at=AT)
        moved = changed(
            tmp_path, SHIMIN, ("第2庁舎", "第3庁舎"), ("effective_from = 2020-01-01", "effective_from = 2020-10-01")
        )
        load_place(moved, at=AT)
        moves = datetime(2020, 10, 1, tzinfo=JST)
        texts = [find_place("mihon-shimin", at=at) for at in (moves - SECOND, moves)]
        assert [place and place.building and place.building.ja for place in texts] == ["第2庁舎", "第3庁舎"]

    def test_knows_a_text_again_that_was_loaded_before_the_document_had_all_its_fields(self) -> None:
        place, _ = load_place(SHIMIN, at=LOADED_AT)
        row = PlaceRevision.objects.get()
        earlier = {name: value for name, value in row.content.items() if name != "bring"}
        PlaceRevision.objects.update(content=earlier)
        assert load_place(SHIMIN, at=AT) == (place, False)


class TestQueries:
    def test_know_no_place_of_another_name(self) -> None:
        assert find_place("nowhere", at=AT) is None
        assert find_helpdesk(at=AT) is None

    def test_tell_counters_city_by_city_from_the_helpdesk(self) -> None:
        for path in PLACES.glob("*.toml"):
            load_place(path, at=LOADED_AT)
        counters = list_counters(at=AT)
        helpdesk = find_helpdesk(at=AT)
        assert helpdesk is not None
        assert helpdesk.id == "sodan"
        assert {place.id for place in list_places(at=AT)} == {place.id for place in counters} | {"sodan"}
        codes = [place.city_code or "" for place in counters]
        assert codes == sorted(codes)
        assert len(counters) == 11


class TestPlaceCommand:
    def test_loads_and_lists_with_whether_a_place_is_open(self) -> None:
        said = StringIO()
        call_command("place", "load", str(SHIMIN), str(PLACES / "sodan.toml"), stdout=said)
        call_command("place", "load", str(SHIMIN), stdout=said)
        assert said.getvalue().split("\n")[:3] == ["mihon-shimin: loaded", "sodan: loaded", "mihon-shimin: nothing new"]
        listed = StringIO()
        call_command("place", "list", stdout=listed)
        assert "mihon-shimin\tみほん市 市民課\tcounter\tclosed for good" in listed.getvalue()

    def test_names_the_file_that_is_wrong(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.toml"
        path.write_text("")
        with pytest.raises(CommandError, match=r"empty\.toml"):
            call_command("place", "load", str(path))


@pytest.mark.django_db(transaction=True)
class TestLoadAtOnce:
    def test_takes_one_of_two_texts_for_one_instant(self, tmp_path: Path) -> None:
        paths = [SHIMIN, changed(tmp_path, SHIMIN, ("第2庁舎", "第3庁舎"))]
        ended = list_ends(at_once(*[partial(load_place, path, at=AT) for path in paths]))
        assert ended == [DocumentDiffers.code, "done"]
        assert PlaceRevision.objects.count() == 1
