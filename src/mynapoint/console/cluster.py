"""The database server that comes with the platform: made, started and stopped over PostgreSQL's own programs.

It listens on a private Unix socket only, asks for a password (SCRAM), checks its pages, and never runs as root.
"""

import fcntl
import os
import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from psycopg.pq import PGconn, Ping

from mynapoint.console.place import COMMON_FOLDER, Owner, Place, find_place
from mynapoint.console.programs import Programs, find_programs, make_readable
from mynapoint.console.traces import is_server_process, leftover_processes, names_a_living_process, read_lock
from mynapoint.keyring import Keyring

ADMIN: Final = "postgres"
ROLE: Final = "mynapoint"
DATABASE: Final = "mynapoint"
PORT: Final = 5432
START_SECONDS: Final = 120
LEFTOVER_SECONDS: Final = 30

# The server's log must never repeat what a statement carried: no statements, no parameters, no "Key (x)=(…)" details.
CONFIGURATION: Final = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = '256MB'
timezone = 'UTC'
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
# For servers whose content nobody will miss.
HASTY: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class ProgramFailed(Exception):
    """One of PostgreSQL's programs ended with an error; ``said`` is what it told."""

    def __init__(self, program: str, *, said: str) -> None:
        super().__init__(program)
        self.program = program
        self.said = said


class FolderNotPrivate(Exception):
    """A folder for the server's socket exists and is not the server's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


class LeftoversRunning(Exception):
    """Processes of a killed server still work on its data; starting a second server on it would destroy it."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(str(pids))
        self.pids = pids


def server_url(state_dir: Path) -> str:
    """Return the address of the server that belongs to a state folder, whether it runs or not."""
    return _url(find_place(state_dir), password=_keyring(state_dir).text("database"))


def open_cluster(state_dir: Path, *, pg_bin: Path | None = None, durable: bool = True) -> "Cluster":
    """Open the server of a state folder without starting it: its place, its programs, its passwords."""
    place, keys = find_place(state_dir), _keyring(state_dir)
    programs = find_programs(setting=pg_bin, major=_major_of(place))
    return Cluster(
        place=place,
        programs=make_readable(programs, owner=place.owner),
        password=keys.text("database"),
        admin_password=keys.text("database_admin"),
        durable=durable,
    )


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One server with its data. Opening it changes nothing."""

    place: Place
    programs: Programs
    password: str
    admin_password: str
    durable: bool = True

    @property
    def url(self) -> str:
        """Return the address for the platform's role, which owns its database and is no superuser."""
        return _url(self.place, password=self.password)

    def is_running(self) -> bool:
        """Tell whether the server's own process is there: a number left behind in a file is not one."""
        pid = read_lock(self.place.data / "postmaster.pid")
        return pid is not None and is_server_process(pid, data=self.place.data)

    def start(self) -> bool:
        """Start the server, made first if need be, and return once it answers. Tell whether it had to be started.

        :raises ProgramFailed: with the end of the server's log.
        :raises LeftoversRunning: after waiting for a killed server's processes to leave.
        """
        with self._alone():
            self._prepare_folders()
            if self._answers():
                return False
            if not self.place.data.exists():
                self._create()
            self._clear_the_way()
            self._launch()
            return True

    def stop(self) -> bool:
        """Stop the server once its running transactions are rolled back. Tell whether there was one."""
        if not self.is_running():
            return False
        self._run("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", str(self.place.data))
        return True

    def discard(self) -> None:
        """Stop the server and delete all of its data."""
        self.stop()
        shutil.rmtree(self.place.folder, ignore_errors=True)
        shutil.rmtree(self.place.sockets, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock on the folder around the server's, so that of two starts at once the second finds a server."""
        around = self.place.folder.parent
        around.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(around, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _answers(self) -> bool:
        """Wait until a server that is there takes connections, or is gone, as one soon is that was killed.

        :raises ProgramFailed: when it does neither.
        """
        deadline = time.monotonic() + START_SECONDS
        while self.is_running():
            if PGconn.ping(self.url.encode()) == Ping.OK:
                return True
            if time.monotonic() > deadline:
                raise ProgramFailed("postgres", said=_last_lines(self.place.log) or "it runs, but takes no connections")
            time.sleep(0.05)
        return False

    def _prepare_folders(self) -> None:
        if self.place.folder.parent == COMMON_FOLDER:
            COMMON_FOLDER.chmod(0o755)
        _make_private(self.place.folder, owner=self.place.owner)
        _make_private(self.place.sockets, owner=self.place.owner)

    def _create(self) -> None:
        """Make the data aside and rename it: a half-made folder is never taken for a database."""
        draft = self.place.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        with self._password_file() as password_file:
            self._run("initdb", *self._initdb_options(), f"--pwfile={password_file}", "-D", str(draft))
        statements = [
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{self.password}'",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
        ]
        self._run("postgres", "--single", "-c", "exit_on_error=on", "-D", str(draft), ADMIN, told="\n".join(statements))
        with (draft / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)
        draft.rename(self.place.data)

    def _initdb_options(self) -> list[str]:
        # Until PostgreSQL 17 the C library's C.UTF-8 has to do: the same order, by code point.
        locale = ["--locale=C.UTF-8", *(["--locale-provider=builtin"] if self.programs.major >= 17 else [])]
        haste = [] if self.durable else ["--no-sync"]
        return ["--username", ADMIN, "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", *locale, *haste]

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        path = self.place.folder / f"password.{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(self.admin_password)
            os.chown(path, self.place.owner.uid, self.place.owner.gid)
            yield path
        finally:
            path.unlink()

    def _clear_the_way(self) -> None:
        """Wait for a killed server's processes, then remove locks whose number now belongs to somebody else.

        PostgreSQL itself clears a lock whose process is gone; only a number that was given out again misleads it.
        """
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while pids := leftover_processes(self.place.name):
            if time.monotonic() > deadline:
                raise LeftoversRunning(pids)
            time.sleep(0.05)
        for lock in (self.place.data / "postmaster.pid", self.place.sockets / f".s.PGSQL.{PORT}.lock"):
            if names_a_living_process(lock):
                lock.unlink()

    def _launch(self) -> None:
        options = ["-k", str(self.place.sockets), "-p", str(PORT), "-c", f"cluster_name={self.place.name}"]
        for option in () if self.durable else HASTY:
            options += ["-c", option]
        try:
            self._run(
                "pg_ctl", "start", "-s", "-w", "-t", str(START_SECONDS),
                "-D", str(self.place.data), "-l", str(self.place.log), "-o", shlex.join(options),
            )  # fmt: skip
        except ProgramFailed as failure:
            raise ProgramFailed("postgres", said=_last_lines(self.place.log) or failure.said) from None

    def _run(self, program: str, *arguments: str, told: str | None = None) -> None:
        """Run one program as the server's owner, in its folder, with nothing of our own environment."""
        outcome = subprocess.run(
            [self.programs.path(program), *arguments],
            input=told if told is not None else "",
            cwd=self.place.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
            **_as_user(self.place.owner),
        )
        if outcome.returncode != 0:
            raise ProgramFailed(program, said=outcome.stderr.strip() or outcome.stdout.strip())


def _url(place: Place, *, password: str) -> str:
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(place.sockets), safe='')}&port={PORT}"


def _keyring(state_dir: Path) -> Keyring:
    return Keyring(state_dir / "secrets")


def _major_of(place: Place) -> int | None:
    try:
        return int((place.data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _make_private(folder: Path, *, owner: Owner) -> None:
    """Make a folder of the server's own, or check that it is: somebody may have put one in its way."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.uid, owner.gid)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != owner.uid or status.st_mode & 0o077:
        raise FolderNotPrivate(folder)


def _as_user(owner: Owner) -> dict[str, Any]:
    if os.geteuid() == owner.uid:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def _last_lines(log: Path, *, count: int = 5) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
