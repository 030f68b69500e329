"""On which day each page's text was last changed: the table `changed.toml`, which tests/site/page_days.py writes."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources


def find_text_day(page: str) -> date | None:
    """This will say when a page's own text was last changed; nothing for a page that says how one thing stands now."""
    return _read_days().get(page)


@cache
def _read_days() -> Mapping[str, date]:
    table = tomllib.loads(resources.files("mynapoint.site.shell").joinpath("changed.toml").read_text("utf-8"))
    return {page: row["changed_on"] for page, row in table.items()}
