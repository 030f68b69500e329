"""The layers that import-linter holds leave no package and no room out, and can be broken."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> str:
    """Run import-linter in a folder, and return what it says."""
    outcome = subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, env={})
    return outcome.stdout + outcome.stderr


@pytest.fixture
def contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a project with the real contracts and one empty module in each package and room."""
    (tmp_path / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    for package in ("deadline", "democlock", "iccard", "jpki", "sealedclaim", "cardagent", "paymentservice"):
        write(tmp_path, f"{package}/__init__.py")
    for room in ("kernel", "holder", "act", "site", "office"):
        write(tmp_path, f"mynapoint/{room}/__init__.py")
        write(tmp_path, f"mynapoint/{room}/rules.py")
    write(tmp_path, "mynapoint/__init__.py")
    write(tmp_path, "mynapoint/settings.py")
    return tmp_path


def write(tree: Path, name: str, text: str = "") -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class TestPackages:
    def test_are_all_in_the_layers(self, contracts: configparser.ConfigParser):
        packages = {path.parent.name for path in (ROOT / "src").glob("*/__init__.py")}
        assert set(contracts["importlinter"]["root_packages"].split()) == packages
        assert set(contracts["importlinter:contract:packages"]["layers"].split()) == packages


@pytest.mark.slow
class TestLayers:
    def test_are_kept_by_a_sound_tree(self, tree: Path):
        assert "0 broken" in lint(tree)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("jpki/card.py", "import mynapoint.act"),
            ("iccard/card.py", "import jpki"),
            ("mynapoint/holder/rules.py", "import mynapoint.act"),
            ("mynapoint/site/pages.py", "import mynapoint.office"),
            ("mynapoint/kernel/money.py", "import mynapoint.settings"),
            ("mynapoint/act/rules.py", "import django"),
            ("mynapoint/annex/__init__.py", ""),
        ],
        ids=["package", "lower package", "room", "edge", "settings", "rules", "room in no layer"],
    )
    def test_are_found_broken(self, tree: Path, name: str, text: str):
        write(tree, name, text)
        assert "1 broken" in lint(tree)
