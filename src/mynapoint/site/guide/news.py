"""お知らせ: dated texts in `news.toml`, shown from their own hour on, the newest first."""

import tomllib
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import AwareDatetime, Field

from mynapoint.kernel.documents import Part, Words


class NewsItem(Part):
    """One piece of news; it counts from `at` on, and says when its text was last changed."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    at: AwareDatetime
    changed: AwareDatetime | None = None
    title: Words
    text: Annotated[tuple[Words, ...], Field(min_length=1)]

    @property
    def changed_at(self) -> datetime:
        """When its text was last changed."""
        return self.changed or self.at


def list_news(*, at: datetime) -> list[NewsItem]:
    """This will list what is announced by an instant, the newest first."""
    return [item for item in _read_news() if item.at <= at]


@cache
def _read_news() -> tuple[NewsItem, ...]:
    text = resources.files("mynapoint.site").joinpath("guide", "news.toml").read_text(encoding="utf-8")
    items = [NewsItem.model_validate(item) for item in tomllib.loads(text)["news"]]
    return tuple(sorted(items, key=lambda item: (item.at, item.id), reverse=True))
