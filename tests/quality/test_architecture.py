"""The tree keeps every rule of the architecture, and each check can tell when it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quality import architecture

ROOT = Path(__file__).parents[2]
Tree = Callable[[dict[str, str]], Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


class TestRules:
    def test_are_pure(self):
        assert architecture.find_impure_rules(ROOT / "src") == []

    @pytest.mark.parametrize(
        "line",
        [
            "from django.db import models",
            "import psycopg",
            "from mynapoint.holder.queries import get_holder",
            "from mynapoint.holder import operations",
            "from .models import Act",
        ],
    )
    def test_are_found_impure(self, tree: Tree, line: str):
        assert len(architecture.find_impure_rules(tree({"mynapoint/act/rules.py": line}))) == 1

    def test_may_use_rules_and_the_kernel(self, tree: Tree):
        text = "from mynapoint.kernel.money import Yen\nfrom mynapoint.holder.rules import is_held\nimport datetime"
        assert architecture.find_impure_rules(tree({"mynapoint/act/rules.py": text})) == []


class TestRooms:
    def test_are_entered_by_their_doors(self):
        assert architecture.find_burgled_rooms(ROOT / "src") == []

    @pytest.mark.parametrize(
        "line", ["from mynapoint.holder.models import Holder", "from mynapoint.holder import models",
                 "import mynapoint.holder.models", "from mynapoint.holder.chain import links"]
    )  # fmt: skip
    @pytest.mark.parametrize(
        "intruder", ["mynapoint/act/operations.py", "mynapoint/site/pages.py", "mynapoint/urls.py"]
    )
    def test_are_found_burgled(self, tree: Tree, line: str, intruder: str):
        files = {"mynapoint/holder/models.py": "", "mynapoint/holder/chain.py": "", intruder: line}
        assert len(architecture.find_burgled_rooms(tree(files))) == 1

    def test_may_use_their_own_tables_and_others_doors(self, tree: Tree):
        files = {
            "mynapoint/holder/models.py": "",
            "mynapoint/holder/queries.py": "from mynapoint.holder.models import Holder",
            "mynapoint/act/operations.py": "from mynapoint.holder.queries import get_holder",
        }
        assert architecture.find_burgled_rooms(tree(files)) == []


class TestClock:
    def test_is_read_at_the_edge_only(self):
        assert architecture.find_clock_readers(ROOT / "src") == []

    @pytest.mark.parametrize(
        "line",
        [
            "at = datetime.now(UTC)",
            "at = datetime.datetime.utcnow()",
            "at = date.today()",
            "at = time.time()",
            "from time import time",
            "at = timezone.now()",
            "from django.utils.timezone import now",
            "at = settings.CLOCK()",
            "at = models.DateTimeField(auto_now_add=True)",
            "from django.db.models.functions import Now",
            "cursor.execute('UPDATE act SET at = now()')",
        ],
    )
    def test_is_found_read_below(self, tree: Tree, line: str):
        assert architecture.find_clock_readers(tree({"mynapoint/act/operations.py": line})) != []

    def test_may_be_read_at_the_edge(self, tree: Tree):
        assert architecture.find_clock_readers(tree({"mynapoint/site/pages.py": "at = settings.CLOCK()"})) == []


class TestSize:
    def test_of_modules_and_functions_stays_below_the_wall(self):
        assert architecture.find_long_parts(ROOT / "src") == []

    @pytest.mark.parametrize(
        ("lines", "broken"), [(["x = 1"] * 400, 0), (["x = 1"] * 401, 1)], ids=["400 lines", "401 lines"]
    )
    def test_of_a_module_is_measured_to_the_line(self, tree: Tree, lines: list[str], broken: int):
        assert len(architecture.find_long_parts(tree({"a.py": "\n".join(lines) + "\n"}))) == broken

    @pytest.mark.parametrize(("lines", "broken"), [(59, 0), (60, 1)])
    def test_of_a_function_is_measured_to_the_line(self, tree: Tree, lines: int, broken: int):
        text = "def long():\n" + "    pass\n" * lines
        assert len(architecture.find_long_parts(tree({"a.py": text}))) == broken


class TestNames:
    def test_say_something(self):
        assert architecture.find_vague_names(ROOT / "src") == []

    def test_are_found_vague(self, tree: Tree):
        assert len(architecture.find_vague_names(tree({"mynapoint/act/utils.py": ""}))) == 1


class TestTests:
    def test_replace_nothing_of_what_they_test(self):
        assert architecture.find_patches(ROOT / "tests") == []

    def test_are_found_replacing(self, tree: Tree):
        assert len(architecture.find_patches(tree({"test_a.py": "from unittest.mock import patch"}))) == 1
