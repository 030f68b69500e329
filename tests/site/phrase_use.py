"""Where the site's phrases stand, and where they are said."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cardagent.languages import flatten

SITE = Path(__file__).parents[2] / "src" / "mynapoint" / "site"
PHRASES = SITE / "phrases"
# `{% say "start.title" %}`, `{% say "start.step" number "title" %}`, `words.say("start.title")`, `f"start.{name}"`.
_WHOLE = re.compile(r"""["']([a-z_]+\.[a-z0-9_.]+)["']""")
_TAG = re.compile(r"\{% say (.*?) %\}")
_PART = re.compile(r"""["'][^"']*["']|[^\s"']+""")
_FORMATTED = re.compile(r"""f["']([a-z_]+\.[^"']*\{[^"']*)["']""")


def read(language: str) -> dict[str, str]:
    """Return every phrase of a language by its dotted name."""
    return {
        f"{file.stem}.{name}": text
        for file in sorted((PHRASES / language).glob("*.toml"))
        for name, text in flatten(tomllib.loads(file.read_text()))
    }


def find_said() -> list[re.Pattern[str]]:
    """Return what the templates and the code say, as patterns: a part that is only known later fits anything."""
    rooms = (SITE, SITE.parent / "counter")
    sources = [path for room in rooms for kind in ("*.html", "*.py") for path in room.rglob(kind)]
    text = "\n".join(path.read_text() for path in sources)
    said = {re.escape(name) for name in _WHOLE.findall(text)}
    said.update(find_tags(text))
    for name in _FORMATTED.findall(text):
        said.add(r"[a-z0-9_.]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", name)))
    return [re.compile(pattern) for pattern in said]


def find_tags(template: str) -> Iterator[str]:
    """Return what a template's tags say, as patterns, but for a phrase that is only known later."""
    for arguments in _TAG.findall(template):
        parts = [part for part in _PART.findall(arguments.partition(" as ")[0]) if "=" not in part]
        if parts[0][0] in "\"'":
            yield r"\.".join(re.escape(part.strip("\"'")) if part[0] in "\"'" else r"[a-z0-9_.]+" for part in parts)


def list_easy_sources() -> list[Path]:
    """Return every file with easy Japanese of the site's own."""
    return [
        *sorted((PHRASES / "easy").glob("*.toml")),
        *sorted((SITE / "guide").glob("*.toml")),
        *sorted(SITE.rglob("*.easy.html")),
    ]


def read_easy(source: Path) -> list[str]:
    """Return a file's texts in easy Japanese, with a number in each place for a value."""
    text = source.read_text()
    if source.suffix == ".html":
        return [re.sub(r"\{[%{].*?[%}]\}", "5", re.sub(r"<[^>]+>", " ", text))]
    texts = flatten(tomllib.loads(text)) if source.parent.name == "easy" else _find_easy(tomllib.loads(text))
    return [re.sub(r"\{\w+\}", "5", value) for _, value in texts]


def _find_easy(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inside in value.items():
            if name == "easy":
                yield name, inside
            else:
                yield from _find_easy(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _find_easy(inside)
