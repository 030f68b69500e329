"""Where a checkout's database server keeps its files, and as whom it runs."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COMMON_FOLDER: Final = Path("/var/lib/mynapoint")
SHORT_FOLDER: Final = Path("/tmp")  # noqa: S108  (checked for its owner and mode before use)
LONGEST_SOCKET_FOLDER: Final = 80
"""bytes; a socket's whole path must stay under 100, and PostgreSQL adds ``/.s.PGSQL.5432``"""


class PlaceForbidden(Exception):
    """The server's folder belongs to another user of this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


@dataclass(frozen=True)
class Owner:
    """The user as whom the server runs: PostgreSQL refuses to run as root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """One server's folders. They exist only once the server was started."""

    folder: Path
    sockets: Path
    owner: Owner
    name: str

    @property
    def data(self) -> Path:
        """Return the folder of the database itself."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.folder / "server.log"


def find_place(state_dir: Path) -> Place:
    """Find the server's place for a state folder: where it already is, or where it will be made.

    :raises PlaceForbidden: the place exists and belongs to another user.
    """
    name = "mynapoint-" + hashlib.sha256(os.fsencode(state_dir.absolute())).hexdigest()[:16]
    choices = [state_dir.absolute() / "postgres", COMMON_FOLDER / name]
    folder = next((choice for choice in choices if _holds_a_cluster(choice)), None) or _choose(choices)
    owner = _owner_for(folder)
    return Place(folder, _socket_folder(folder, name=name, owner=owner), owner, name)


def is_reachable(path: Path, *, owner: Owner) -> bool:
    """Tell whether this user can enter every folder on the way to the path. The path need not exist."""
    return all(
        _may_enter(parent.stat(), owner=owner) for parent in path.absolute().resolve().parents if parent.exists()
    )


def _holds_a_cluster(folder: Path) -> bool:
    try:
        return (folder / "data" / "PG_VERSION").exists()
    except PermissionError:
        raise PlaceForbidden(folder) from None


def _choose(choices: list[Path]) -> Path:
    beside, common = choices
    if os.geteuid() != 0 or is_reachable(beside, owner=_nobody()):
        return beside
    return common


def _owner_for(folder: Path) -> Owner:
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    if folder.exists() and (status := folder.stat()).st_uid != 0:
        return Owner(status.st_uid, status.st_gid)
    return _nobody()


def _nobody() -> Owner:
    entry = pwd.getpwnam("nobody")
    return Owner(entry.pw_uid, entry.pw_gid)


def _socket_folder(folder: Path, *, name: str, owner: Owner) -> Path:
    beside = folder / "sockets"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    return SHORT_FOLDER / f"{name}-{owner.uid}"


def _may_enter(status: os.stat_result, *, owner: Owner) -> bool:
    if status.st_uid == owner.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
