"""The PIN as a person types it, wherever they do: what is no PIN is told apart before it reaches a card."""

import unicodedata
from typing import Final

from jpki.pin import Pin

_SHORTEST_PASSWORD: Final = 6


class SigningPasswordTyped(Exception):
    """The password of the card's other key was typed by mistake; it reached no card."""


def read_pin(typed: str) -> Pin:
    """This will read four digits.

    :raises SigningPasswordTyped: when it looks like the password of the card's other key.
    :raises MalformedPin: when it is anything else.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if len(text) >= _SHORTEST_PASSWORD and text.isascii() and text.isalnum() and not text.isdecimal():
        raise SigningPasswordTyped
    return Pin(typed)
