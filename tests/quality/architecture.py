"""The architecture's rules that a tool does not know, each as one question to a source tree: who breaks it?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

EDGE = {"site", "counter", "service_api", "signin", "office", "console"}
KERNEL = "kernel"
DOORS = {"operations", "queries", "rules", "counterparts"}
FRAMEWORKS = {"django", "psycopg", "procrastinate", "ninja", "httpx2", "structlog"}
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "timezone.now",
    "timezone.localtime", "timezone.localdate", "settings.CLOCK", "system_clock", "get_clock",
}  # fmt: skip
DATABASE_CLOCK = re.compile(r"(?i)\b(now\(\)|current_timestamp|clock_timestamp\(\)|current_date)")
TIMELESS = ("mynapoint", "sealedclaim", "iccard", "jpki")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}


def find_impure_rules(source: Path) -> list[str]:
    """Find ``rules.py`` that import a framework, or the tables and transactions of any room."""
    found = []
    for path in source.glob("mynapoint/*/rules.py"):
        for name in _imports(path):
            parts = name.split(".")
            if parts[0] in FRAMEWORKS or {"models", "operations", "queries"} & set(parts):
                found.append(f"{path.relative_to(source)} imports {name}")
    return found


def find_burgled_rooms(source: Path) -> list[str]:
    """Find imports that enter a room of the middle by anything but its doors: its tables first of all."""
    found = []
    for path, room in _modules_of_rooms(source):
        for name in _imports(path):
            _, _, inside = name.partition("mynapoint.")
            other, _, rest = inside.partition(".")
            module = rest.split(".")[0]
            is_middle = (source / "mynapoint" / other / "models.py").exists() and other not in EDGE
            is_module = (source / "mynapoint" / other / f"{module}.py").exists()
            if name.startswith("mynapoint.") and other != room and is_middle and is_module and module not in DOORS:
                found.append(f"{path.relative_to(source)} imports {name}")
    return found


def find_clock_readers(source: Path) -> list[str]:
    """Find who reads a clock below the edge: the machine's, the setting's, or the database's."""
    found = []
    for path in _python_files(source):
        parts = path.relative_to(source).parts
        is_edge = parts[0] == "mynapoint" and (parts[1] in EDGE or parts[1] in {"settings.py", "access.py"})
        if parts[0] in TIMELESS and not is_edge:
            found += [f"{'/'.join(parts)}:{line} reads {clock}" for line, clock in _clocks(path)]
    return found


def find_long_parts(source: Path) -> list[str]:
    """Find modules of more than 400 lines and functions of more than 60."""
    found = []
    for path in _python_files(source):
        text = path.read_text()
        lines = text.count("\n")
        if lines > LONGEST_MODULE:
            found.append(f"{path.relative_to(source)} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found.append(f"{path.relative_to(source)}:{node.lineno} {node.name} has {length} lines")
    return found


def find_vague_names(source: Path) -> list[str]:
    """Find modules whose name says nothing of what is in them."""
    return [str(path.relative_to(source)) for path in _python_files(source) if path.stem in VAGUE]


def find_patches(tests: Path) -> list[str]:
    """Find tests that replace parts of what they test."""
    return [
        f"{path.relative_to(tests)} imports {name}"
        for path in _python_files(tests)
        for name in _imports(path)
        if name.startswith(("unittest.mock", "mock"))
    ]


def _python_files(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.rglob("*.py") if "migrations" not in path.parts)


def _modules_of_rooms(source: Path) -> Iterator[tuple[Path, str]]:
    for path in _python_files(source):
        parts = path.relative_to(source).parts
        yield path, parts[1] if parts[0] == "mynapoint" and len(parts) > 2 else ""


def _imports(path: Path) -> Iterator[str]:
    """Yield every imported name in full: ``from a.b import c`` is ``a.b.c``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, path)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.parents[node.level - 1]
    anchor = next((parent for parent in path.parents if parent.name == "mynapoint"), package)
    prefix = ".".join(package.relative_to(anchor.parent).parts)
    return f"{prefix}.{node.module}" if node.module else prefix


def _clocks(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute | ast.Name):
            # The last two words are enough: datetime.now, datetime.datetime.now and dt.datetime.now are one clock.
            name = ".".join(ast.unparse(node).split(".")[-2:])
            if name in CLOCKS:
                yield node.lineno, name
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"time.{alias.name}") for alias in node.names if _is_clock(node, alias))
        elif isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield node.value.lineno, node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DATABASE_CLOCK.search(node.value):
            yield node.lineno, "the database's clock"


def _is_clock(node: ast.ImportFrom, alias: ast.alias) -> bool:
    names = {"time": {"time", "time_ns"}, "django.db.models.functions": {"Now"}, "django.utils.timezone": {"now"}}
    return alias.name in names.get(node.module or "", set())
