"""Status words: the two bytes that end every answer of a card (ISO/IEC 7816-4:2020, 5.6)."""

from typing import Final

_COUNTER_MASK: Final = 0xFFF0
_COUNTER: Final = 0x63C0


class StatusWord(int):
    """Two status bytes as one number; a status that nobody named is kept as it came."""

    @property
    def tries_left(self) -> int | None:
        """This will be the counter of a `63Cx` status, or nothing for every other status."""
        return self & 0x0F if self & _COUNTER_MASK == _COUNTER else None

    def __repr__(self) -> str:
        return f"StatusWord({self:04X})"

    __str__ = __repr__


def counter_status(tries_left: int) -> StatusWord:
    """This will give the status that tells how many tries are left.

    :raises ValueError: when the counter does not fit into its four bits.
    """
    if not 0 <= tries_left <= 0x0F:
        raise ValueError("a status counter has four bits")
    return StatusWord(_COUNTER | tries_left)


OK: Final = StatusWord(0x9000)
WRONG_LENGTH: Final = StatusWord(0x6700)
INCOMPATIBLE_WITH_FILE: Final = StatusWord(0x6981)
SECURITY_STATUS_NOT_SATISFIED: Final = StatusWord(0x6982)
AUTHENTICATION_METHOD_BLOCKED: Final = StatusWord(0x6983)
REFERENCE_DATA_UNUSABLE: Final = StatusWord(0x6984)
COMMAND_NOT_ALLOWED: Final = StatusWord(0x6985)
NO_CURRENT_FILE: Final = StatusWord(0x6986)
INCORRECT_DATA: Final = StatusWord(0x6A80)
FILE_NOT_FOUND: Final = StatusWord(0x6A82)
INCORRECT_PARAMETERS: Final = StatusWord(0x6A86)
REFERENCE_DATA_NOT_FOUND: Final = StatusWord(0x6A88)
OFFSET_OUTSIDE_FILE: Final = StatusWord(0x6B00)
WRONG_EXPECTED_LENGTH_256: Final = StatusWord(0x6C00)
INSTRUCTION_NOT_SUPPORTED: Final = StatusWord(0x6D00)
CLASS_NOT_SUPPORTED: Final = StatusWord(0x6E00)
