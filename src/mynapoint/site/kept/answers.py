"""One kept answer, in the forms in which it is asked for (RFC 9110: 8.4, 12.5.3, 13.1.2)."""

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

Headers = list[tuple[str, str]]
_OF_THE_BODY: Final = {"content-length", "content-encoding", "etag", "vary"}
_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
_LEVEL: Final = 9
"""Compressed once a minute, sent thousands of times."""


@dataclass(frozen=True, slots=True)
class Form:
    """An answer's headers with one form of its body."""

    body: bytes
    headers: Headers
    not_modified: Headers


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A page as it was answered once, plain and compressed."""

    plain: Form
    zipped: Form
    tag: str

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """This will answer a request with the page, or with 304 when it is there already."""
        form = self.zipped if _GZIP.search(environ.get("HTTP_ACCEPT_ENCODING", "")) else self.plain
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and (self.tag in known or known == "*"):
            start_response("304 Not Modified", form.not_modified)
            return []
        start_response("200 OK", form.headers)
        return [form.body]


def keep_answer(headers: Headers, body: bytes, *, tag: str) -> KeptAnswer:
    """This will make both forms of an answer; its tag is a weak one, for both say the same."""
    common = [(name, value) for name, value in headers if name.lower() not in _OF_THE_BODY]
    common += [("ETag", f"W/{tag}"), ("Vary", "Accept-Encoding")]
    zipped = gzip.compress(body, _LEVEL, mtime=0)
    return KeptAnswer(
        plain=_form(common, body),
        zipped=_form([*common, ("Content-Encoding", "gzip")], zipped),
        tag=tag,
    )


def _form(headers: Headers, body: bytes) -> Form:
    not_modified = [(name, value) for name, value in headers if not name.lower().startswith("content-")]
    return Form(body=body, headers=[*headers, ("Content-Length", str(len(body)))], not_modified=not_modified)
