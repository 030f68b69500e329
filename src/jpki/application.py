"""The JPKI application on the card: its name, its elementary files, its limits.

No normative document is open; these are what independent public readers of the card use.
"""

import re
from enum import IntEnum
from typing import Final

AID: Final = bytes.fromhex("D392F000260100000001")

PIN_TRIES: Final = 3
PASSWORD_TRIES: Final = 5
PIN_PATTERN: Final = re.compile(rb"[0-9]{4}")
PASSWORD_PATTERN: Final = re.compile(rb"[A-Z0-9]{6,16}")

MAX_CERTIFICATE_LENGTH: Final = 4096

COORDINATE_LENGTH: Final = 48
"""bytes of each of the two numbers of an ECDSA P-384 signature"""


class Ef(IntEnum):
    """An elementary file's identifier; its low five bits are its short identifier."""

    SIGNING_CERTIFICATE = 0x0001
    SIGNING_CA_CERTIFICATE = 0x0002
    AUTHENTICATION_CERTIFICATE = 0x000A
    AUTHENTICATION_CA_CERTIFICATE = 0x000B
    AUTHENTICATION_KEY = 0x0017
    AUTHENTICATION_PIN = 0x0018
    SIGNING_KEY = 0x001A
    SIGNING_PASSWORD = 0x001B


class Instruction(IntEnum):
    """The instruction bytes that the application understands."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    COMPUTE_DIGITAL_SIGNATURE = 0x2A
    SELECT = 0xA4
    READ_BINARY = 0xB0
