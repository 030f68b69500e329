"""Codes on slips of paper: twelve letters that nobody can guess, and that can be read out and typed."""

import hmac
import secrets
import unicodedata
from typing import Final, NewType

SlipCode = NewType("SlipCode", str)
"""Twelve letters of :data:`CODE_ALPHABET`, about 55 bits."""

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B: pairs that are misread on paper and over the telephone.
CODE_ALPHABET: Final = "34679ACDEFGHJKMNPQRTUVWXY"
CODE_LENGTH: Final = 12
GROUP: Final = 4


class SlipCodeUnreadable(ValueError):
    """What was typed cannot be a slip's code."""


def draw_code() -> SlipCode:
    """Return a new random code."""
    return SlipCode("".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)))


def derive_code(*parts: str, purpose: str, key: bytes) -> SlipCode:
    """Return the code that belongs to some parts: the same each time, so that a slip can be printed again.

    It is taken from HMAC-SHA256: the key's holder alone can make it.
    """
    number = int.from_bytes(hmac.digest(key, "\n".join((f"{purpose} code v1", *parts)).encode(), "sha256"))
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return SlipCode("".join(letters))


def read_code(typed: str) -> SlipCode:
    """Return the code that somebody typed: any width, capitals or not, with or without spaces and hyphens.

    :raises SlipCodeUnreadable: when it cannot be one.
    """
    normal = unicodedata.normalize("NFKC", typed[: 4 * CODE_LENGTH]).upper()
    letters = "".join(letter for letter in normal if letter.isalnum())
    if len(letters) != CODE_LENGTH or not set(letters) <= set(CODE_ALPHABET):
        raise SlipCodeUnreadable
    return SlipCode(letters)


def group_code(code: SlipCode) -> str:
    """Return a code as it is printed: ACDE-FGHJ-KMNP."""
    return "-".join(code[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP))


def hash_code(code: SlipCode, *, purpose: str, key: bytes) -> bytes:
    """Return the keyed hash (HMAC-SHA256) by which a slip is known again."""
    return hmac.digest(key, f"{purpose} v1\n{code}".encode(), "sha256")
