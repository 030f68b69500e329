"""What went wrong with the database, in sentences that say what to do."""

from typing import Final

from mynapoint.console.backup import BackupExists, DatabaseNotEmpty, NotABackup
from mynapoint.console.cluster import FolderNotPrivate, LeftoversRunning, ProgramFailed
from mynapoint.console.place import PlaceForbidden
from mynapoint.console.programs import ProgramsMissing, ProgramsUnreadable

EXPLAINED: Final = (
    BackupExists, DatabaseNotEmpty, NotABackup, FolderNotPrivate, LeftoversRunning, ProgramFailed, PlaceForbidden,
    ProgramsMissing, ProgramsUnreadable, OSError,
)  # fmt: skip


def explain(error: Exception) -> str:
    """Say what happened and what to do about it."""
    match error:
        case BackupExists():
            return f"{error.path} exists, and a backup overwrites nothing; choose another name"
        case DatabaseNotEmpty():
            return f"the database holds {error.tables} tables; to replace them all, say --yes"
        case NotABackup():
            return f"{error.path} is missing or was not written by `mynapoint db backup`; nothing was changed"
        case ProgramFailed():
            return f"{error.program} failed: {error.said}"
        case _:
            return _explain_server(error)


def _explain_server(error: Exception) -> str:
    match error:
        case ProgramsMissing():
            version = f" {error.major}" if error.major else ""
            return (
                f"no programs of PostgreSQL{version} in {', '.join(map(str, error.looked_in))}; "
                "run `make setup`, or name their folder in MYNAPOINT_PG_BIN"
            )
        case ProgramsUnreadable():
            return f"user {error.uid}, as whom the server runs, cannot read {error.folder}; allow it, or choose another"
        case FolderNotPrivate():
            return f"{error.folder} must belong to the server's user alone (mode 0700); remove it and start again"
        case LeftoversRunning():
            return f"processes {error.pids} of a killed server still work on its data; wait for them, or end them"
        case PlaceForbidden():
            return f"{error.folder} belongs to another user; run as that user, or set MYNAPOINT_STATE_DIR"
        case _:
            return str(error)
