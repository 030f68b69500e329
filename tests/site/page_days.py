"""On which day each page's text was last changed: ``python tests/site/page_days.py`` renews the table that pages read.

A page's text is what its templates say, with those that they include, and the phrases and lists that stand in them, in
all languages. The frame around it, and what comes from dated documents, is not.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Set
from datetime import date, datetime
from pathlib import Path
from typing import Final

import phrase_use

from mynapoint.kernel.period import JST

SITE: Final = phrase_use.SITE
TEMPLATES: Final = SITE / "templates" / "site"
TABLE: Final = SITE / "shell" / "changed.toml"
LANGUAGES: Final = ("ja", "easy", "en")
FRAMES: Final = {"shell/base", "guide/prose", "journey/step"}
OF_DOCUMENTS: Final = {
    *("guide/news", "guide/news_item", "places/places", "places/place", "places/helpdesk"),
    *("services/services", "services/service", "services/compare"),
}
"""Pages that show dated documents: they say when those were changed."""
OF_THE_MOMENT: Final = {
    *("journey/act", "journey/act_done", "journey/act_expired", "journey/act_phone", "journey/act_refused"),
    *("journey/act_wait", "journey/closed", "journey/over", "journey/receipt", "journey/sheet"),
    *("mine/held", "shell/stop", "visits/booking", "visits/cancel", "visits/number", "visits/unknown"),
    *("waiting/late", "waiting/line", "waiting/maintenance", "waiting/turn", "waiting/used"),
}
"""Pages that say how one thing stands now; another date there would be taken for its own."""
ALSO: Final = {"guide/faq": "faq", "guide/privacy": "held", "guide/accessibility": "checks"}
"""Lists that stand in a page."""
NAMES_PAGES: Final = "guide/sitemap"

_INCLUDED: Final = re.compile(r'\{% include "site/([^"]+)\.html"')
_MARKUP: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", re.DOTALL)
_HEAD: Final = """\
# When each page's text was last changed, and a digest by which a test sees that it was (tests/site/page_days.py).
"""


def list_pages() -> list[str]:
    """Return every page that has a text of its own, by its name."""
    extending = (path for path in TEMPLATES.rglob("*.html") if "{% extends " in path.read_text())
    names = {re.sub(r"(\.\w+)?\.html$", "", path.relative_to(TEMPLATES).as_posix()) for path in extending}
    return sorted(names - FRAMES - OF_DOCUMENTS - OF_THE_MOMENT)


def read_table() -> dict[str, dict[str, object]]:
    """Return what the table says of every page."""
    return tomllib.loads(TABLE.read_text())


def read_phrases() -> dict[str, dict[str, str]]:
    """Return every phrase by its name, by language."""
    return {language: phrase_use.read(language) for language in LANGUAGES}


def digest_texts() -> dict[str, str]:
    """Return a digest of every page's text."""
    phrases = read_phrases()
    return {page: digest(page, phrases) for page in list_pages()}


def renew(*, on: date) -> str:
    """Return the table with a new day for each page whose text is another."""
    known = read_table() if TABLE.exists() else {}
    rows = []
    for page, text in digest_texts().items():
        row = known.get(page, {})
        day = row["changed_on"] if row.get("text") == text else on
        rows.append(f'"{page}" = {{ changed_on = {day}, text = "{text}" }}\n')
    return _HEAD + "".join(rows)


def digest(page: str, phrases: dict[str, dict[str, str]]) -> str:
    """Return a digest of one page's text, with the phrases of each language by their names."""
    templates = [path.read_text() for path in _list_templates(page, set())]
    patterns = [pattern for template in templates for pattern in phrase_use.find_tags(template)]
    patterns += [r"shell\.nav\..+"] * (page == NAMES_PAGES)
    said = re.compile("|".join(patterns) or r"(?!)")
    texts = [" ".join(_MARKUP.sub(" ", template).split()) for template in templates]
    texts += [text for spoken in phrases.values() for name, text in sorted(spoken.items()) if said.fullmatch(name)]
    if page in ALSO:
        texts.append((SITE / "guide" / f"{ALSO[page]}.toml").read_text())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _list_templates(page: str, seen: Set[str]) -> Iterator[Path]:
    """Return a page's own template, or one a language, with those that are included."""
    own = [TEMPLATES / f"{page}{language}.html" for language in ("", *(f".{name}" for name in LANGUAGES))]
    for path in filter(Path.exists, own):
        yield path
        for included in dict.fromkeys(_INCLUDED.findall(path.read_text())):
            if included not in seen:
                yield from _list_templates(included, seen | {page, included})


if __name__ == "__main__":
    TABLE.write_text(renew(on=datetime.now(JST).date()))
