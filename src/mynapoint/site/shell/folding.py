"""Folding texts, so that what is typed finds what is written."""

import unicodedata
from functools import lru_cache

import jaconv


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """This will fold what sounds or looks the same into one: width, case, katakana and hiragana, gaps."""
    narrow = unicodedata.normalize("NFKC", "".join(text.split())).lower()
    return jaconv.kata2hira(narrow)
