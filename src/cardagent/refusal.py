"""What all reasons for not signing have in common."""


class UnableToSign(Exception):
    """An act is not signed, or not known to be done."""
