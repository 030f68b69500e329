"""The platform's secrets: one private file each, made on the first start and never again."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from paymentservice.encoding import to_base64url
from paymentservice.keys import KeyUnreadable, read_private_key, read_secret, write_private_key, write_secret


class SecretsFolderNotPrivate(Exception):
    """The folder of the secrets belongs to somebody else, or others may look into it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


class Keyring:
    """Secrets in a folder. A file named for a secret is taken instead of the folder's, and is never made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def secret(self, name: str, *, file: Path | None = None) -> bytes:
        """Return 32 secret bytes, made when they do not exist yet.

        :raises KeyUnreadable: the file is missing, unreadable or of another length.
        """
        return read_secret(file or self._made(f"{name}.key", write_secret))

    def text(self, name: str, *, file: Path | None = None) -> str:
        """Return a secret as 43 characters that need no quoting anywhere."""
        return to_base64url(self.secret(name, file=file))

    def signing_key(self, name: str, *, file: Path | None = None) -> Ed25519PrivateKey:
        """Return an Ed25519 key, made when it does not exist yet.

        :raises KeyUnreadable: the file is missing or holds something else.
        """
        return read_private_key(file or self._made(f"{name}.pem", _write_new_key))

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


__all__ = ["KeyUnreadable", "Keyring", "SecretsFolderNotPrivate"]
