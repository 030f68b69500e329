"""The language of a page, which stands in its path: `/` Japanese, `/easy/` easy Japanese, `/en/` English."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from cardagent.languages import TAGS, Language
from mynapoint.kernel.documents import Words

PREFIXES: Final[Mapping[Language, str]] = {
    Language.JAPANESE: "",
    Language.EASY_JAPANESE: "easy/",
    Language.ENGLISH: "en/",
}
NAMES: Final[Mapping[Language, str]] = {
    Language.JAPANESE: "日本語",
    Language.EASY_JAPANESE: "やさしい日本語",
    Language.ENGLISH: "English",
}
# What a screen reader and a browser are told (BCP 47); easy Japanese is Japanese.
LANG_CODES: Final[Mapping[Language, str]] = {
    Language.JAPANESE: "ja",
    Language.EASY_JAPANESE: "ja",
    Language.ENGLISH: "en",
}
NAMESPACES: Final[Mapping[Language, str]] = {
    Language.JAPANESE: "site",
    Language.EASY_JAPANESE: "site-easy",
    Language.ENGLISH: "site-en",
}


def read_language(request: HttpRequest) -> Language:
    """This will read a request's language from its path, also where the path leads nowhere."""
    inside = request.path_info.removeprefix("/")
    return next(
        (language for language, prefix in PREFIXES.items() if prefix and f"{inside}/".startswith(prefix)),
        Language.JAPANESE,
    )


def read_wanted(request: HttpRequest) -> Language:
    """This will read the language that a program asks for, where the path says none (RFC 9110, 12.5.4)."""
    known = {tag: language for language, tag in TAGS.items()}
    wanted = (tag for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    found = (known.get(tag) or known.get(tag.partition("-")[0]) for tag in wanted)
    return next(filter(None, found), Language.JAPANESE)


def put_into(language: Language, request: HttpRequest) -> str:
    """This will give the address of the same page in another language, with its query."""
    own = PREFIXES[read_language(request)]
    path = f"{request.path_info}/" if request.path_info == f"/{own}".removesuffix("/") else request.path_info
    query = request.META.get("QUERY_STRING", "")
    return f"/{PREFIXES[language]}{path.removeprefix(f'/{own}')}" + (f"?{query}" if query else "")


def choose(words: Words, language: Language) -> tuple[str, Language]:
    """This will choose a document's text for a language, with the language that the text has: Japanese stands in."""
    text = {Language.EASY_JAPANESE: words.easy, Language.ENGLISH: words.en}.get(language)
    return (text, language) if text else (words.ja, Language.JAPANESE)
