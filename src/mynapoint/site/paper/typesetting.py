"""Sets a sheet: a typst template of this package, and its data as JSON. The PDF is tagged (PDF/UA-1)."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Final

import segno
import typst
from django.conf import settings
from django.http import HttpResponse

from mynapoint.kernel.refusal import Refusal

FONT_FOLDERS: Final = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/local/share/fonts"),
)
FAMILY: Final = "Noto Sans CJK JP"
SHEETS: Final = "sheets"


class PaperMissing(Refusal):
    """The letters for Japanese are not on this machine (Debian: fonts-noto-cjk), so that no sheet can be set."""

    code = "paper_missing"


def typeset(sheet: str, data: Mapping[str, object]) -> bytes:
    """This will set `sheets/SHEET.typ` with its data and return the PDF.

    `data` reaches the template as a value, never as markup: `json(bytes(sys.inputs.data))`. It holds what every sheet
    needs (`title`, `lang`, `footer`, and `demo` where it is one), and what this one shows.

    :raises PaperMissing: when this machine has no Japanese letters.
    """
    with resources.as_file(resources.files("mynapoint.site.paper").joinpath(SHEETS)) as folder:
        pdf = typst.compile(
            folder / f"{sheet}.typ",
            root=folder,
            font_paths=_open_fonts(),
            sys_inputs={"data": json.dumps({**data, **_training()}, ensure_ascii=False)},
            pdf_standards="ua-1",
        )
    assert isinstance(pdf, bytes)
    return pdf


def draw_qr(text: str) -> str:
    """This will draw a QR code as SVG, for a sheet's data or, inline, for a page."""
    drawn = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, omitsize=True, border=4)
    return drawn.getvalue().decode()


def answer_pdf(pdf: bytes, *, name: str) -> HttpResponse:
    """This will answer with a PDF that opens in the browser and is saved under a name."""
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'}
    )


def _training() -> dict[str, str]:
    """Return the words that stand at the head of every sheet at a training, instead of a demonstration's."""
    return {"demo": "研修用です。本物の書類ではありません。 Training only."} if settings.TRAINING else {}


@cache
def _open_fonts() -> typst.Fonts:
    folders = [str(folder) for folder in FONT_FOLDERS if folder.is_dir()]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if FAMILY not in fonts.families():
        raise PaperMissing
    return fonts
