"""The platform's secrets: one private file each, made when the platform is founded and never again."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from paymentservice.encoding import to_base64url
from paymentservice.keys import KeyUnreadable, read_private_key, read_secret, write_private_key, write_secret


class SecretsFolderNotPrivate(Exception):
    """The folder of the secrets belongs to somebody else, or others may look into it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


MAY_FOUND: ContextVar[bool] = ContextVar("MAY_FOUND", default=True)
"""Whether what runs here may make secrets that do not exist: a command that only looks at a platform founds none."""


class Keyring:
    """Secrets in a folder. A file named for a secret is taken instead of the folder's, and is never made.

    Where nothing may be founded a missing secret is made up for this process alone, and its name is in ``made_up``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made_up: list[str] = []

    def secret(self, name: str, *, file: Path | None = None) -> bytes:
        """Return 32 secret bytes, made when they do not exist yet.

        :raises KeyUnreadable: the file is missing, unreadable or of another length.
        """
        if file is None and self._has_to_make_up(f"{name}.key"):
            return secrets.token_bytes(32)
        return read_secret(file or self._made(f"{name}.key", write_secret))

    def text(self, name: str, *, file: Path | None = None) -> str:
        """Return a secret as 43 characters that need no quoting anywhere."""
        return to_base64url(self.secret(name, file=file))

    def signing_key(self, name: str, *, file: Path | None = None) -> Ed25519PrivateKey:
        """Return an Ed25519 key, made when it does not exist yet.

        :raises KeyUnreadable: the file is missing or holds something else.
        """
        if file is None and self._has_to_make_up(f"{name}.pem"):
            return Ed25519PrivateKey.generate()
        return read_private_key(file or self._made(f"{name}.pem", _write_new_key))

    def _has_to_make_up(self, name: str) -> bool:
        if MAY_FOUND.get() or (self.folder / name).exists():
            return False
        self.made_up.append(name)
        return True

    def _made(self, name: str, write: Callable[[Path], None]) -> Path:
        path = self.folder / name
        if not path.exists():
            self._prepare_folder()
            self._make(path, write)
        return path

    def _make(self, path: Path, write: Callable[[Path], None]) -> None:
        """Write aside, then link: of two processes one wins whole, and the other reads what the winner wrote."""
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            write(draft)
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    def _prepare_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self.folder.stat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise SecretsFolderNotPrivate(self.folder)


def _write_new_key(path: Path) -> None:
    write_private_key(path, Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32)))


__all__ = ["MAY_FOUND", "KeyUnreadable", "Keyring", "SecretsFolderNotPrivate"]
