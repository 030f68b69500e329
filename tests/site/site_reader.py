"""The site as a visitor meets it, without a browser."""

import re
from dataclasses import dataclass
from html import unescape

from django.test import Client

from cast import LOADED_AT, PROGRAMME_FILE
from mynapoint.place.operations import load_place

PREFIXES = ("/", "/easy/", "/en/")


@dataclass
class Reader:
    """Somebody who reads pages."""

    client: Client

    def source(self, path: str, status: int = 200) -> str:
        """Return a page's HTML."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.content.decode()
        return answer.content.decode()

    def words(self, path: str, status: int = 200) -> str:
        """Return a page's words, without readings."""
        return read_words(self.source(path, status))


def read_words(html: str) -> str:
    """Return HTML's words, without readings."""
    plain = re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>|</?ruby>", "", html)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", plain)))


def load_places() -> None:
    """Load the sample's counters and its helpdesk."""
    for file in sorted((PROGRAMME_FILE.parents[1] / "places").glob("*.toml")):
        load_place(file, at=LOADED_AT)
