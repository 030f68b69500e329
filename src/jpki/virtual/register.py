"""The test authority's register: one line for each thing done, appended whole or not at all."""

import os
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from cryptography import x509
from pydantic import AwareDatetime, BaseModel, ConfigDict

from jpki.certificate import CertificateId, HolderCertificate
from jpki.lineage import CertificateName
from jpki.registry import Lineage, MemoryRegistry, RegistryUnavailable, Revocation

REGISTER_NAME: Final = "register.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Issue(_Line):
    """A certificate and the one that it follows."""

    certificate: CertificateName
    predecessor: CertificateName | None = None


class Entry(_Line):
    """What was done at once: certificates issued, certificates revoked, or, in a renewal, both."""

    at: AwareDatetime
    issued: tuple[Issue, ...] = ()
    revoked: tuple[CertificateName, ...] = ()
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


class AuthorityRegistry:
    """The authority's register as a registry: what a command writes, a running server reads at its next question."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / REGISTER_NAME
        self._lock = Lock()
        self._restart()

    @property
    def last_serial(self) -> int:
        """This will be the highest serial of all that were taken in, or 0."""
        return self._last_serial

    def append(self, entry: Entry) -> None:
        """This will add one line durably; to be called after `refresh`, under the authority's lock.

        What a killed writer left of a line is cut off first.
        """
        with open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as register:
            register.seek(self._offset)
            register.truncate()
            register.write(entry.model_dump_json().encode() + b"\n")
            register.flush()
            os.fsync(register.fileno())

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """See `Registry`."""
        self.refresh().check_not_revoked(certificate, at=at)

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """See `Registry`."""
        return self.refresh().get_lineage(certificate_id, at=at)

    def refresh(self) -> MemoryRegistry:
        """This will take in the lines that were added since the last question.

        :raises RegistryUnavailable: when the register is gone or cannot be read.
        """
        with self._lock:
            try:
                self._read_new_lines()
            except (OSError, ValueError):
                self._restart()
                raise RegistryUnavailable from None
            return self._memory

    def _restart(self) -> None:
        self._memory = MemoryRegistry()
        self._offset = 0
        self._inode = 0
        self._last_serial = 0

    def _read_new_lines(self) -> None:
        state = self._path.stat()
        if state.st_ino != self._inode or state.st_size < self._offset:
            self._restart()
            self._inode = state.st_ino
        if state.st_size == self._offset:
            return
        with self._path.open("rb") as register:
            register.seek(self._offset)
            added = register.read()
        complete = added[: added.rfind(b"\n") + 1]
        for line in complete.splitlines():
            self._take_in(Entry.model_validate_json(line))
        self._offset += len(complete)

    def _take_in(self, entry: Entry) -> None:
        for issue in entry.issued:
            predecessor = issue.predecessor.decode() if issue.predecessor else None
            self._last_serial = max(self._last_serial, issue.certificate.serial)
            self._memory.add(issue.certificate.decode(), predecessor=predecessor)
        for name in entry.revoked:
            self._memory.revoke(name.decode(), Revocation(revoked_at=entry.at, reason=entry.reason))
