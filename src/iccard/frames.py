"""Command and response frames in their short form, cases 1 to 4 (ISO/IEC 7816-4:2020, 5.3)."""

from dataclasses import dataclass, field
from typing import Final, Literal, Self

from iccard.status import OK, StatusWord

HEADER_LENGTH: Final = 4
STATUS_LENGTH: Final = 2
MAX_COMMAND_DATA: Final = 255
MAX_RESPONSE_DATA: Final = 256


class MalformedApdu(Exception):
    """The bytes are no frame; their content is left out, because a command may carry a PIN."""

    def __init__(self, *, frame: Literal["command", "response"], length: int) -> None:
        super().__init__(f"malformed {frame} of {length} bytes")
        self.frame = frame
        self.length = length


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What the host says: four header bytes, data, and how many bytes it expects back (none, or 1 to 256)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)  # a VERIFY carries the PIN
    expected_length: int | None = None

    def __post_init__(self) -> None:
        is_header = all(0 <= byte <= 0xFF for byte in (self.cla, self.ins, self.p1, self.p2))
        is_expected = self.expected_length is None or 1 <= self.expected_length <= MAX_RESPONSE_DATA
        if not (is_header and is_expected and len(self.data) <= MAX_COMMAND_DATA):
            raise MalformedApdu(frame="command", length=HEADER_LENGTH + len(self.data))

    def encode(self) -> bytes:
        """This will write the frame; an expected length of 256 is written as 00."""
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        body = bytes((len(self.data),)) + self.data if self.data else b""
        tail = b"" if self.expected_length is None else bytes((self.expected_length & 0xFF,))
        return header + body + tail

    @classmethod
    def decode(cls, apdu: bytes) -> Self:
        """This will read a short frame of any of the four cases.

        :raises MalformedApdu: when the lengths contradict each other, or the frame is an extended one.
        """
        data, expected_length = _split_body(apdu)
        cla, ins, p1, p2 = apdu[:HEADER_LENGTH]
        return cls(cla=cla, ins=ins, p1=p1, p2=p2, data=data, expected_length=expected_length)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What the card answers: up to 256 bytes and a status word."""

    data: bytes = field(default=b"", repr=False)
    status: StatusWord = OK

    def __post_init__(self) -> None:
        if len(self.data) > MAX_RESPONSE_DATA or not 0 <= self.status <= 0xFFFF:
            raise MalformedApdu(frame="response", length=len(self.data) + STATUS_LENGTH)

    def encode(self) -> bytes:
        """This will write the frame."""
        return self.data + self.status.to_bytes(STATUS_LENGTH, "big")

    @classmethod
    def decode(cls, apdu: bytes) -> Self:
        """This will read the frame.

        :raises MalformedApdu: when it is shorter than a status word or longer than a short frame may be.
        """
        if len(apdu) < STATUS_LENGTH:
            raise MalformedApdu(frame="response", length=len(apdu))
        return cls(data=apdu[:-STATUS_LENGTH], status=StatusWord.from_bytes(apdu[-STATUS_LENGTH:], "big"))


def _split_body(apdu: bytes) -> tuple[bytes, int | None]:
    body = apdu[HEADER_LENGTH:]
    if len(apdu) < HEADER_LENGTH:
        raise MalformedApdu(frame="command", length=len(apdu))
    if not body:  # case 1
        return b"", None
    if len(body) == 1:  # case 2
        return b"", body[0] or MAX_RESPONSE_DATA
    length, rest = body[0], body[1:]
    if length and len(rest) == length:  # case 3
        return rest, None
    if length and len(rest) == length + 1:  # case 4
        return rest[:-1], rest[-1] or MAX_RESPONSE_DATA
    raise MalformedApdu(frame="command", length=len(apdu))
