"""What a host does with the card's user-authentication certificate, key and PIN."""

from dataclasses import dataclass
from typing import Final

from iccard.connection import CardConnection, send
from iccard.frames import MAX_RESPONSE_DATA, Command, Response
from iccard.status import AUTHENTICATION_METHOD_BLOCKED, FILE_NOT_FOUND, OK, REFERENCE_DATA_UNUSABLE, StatusWord
from jpki.application import AID, MAX_CERTIFICATE_LENGTH, Ef, Instruction
from jpki.pin import Pin
from jpki.statement import MalformedCardSignature, decode_from_card, encode_for_card, is_curve_certificate

_CERTIFICATE_HEADER_LENGTH: Final = 4
_LOCKED_STATUSES: Final = frozenset({AUTHENTICATION_METHOD_BLOCKED, REFERENCE_DATA_UNUSABLE})
_SELECT_BY_NAME: Final = 0x04
_SELECT_EF: Final = 0x02
_NO_RESPONSE_DATA: Final = 0x0C
_CURRENT_EF: Final = 0x80


class UnableToUseCard(Exception):
    """The card did not do what it was asked for."""


class NotAMyNumberCard(UnableToUseCard):
    """The card has no JPKI application."""


class CardRefused(UnableToUseCard):
    """The card answered a status that this client has no better name for."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__(f"the card answered {status}")
        self.status = status


class UnreadableCertificate(UnableToUseCard):
    """The card's certificate file holds no certificate, or ends before the certificate does."""


class UnreadableSignature(UnableToUseCard):
    """The card answered something that cannot be a signature by its key."""


class WrongPin(UnableToUseCard):
    """The PIN was wrong; as many tries are left."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"wrong PIN, {tries_left} tries left")
        self.tries_left = tries_left


class PinLocked(UnableToUseCard):
    """No try is left: only the counter of the municipality can set a new PIN."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedStatement:
    """A card's signature over a statement, and the certificate (DER) of the key that made it."""

    signature: bytes
    certificate: bytes


class JpkiCard:
    """The JPKI application of one card; each question is a whole exchange that starts by selecting the application."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def read_certificate(self) -> bytes:
        """This will read the user-authentication certificate (DER), for which the card wants no PIN.

        :raises UnableToUseCard: when the card has none that can be read.
        """
        self._select_application()
        return self._read_certificate_file()

    def get_pin_tries_left(self) -> int:
        """This will ask how many wrong PINs the card would still bear, 0 to 3, without using one up.

        :raises UnableToUseCard: when the card does not tell.
        """
        return self._get_tries_left(Ef.AUTHENTICATION_PIN)

    def get_password_tries_left(self) -> int:
        """This will ask the same of the signing password, 0 to 5, which this platform never asks for.

        :raises UnableToUseCard: when the card does not tell.
        """
        return self._get_tries_left(Ef.SIGNING_PASSWORD)

    def is_card_of(self, certificate: bytes) -> bool:
        """This will tell by the certificate's beginning, in which its serial stands, whether this is the card of it.

        :raises UnableToUseCard: when the card has no certificate that can be read.
        """
        self._select_application()
        self._select(Ef.AUTHENTICATION_CERTIFICATE)
        length = min(len(certificate), MAX_RESPONSE_DATA)
        return self._read_pieces(length) == certificate[:length]

    def sign_statement(self, statement: bytes, *, pin: Pin) -> SignedStatement:
        """This will have the card sign the statement, with one try of the PIN and none repeated.

        :raises WrongPin: with the tries left.
        :raises PinLocked: when no try is left, be the PIN right or wrong.
        :raises UnableToUseCard: when the card refuses anything else.
        """
        self._select_application()
        # The certificate says which kind of key signs; it comes first, for every SELECT of an EF takes the key away.
        certificate = self._read_certificate_file()
        on_curve = is_curve_certificate(certificate)
        self._verify(pin)
        try:
            answer = self._sign(encode_for_card(statement, on_curve=on_curve))
            return SignedStatement(signature=decode_from_card(answer, on_curve=on_curve), certificate=certificate)
        except MalformedCardSignature:
            raise UnreadableSignature from None
        finally:
            self._select_application()  # which clears the PIN state: it must not outlive this exchange

    def _get_tries_left(self, secret: Ef) -> int:
        self._select_application()
        self._select(secret)
        status = self._send(Instruction.VERIFY, p2=_CURRENT_EF).status
        if status in _LOCKED_STATUSES:
            return 0
        if status.tries_left is None:
            raise CardRefused(status)
        return status.tries_left

    def _sign(self, digest_info: bytes) -> bytes:
        self._select(Ef.AUTHENTICATION_KEY)
        answer = self._send(
            Instruction.COMPUTE_DIGITAL_SIGNATURE,
            cla=0x80,
            p2=_CURRENT_EF,
            data=digest_info,
            expected_length=MAX_RESPONSE_DATA,
        )
        _check_status(answer)
        return answer.data

    def _verify(self, pin: Pin) -> None:
        self._select(Ef.AUTHENTICATION_PIN)
        answer = self._send(Instruction.VERIFY, p2=_CURRENT_EF, data=pin.encode())
        if answer.status in _LOCKED_STATUSES or answer.status.tries_left == 0:
            raise PinLocked
        if answer.status.tries_left is not None:
            raise WrongPin(answer.status.tries_left)
        _check_status(answer)

    def _read_certificate_file(self) -> bytes:
        """This will read as many bytes as the DER header announces: the file itself may be longer."""
        self._select(Ef.AUTHENTICATION_CERTIFICATE)
        header = self._read_binary(offset=0, length=_CERTIFICATE_HEADER_LENGTH)
        length = int.from_bytes(header[2:], "big") + _CERTIFICATE_HEADER_LENGTH
        if header[:2] != b"\x30\x82" or length > MAX_CERTIFICATE_LENGTH:
            raise UnreadableCertificate
        return self._read_pieces(length, begun=header)

    def _read_pieces(self, length: int, *, begun: bytes = b"") -> bytes:
        """This will read the selected file on to this length, in the pieces that the card gives."""
        content = begun
        while len(content) < length:
            missing = length - len(content)
            content += self._read_binary(offset=len(content), length=min(missing, MAX_RESPONSE_DATA))
        return content

    def _read_binary(self, *, offset: int, length: int) -> bytes:
        answer = self._send(Instruction.READ_BINARY, p1=offset >> 8, p2=offset & 0xFF, expected_length=length)
        _check_status(answer)
        if not 0 < len(answer.data) <= length:
            raise UnreadableCertificate
        return answer.data

    def _select_application(self) -> None:
        answer = self._send(Instruction.SELECT, p1=_SELECT_BY_NAME, p2=_NO_RESPONSE_DATA, data=AID)
        if answer.status == FILE_NOT_FOUND:
            raise NotAMyNumberCard
        _check_status(answer)

    def _select(self, ef: Ef) -> None:
        name = ef.to_bytes(2, "big")
        _check_status(self._send(Instruction.SELECT, p1=_SELECT_EF, p2=_NO_RESPONSE_DATA, data=name))

    def _send(
        self,
        instruction: Instruction,
        *,
        cla: int = 0x00,
        p1: int = 0x00,
        p2: int,
        data: bytes = b"",
        expected_length: int | None = None,
    ) -> Response:
        command = Command(cla=cla, ins=instruction, p1=p1, p2=p2, data=data, expected_length=expected_length)
        return send(self._connection, command)


def _check_status(answer: Response) -> None:
    if answer.status != OK:
        raise CardRefused(answer.status)
