"""A virtual My Number Card: the whole JPKI application, frame by frame."""

import hmac
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final, Self, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from iccard import status
from iccard.frames import MAX_RESPONSE_DATA, Command, MalformedApdu, Response
from iccard.status import StatusWord, counter_status
from jpki.application import AID, COORDINATE_LENGTH, PASSWORD_PATTERN, PIN_PATTERN, Ef, Instruction
from jpki.virtual.contents import CardContents, CardMemory, FileMemory, Purpose, VolatileMemory
from jpki.virtual.keys import SigningKey

_CERTIFICATE_FILE_LENGTH: Final = 2048  # longer than its certificate, as on real cards
_MAX_SIGNED_LENGTH: Final = 245  # RFC 8017, 9.2: 2048 bits less eleven bytes of padding
_CURRENT_EF: Final = 0x80
_SHORT_EF_MASK: Final = 0x1F


class _Kind(Enum):
    CERTIFICATE = auto()
    CA_CERTIFICATE = auto()
    KEY = auto()
    SECRET = auto()


_FILES: Final = {
    Ef.AUTHENTICATION_CERTIFICATE: (Purpose.AUTHENTICATION, _Kind.CERTIFICATE),
    Ef.AUTHENTICATION_CA_CERTIFICATE: (Purpose.AUTHENTICATION, _Kind.CA_CERTIFICATE),
    Ef.AUTHENTICATION_KEY: (Purpose.AUTHENTICATION, _Kind.KEY),
    Ef.AUTHENTICATION_PIN: (Purpose.AUTHENTICATION, _Kind.SECRET),
    Ef.SIGNING_CERTIFICATE: (Purpose.SIGNING, _Kind.CERTIFICATE),
    Ef.SIGNING_CA_CERTIFICATE: (Purpose.SIGNING, _Kind.CA_CERTIFICATE),
    Ef.SIGNING_KEY: (Purpose.SIGNING, _Kind.KEY),
    Ef.SIGNING_PASSWORD: (Purpose.SIGNING, _Kind.SECRET),
}
_SECRET_PATTERNS: Final = {Purpose.AUTHENTICATION: PIN_PATTERN, Purpose.SIGNING: PASSWORD_PATTERN}
_SECRET_LENGTHS: Final = {Purpose.AUTHENTICATION: range(4, 5), Purpose.SIGNING: range(6, 17)}


class _Refused(Exception):
    """The card answers a status other than 9000."""

    def __init__(self, status_word: StatusWord) -> None:
        self.status_word = status_word


class VirtualCard:
    """A powered card: what is selected and which secrets were verified is gone with it; the rest is in its memory."""

    def __init__(self, memory: CardMemory) -> None:
        self._memory = memory
        self._is_application_selected = False
        self._selected: Ef | None = None
        self._verified: set[Purpose] = set()
        self._keys: dict[bytes, SigningKey] = {}
        self._handlers: dict[tuple[int, int], Callable[[Command], bytes]] = {
            (0x00, Instruction.SELECT): self._select,
            (0x00, Instruction.READ_BINARY): self._read_binary,
            (0x00, Instruction.VERIFY): self._verify,
            (0x00, Instruction.CHANGE_REFERENCE_DATA): self._change_secret,
            (0x80, Instruction.COMPUTE_DIGITAL_SIGNATURE): self._sign,
        }

    @classmethod
    def open(cls, path: Path) -> Self:
        """This will put the card in the file under power.

        :raises MalformedCardFile: when the file holds no card.
        """
        memory = FileMemory(path)
        memory.read()
        return cls(memory)

    @classmethod
    def in_memory(cls, contents: CardContents) -> Self:
        """This will give a card that keeps nothing beyond the process."""
        return cls(VolatileMemory(contents))

    def transmit(self, apdu: bytes, /) -> bytes:
        """This will answer one frame, whatever it is."""
        try:
            return Response(data=self._answer(Command.decode(apdu))).encode()
        except MalformedApdu:
            return Response(status=status.WRONG_LENGTH).encode()
        except _Refused as refusal:
            return Response(status=refusal.status_word).encode()

    def _answer(self, command: Command) -> bytes:
        handler = self._handlers.get((command.cla, command.ins))
        if handler is not None:
            return handler(command)
        is_known_class = command.cla in {cla for cla, _ in self._handlers}
        is_known_elsewhere = command.ins in {ins for _, ins in self._handlers}
        if not is_known_class or is_known_elsewhere:
            raise _Refused(status.CLASS_NOT_SUPPORTED)
        raise _Refused(status.INSTRUCTION_NOT_SUPPORTED)

    def _select(self, command: Command) -> bytes:
        match (command.p1, command.p2):
            case (0x04, 0x0C):
                self._select_application(command.data)
            case (0x02, 0x0C):
                self._select_file(command.data)
            case _:
                raise _Refused(status.INCORRECT_PARAMETERS)
        return b""

    def _select_application(self, name: bytes) -> None:
        if name != AID:
            raise _Refused(status.FILE_NOT_FOUND)
        self._is_application_selected = True
        self._selected = None
        self._verified.clear()

    def _select_file(self, name: bytes) -> None:
        if len(name) != 2:
            raise _Refused(status.WRONG_LENGTH)
        self._selected = self._find_file(int.from_bytes(name, "big"))

    def _find_file(self, identifier: int) -> Ef:
        if not self._is_application_selected or identifier not in _FILES:
            raise _Refused(status.FILE_NOT_FOUND)
        return Ef(identifier)

    def _read_binary(self, command: Command) -> bytes:
        if command.data or command.expected_length is None:
            raise _Refused(status.WRONG_LENGTH)
        content = self._get_readable_file(command)
        offset = command.p2 if command.p1 & _CURRENT_EF else command.p1 << 8 | command.p2
        if offset >= len(content):
            raise _Refused(status.OFFSET_OUTSIDE_FILE)
        return content[offset : offset + command.expected_length]

    def _get_readable_file(self, command: Command) -> bytes:
        """This will give the file's content; the signing certificate names its holder, so it wants the password."""
        purpose, kind = self._resolve(command.p1) if command.p1 & _CURRENT_EF else self._get_selected()
        credential = self._memory.read().get_credential(purpose)
        if kind is _Kind.CA_CERTIFICATE:
            return credential.ca_certificate.ljust(_CERTIFICATE_FILE_LENGTH, b"\x00")
        if kind is not _Kind.CERTIFICATE:
            raise _Refused(status.INCOMPATIBLE_WITH_FILE)
        if purpose is Purpose.SIGNING:
            self._check_verified(purpose)
        return credential.certificate.ljust(_CERTIFICATE_FILE_LENGTH, b"\x00")

    def _verify(self, command: Command) -> bytes:
        purpose = self._get_purpose(command, p1=0x00, kind=_Kind.SECRET)
        if not command.data:
            raise _Refused(counter_status(self._memory.read().get_secret(purpose).tries_left))
        self._check_secret(purpose, command.data)
        self._memory.change(lambda card: card.with_secret(purpose, tries_left=card.get_secret(purpose).tries))
        self._verified.add(purpose)
        return b""

    def _check_secret(self, purpose: Purpose, offered: bytes) -> None:
        """This will spend one try durably before it compares, so that pulling the card's power wins nothing."""
        self._verified.discard(purpose)
        before = self._memory.change(lambda card: _spend_try(card, purpose, offered)).get_secret(purpose)
        if before.tries_left == 0:
            raise _Refused(status.AUTHENTICATION_METHOD_BLOCKED)
        if len(offered) not in _SECRET_LENGTHS[purpose]:
            raise _Refused(status.WRONG_LENGTH)
        if not hmac.compare_digest(offered, before.text.encode()):
            raise _Refused(counter_status(before.tries_left - 1))

    def _change_secret(self, command: Command) -> bytes:
        purpose = self._get_purpose(command, p1=0x01, kind=_Kind.SECRET)
        self._check_verified(purpose)
        if len(command.data) not in _SECRET_LENGTHS[purpose]:
            raise _Refused(status.WRONG_LENGTH)
        if not _SECRET_PATTERNS[purpose].fullmatch(command.data):
            raise _Refused(status.INCORRECT_DATA)
        self._memory.change(lambda card: card.with_secret(purpose, text=command.data.decode("ascii")))
        return b""

    def _sign(self, command: Command) -> bytes:
        """This will pad and sign whatever it is given, as the card does: what was signed is the verifier's question."""
        purpose = self._get_purpose(command, p1=0x00, kind=_Kind.KEY)
        self._check_verified(purpose)
        if not 0 < len(command.data) <= _MAX_SIGNED_LENGTH or command.expected_length is None:
            raise _Refused(status.WRONG_LENGTH)
        if command.expected_length != MAX_RESPONSE_DATA:
            raise _Refused(status.WRONG_EXPECTED_LENGTH_256)
        key = self._load_key(purpose)
        if isinstance(key, RSAPrivateKey):
            return key.sign(command.data, PKCS1v15(), NoDigestInfo())
        return _sign_on_curve(key, command.data)

    def _load_key(self, purpose: Purpose) -> SigningKey:
        encoded = self._memory.read().get_credential(purpose).key
        if encoded not in self._keys:
            # The test authority made the key: checking it again would cost more than a hundred signatures.
            key = load_der_private_key(encoded, password=None, unsafe_skip_rsa_key_validation=True)
            self._keys = {encoded: cast(SigningKey, key)}
        return self._keys[encoded]

    def _get_purpose(self, command: Command, *, p1: int, kind: _Kind) -> Purpose:
        if command.p1 != p1:
            raise _Refused(status.INCORRECT_PARAMETERS)
        purpose, actual_kind = self._resolve(command.p2)
        if actual_kind is not kind:
            raise _Refused(status.REFERENCE_DATA_NOT_FOUND)
        return purpose

    def _resolve(self, reference: int) -> tuple[Purpose, _Kind]:
        """This will read 80 as the selected file, and 80 plus a short identifier as that file, which it selects."""
        if reference & ~_SHORT_EF_MASK != _CURRENT_EF:
            raise _Refused(status.INCORRECT_PARAMETERS)
        if reference != _CURRENT_EF:
            self._selected = self._find_file(reference & _SHORT_EF_MASK)
        return self._get_selected()

    def _get_selected(self) -> tuple[Purpose, _Kind]:
        if self._selected is None:
            raise _Refused(status.NO_CURRENT_FILE)
        return _FILES[self._selected]

    def _check_verified(self, purpose: Purpose) -> None:
        if purpose not in self._verified:
            raise _Refused(status.SECURITY_STATUS_NOT_SATISFIED)


def _sign_on_curve(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """This will sign a SHA-384 digest as the next cards are taken to: r and s, one behind the other."""
    if len(digest) != hashes.SHA384.digest_size:
        raise _Refused(status.WRONG_LENGTH)
    pair = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384()))))
    return b"".join(number.to_bytes(COORDINATE_LENGTH, "big") for number in pair)


def _spend_try(card: CardContents, purpose: Purpose, offered: bytes) -> CardContents:
    tries_left = card.get_secret(purpose).tries_left
    if tries_left == 0 or len(offered) not in _SECRET_LENGTHS[purpose]:
        return card
    return card.with_secret(purpose, tries_left=tries_left - 1)
