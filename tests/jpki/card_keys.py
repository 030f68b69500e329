"""Keys for the cards of a test run: a few, made once, because making one takes a twentieth of a second."""

from jpki.virtual.keys import KeyPool

POOL = KeyPool(16)
