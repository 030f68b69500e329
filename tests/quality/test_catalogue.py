"""The database holds no column that docs/scale.md does not name, and no rule that would not survive distribution."""

from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from quality.catalogue import Described, ForeignKey, Found, complain, read_database, read_page
from quality.documentation import list_names
from quality.races_of_rules import BY_CHANCE, RACES

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "scale.md"
CLASSES = {"id", "hash", "time"}


@pytest.fixture
def rooms() -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name.startswith("mynapoint.")}


class TestDatabase:
    @pytest.mark.django_db
    def test_is_what_the_page_says(self, rooms: set[str]):
        described, classes = read_page(PAGE)
        with connection.cursor() as cursor:
            assert complain(described, classes, read_database(cursor), rooms=rooms) == []

    @pytest.mark.django_db
    def test_is_read_with_its_unique_rules_and_foreign_keys(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE act_a (p int, q int, PRIMARY KEY (p, q))")
            cursor.execute("CREATE UNIQUE INDEX act_a_other ON act_a (q) WHERE q > 1")
            cursor.execute(
                "CREATE TABLE act_b (n serial, x int, y int, CONSTRAINT fk FOREIGN KEY (y, x) REFERENCES act_a)"
            )
            found = read_database(cursor)
        assert found["act_a"] == Found(["p", "q"], [], {"act_a_pkey": ["p", "q"], "act_a_other": ["q"]}, [])
        assert found["act_b"].counters == ["n"]
        assert found["act_b"].foreign == [ForeignKey("fk", "act_a", [("y", "p"), ("x", "q")])]

    @pytest.mark.django_db
    def test_has_a_race_for_each_unique_rule(self, rooms: set[str]):
        """Each that has a name of its own: a bare primary key is a random id, which nobody races for."""
        with connection.cursor() as cursor:
            found = read_database(cursor)
        ours = (table.unique for name, table in found.items() if name.startswith(tuple(f"{room}_" for room in rooms)))
        named = {rule for rule in chain.from_iterable(ours) if not rule.endswith("_pkey")}
        assert named == RACES.keys() | BY_CHANCE
        assert not RACES.keys() & BY_CHANCE

    def test_has_races_that_are_run(self):
        for race in set(RACES.values()):
            path, _, name = race.partition(":")
            assert name in list_names(TESTS / path), race
            assert any(threads in (TESTS / path).read_text() for threads in ("at_once(", "ThreadPoolExecutor(")), race


class TestComplain:
    """Each fault alone is found."""

    HOLDER = Described("id", "holder", {"id": "id", "seen_at": "time"})
    SOUND = Found(["id", "seen_at"], [], {"holder_pkey": ["id"]}, [])

    def complaints(self, described: dict[str, Described], found: dict[str, Found]) -> list[str]:
        return complain(described, CLASSES, found, rooms={"holder", "act"})

    def test_is_silent_about_a_sound_table(self):
        assert self.complaints({"holder_holder": self.HOLDER}, {"holder_holder": self.SOUND}) == []

    @pytest.mark.parametrize(
        ("described", "found", "complaint"),
        [
            ({}, SOUND, "is not on the page"),
            ({"holder_holder": HOLDER}, Found(["id", "seen_at", "name"], [], {}, []), "name: has no class"),
            ({"holder_holder": HOLDER}, Found(["id"], [], {}, []), "seen_at: does not exist"),
            ({"holder_holder": Described("id", "holder", {"id": "id", "seen_at": "name"})}, SOUND, "name is no class"),
            ({"holder_holder": Described("", "somehow", HOLDER.columns)}, SOUND, "neither a distribution key"),
            (
                {"holder_holder": HOLDER},
                Found(["id", "seen_at"], [], {"one": ["seen_at"]}, []),
                "one does not contain id",
            ),
            ({"holder_holder": Described("id", "holder", {"*": "id"})}, SOUND, "has no class"),
            ({"holder_holder": HOLDER}, Found(["id", "seen_at"], ["id"], {}, []), "one counter for all machines"),
        ],
        ids=[
            "table",
            "column",
            "gone column",
            "class",
            "distribution",
            "unique rule",
            "every column of ours",
            "counter",
        ],
    )
    def test_finds(self, described: dict[str, Described], found: Found, complaint: str):
        assert complaint in "\n".join(self.complaints(described, {"holder_holder": found}))

    def test_finds_a_table_that_is_gone(self):
        assert self.complaints({"holder_holder": self.HOLDER}, {}) == [
            "holder_holder: is on the page, not in the database"
        ]

    @pytest.mark.parametrize(
        ("key", "of", "pairs", "faults"),
        [
            ("holder_id", "holder", [("holder_id", "id")], 0),
            ("id", "act", [("holder_id", "id")], 1),
            ("holder_id", "holder", [("other_id", "id")], 1),
        ],
        ids=["alike", "otherwise", "alike but past the key"],
    )
    def test_judges_a_foreign_key(self, key: str, of: str, pairs: list[tuple[str, str]], faults: int):
        columns = {"id": "id", "holder_id": "id", "other_id": "id"}
        act = Found(list(columns), [], {}, [ForeignKey("fk", "holder_holder", pairs)])
        described = {"holder_holder": self.HOLDER, "act_act": Described(key, of, columns)}
        assert len(self.complaints(described, {"holder_holder": self.SOUND, "act_act": act})) == faults
