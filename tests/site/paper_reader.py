"""What can be seen on a sheet besides its words: pictures, by what they say to whoever cannot see them."""

import re
from typing import Final

import segno
from pypdf import PdfReader

_PICTURE: Final = re.compile(rb"/Alt(?:<FEFF([0-9A-F]+)>|\(([^)]*)\))>>BDC(.*?)EMC", re.DOTALL)
_RUN: Final = re.compile(rb"(\d+) (\d+)\.5 m (\d+) \2\.5 l")


def find_pictures(reader: PdfReader) -> dict[str, bytes]:
    """Return how each picture is drawn, by its words instead of it (ISO 32000-1, 14.9.3)."""
    drawn = b"".join(page.get_contents().get_data() for page in reader.pages)  # type: ignore[union-attr]
    found = _PICTURE.findall(drawn)
    return {bytes.fromhex(far.decode()).decode("utf-16-be") or near.decode(): how for far, near, how in found}


def check_qr(reader: PdfReader, alt: str, text: str) -> None:
    """Check that a sheet has a picture of this name, which is the QR code of a text, module by module."""
    runs = _RUN.findall(find_pictures(reader)[alt])
    drawn = {(x, int(y)) for begin, y, end in runs for x in range(int(begin), int(end))}
    rows = enumerate(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    assert drawn == {(x, y) for y, row in rows for x, is_dark in enumerate(row) if is_dark}, text
