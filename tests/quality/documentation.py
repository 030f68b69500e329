"""What the documentation says about the code, as questions: does it still hold?"""

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FUNCTION = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.py):([A-Za-z_][\w.]*)`")
TARGET = re.compile(r"`make ([a-z][a-z0-9-]*)")
COMMAND = re.compile(r"\b(mynapoint(?:-card)?) ([a-z][^|&;]*)")
SETTING = re.compile(r"\bMYNAPOINT_[A-Z][A-Z0-9_]*\b")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[a-z][a-z0-9_-]*")
DOMAIN_LINE = re.compile(r"mynapoint [a-z ]+ v\d\b")
REMARK = re.compile(r" # .*")


@dataclass(frozen=True)
class Spelling:
    """How a command is spelt: its options, and the commands below it, if any."""

    options: Collection[str]
    below: Mapping[str, "Spelling"]


def find_pages(root: Path) -> list[Path]:
    """Find every page of documentation: the root's and those under docs and changes."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("changes/**/*.md")])


def find_dead_links(root: Path) -> list[str]:
    """Find links to files and headings that are not there."""
    return [f"{page.relative_to(root)}: {link}" for page, link in _links(root) if not _leads_somewhere(page, link)]


def find_dead_functions(root: Path) -> list[str]:
    """Find references like ``act/operations.py:submit`` to what does not exist (paths from the root or from src)."""
    found = []
    for page in find_pages(root):
        for path, name in FUNCTION.findall(page.read_text()):
            files = [root / path, root / "src" / path, root / "src/mynapoint" / path]
            if not any(file.is_file() and name in list_names(file) for file in files):
                found.append(f"{page.relative_to(root)}: {path}:{name}")
    return found


def find_misspelt_commands(root: Path, look_up: Callable[[str, str], Spelling | None]) -> list[str]:
    """Find commands, in code and in a shell's lines, that there are not, or not with these words or options.

    `look_up` tells how a program's command is spelt.
    """
    return [
        f"{page.relative_to(root)}: {program} {words.strip()}"
        for page in find_pages(root)
        for program, words in _commands(page.read_text())
        if not _is_spelt(words.split(), partial(look_up, program))
    ]


def find_unknown(root: Path, pattern: re.Pattern[str], known: set[str]) -> list[str]:
    """Find words of one kind (targets, commands, settings) that are in no list of what exists."""
    return [
        f"{page.relative_to(root)}: {word}"
        for page in find_pages(root)
        for word in pattern.findall(page.read_text())
        if word not in known
    ]


def _commands(text: str) -> Iterator[tuple[str, str]]:
    for code in [*CODE.findall(FENCE.sub("", text)), *"\n".join(SHELL.findall(text)).splitlines()]:
        if not DOMAIN_LINE.search(code):
            yield from COMMAND.findall(REMARK.sub("", code))


def _is_spelt(words: list[str], look_up: Callable[[str], Spelling | None]) -> bool:
    """Read words as far as they are commands; what is written large, or is a file, stands for something else."""
    spelling, words = look_up(words[0]), words[1:]
    while spelling and words and spelling.below and WORD.fullmatch(words[0]):
        spelling, words = spelling.below.get(words[0]), words[1:]
    options = {word.strip("[]") for word in words if word.lstrip("[").startswith("--")}
    return spelling is not None and options <= set(spelling.options)


def _links(root: Path) -> Iterator[tuple[Path, str]]:
    for page in find_pages(root):
        for link, image in LINK.findall(FENCE.sub("", page.read_text())):
            yield page, link or image


def _leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not heading or heading in _headings(target))


def _headings(page: Path) -> set[str]:
    """Return a page's headings as their anchors: small letters, spaces to hyphens, punctuation gone."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def list_names(path: Path) -> set[str]:
    """Return the names that a module defines: functions, classes, methods as ``Class.method``, and constants."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            names |= {f"{node.name}.{part.name}" for part in inner if isinstance(part, ast.FunctionDef)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names
