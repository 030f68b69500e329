"""The documentation is true: its links lead somewhere, and what it names exists."""

import re
from argparse import ArgumentParser, _SubParsersAction
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from click import Group
from django.core.management import get_commands, load_command_class
from typer.main import get_command

from cardagent.main import app
from mynapoint.environment import PREFIX, Environment
from quality import documentation, settings_page
from quality.documentation import Spelling

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SETTINGS = {PREFIX + name.upper() for name in Environment.model_fields}


@cache
def look_up_command(program: str, name: str) -> Spelling | None:
    """Tell how one of the platform's or the card program's commands is spelt."""
    if program == "mynapoint-card":
        command = cast(Group, get_command(app)).commands.get(name)
        return command and Spelling({word for option in command.params for word in option.opts}, {})
    if name == "help":
        return Spelling([], {})
    if name not in get_commands():
        return None
    return describe(load_command_class(get_commands()[name], name).create_parser(program, name))


def describe(parser: ArgumentParser) -> Spelling:
    below = [action.choices for action in parser._actions if isinstance(action, _SubParsersAction)]
    words = {word for action in parser._actions for word in action.option_strings}
    return Spelling(words, {name: describe(one) for choices in below for name, one in choices.items()})


class TestLinks:
    def test_lead_somewhere(self):
        assert documentation.find_dead_links(ROOT) == []

    @pytest.mark.parametrize("link", ["[a](gone.md)", "[a](#gone)", "[a](b.md#gone)", "![a](gone.svg)"])
    def test_are_found_dead(self, tmp_path: Path, link: str):
        (tmp_path / "README.md").write_text(f"# Here\n{link}")
        (tmp_path / "b.md").write_text("# There")
        assert len(documentation.find_dead_links(tmp_path)) == 1

    @pytest.mark.parametrize("link", ["[a](b.md)", "[a](#here-i-am)", "[a](b.md#there)", "[a](https://example.jp/x)"])
    def test_are_found_alive(self, tmp_path: Path, link: str):
        (tmp_path / "README.md").write_text(f"# Here, I am\n{link}")
        (tmp_path / "b.md").write_text("# There")
        assert documentation.find_dead_links(tmp_path) == []


class TestFunctions:
    def test_exist_where_they_are_said_to_be(self):
        assert documentation.find_dead_functions(ROOT) == []

    @pytest.mark.parametrize(
        ("reference", "dead"),
        [("act/rules.py:sign", 0), ("act/rules.py:Act.sign", 0), ("act/rules.py:LIMIT", 0),
         ("src/mynapoint/act/rules.py:sign", 0),
         ("act/rules.py:gone", 1), ("act/gone.py:sign", 1)],
    )  # fmt: skip
    def test_are_looked_up_by_path_and_name(self, tmp_path: Path, reference: str, dead: int):
        rules = tmp_path / "src/mynapoint/act/rules.py"
        rules.parent.mkdir(parents=True)
        rules.write_text("LIMIT = 1\ndef sign(): ...\nclass Act:\n    def sign(self): ...\n")
        (tmp_path / "README.md").write_text(f"See `{reference}`.")
        assert len(documentation.find_dead_functions(tmp_path)) == dead


class TestNames:
    def test_of_make_targets_exist(self):
        assert documentation.find_unknown(ROOT, documentation.TARGET, TARGETS) == []

    def test_of_commands_exist(self):
        assert documentation.find_misspelt_commands(ROOT, look_up_command) == []

    def test_of_settings_exist(self):
        assert documentation.find_unknown(ROOT, documentation.SETTING, SETTINGS) == []

    def test_are_found_unknown(self, tmp_path: Path):
        (tmp_path / "README.md").write_text("`make gone`, MYNAPOINT_GONE")
        patterns = [documentation.TARGET, documentation.SETTING]
        assert [len(documentation.find_unknown(tmp_path, pattern, SETTINGS)) for pattern in patterns] == [1, 1]

    @pytest.mark.parametrize(
        ("text", "wrong"),
        [("`mynapoint registry fetch URL --folder F`", 0), ("`mynapoint registry`", 0), ("`mynapoint help`", 0),
         ("`mynapoint journal entry v1`", 0), ("`mynapoint staff add | invite`", 0), ("mynapoint gone", 0),
         ("```sh\nmynapoint serve & mynapoint worker & # mynapoint gone\n```", 0),
         ("`mynapoint-card sign LINK --reader NAME`", 0),
         ("`mynapoint gone`", 1), ("`mynapoint registry gone`", 1), ("`mynapoint registry fetch URL --gone`", 1),
         ("```sh\nA=b mynapoint serve & mynapoint gone\n```", 1), ("`MYNAPOINT_DEMO=1 mynapoint gone`", 1),
         ("`mynapoint-card gone`", 1), ("`mynapoint-card sign LINK --gone`", 1)],
    )  # fmt: skip
    def test_of_commands_are_found_misspelt(self, tmp_path: Path, text: str, wrong: int):
        (tmp_path / "README.md").write_text(text)
        assert len(documentation.find_misspelt_commands(tmp_path, look_up_command)) == wrong


class TestSettingsPage:
    def test_says_what_the_class_says(self):
        assert settings_page.PAGE.read_text() == settings_page.render(), (
            "renew it: python tests/quality/settings_page.py"
        )


class TestReadmes:
    @pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
    def test_name_every_room(self, name: str) -> None:
        rooms = {path.parent.name for path in (ROOT / "src/mynapoint").glob("*/__init__.py")}
        assert not {room for room in rooms if f"`{room}`" not in (ROOT / name).read_text()}


class TestChanges:
    def test_are_listed_each_under_a_number_of_its_own(self) -> None:
        names = sorted(path.name for path in (ROOT / "changes").glob("[0-9]*.md"))
        assert re.findall(r"\]\((\S+)\)", (ROOT / "changes/README.md").read_text()) == names
        assert len({name[:4] for name in names}) == len(names)
