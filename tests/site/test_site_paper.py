"""Sheets to print and keep: tagged, in letters that every reader has, and never set from what somebody typed."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from paper_reader import check_qr
from pypdf import PdfReader

from mynapoint.kernel.slip_code import CODE_ALPHABET
from mynapoint.site.paper import typesetting
from mynapoint.site.paper.typesetting import PaperMissing, draw_qr, typeset

ADDRESS = "https://mynapoint.example/receipts/01746c00-0000-7000-8000-000000000001/"
RECEIPT: dict[str, Any] = {
    "title": "受領書",
    "lang": "ja",
    "footer": "マイナポイント",
    "lead": "予約ができました。",
    "rows": [["受付番号", "01746c00"]],
    "mykey": None,
    "check_title": "確かめる",
    "check_text": "だれでも確かめられます。",
    "qr": draw_qr(ADDRESS),
    "qr_alt": "確かめるページのQRコード",
    "address": ADDRESS,
}


@pytest.fixture(scope="module", autouse=True)
def letters() -> None:
    try:
        typesetting._open_fonts()
    except PaperMissing:
        pytest.skip("NO PAPER WAS TESTED, MISSING: fonts-noto-cjk")


def read(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).replace(" ", "")


class TestTypeset:
    def test_makes_a_tagged_pdf_with_title_and_language(self) -> None:
        reader = PdfReader(BytesIO(typeset("receipt", RECEIPT)))
        root: Any = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"].value is True
        assert root["/Lang"] == "ja-JP"
        assert "/StructTreeRoot" in root
        assert reader.metadata is not None
        assert reader.metadata.title == "受領書"
        assert len(reader.pages) == 1

    def test_says_what_it_is_given_in_every_language(self) -> None:
        assert "予約ができました。" in read(typeset("receipt", RECEIPT))
        assert "Reserved." in read(typeset("receipt", RECEIPT | {"lang": "en", "lead": "Reserved."}))

    def test_draws_the_qr_code_and_names_it(self) -> None:
        check_qr(PdfReader(BytesIO(typeset("receipt", RECEIPT))), "確かめるページのQRコード", ADDRESS)

    def test_takes_data_as_data_and_never_as_markup(self) -> None:
        odd = '#panic("x") $ * _ ] #import "/etc/passwd"'
        assert odd.replace(" ", "") in read(typeset("receipt", RECEIPT | {"lead": odd}))

    def test_leaves_no_hole_in_a_code_whatever_its_letters(self) -> None:
        codes = ["".join(one + other for other in CODE_ALPHABET) for one in CODE_ALPHABET]
        rows = [["コード", code[start : start + 10]] for code in codes for start in range(0, len(code), 10)]
        data = RECEIPT | {"rows": rows, "note": "", "token": "TJPJYJFJ"}
        pages = PdfReader(BytesIO(typeset("slip", data))).pages
        text = "\n".join(page.extract_text() for page in pages)
        assert [code for _, code in rows if code not in text] == []
        assert "TJPJYJFJ" in text

    def test_leaves_no_hole_in_a_number_s_code(self) -> None:
        data = {
            **RECEIPT,
            "number": "7",
            "place": "窓口",
            "time": "",
            "note": "",
            "note_en": "",
            "code": "TJPJ-YJFJ-AVTJ",
        }
        assert "TJPJ-YJFJ-AVTJ" in PdfReader(BytesIO(typeset("number", data))).pages[0].extract_text()

    def test_is_small_enough_to_send_to_a_phone(self) -> None:
        assert len(typeset("receipt", RECEIPT)) < 70_000

    def test_says_so_on_a_machine_without_japanese_letters(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(typesetting, "FONT_FOLDERS", (tmp_path,))
        typesetting._open_fonts.cache_clear()
        try:
            with pytest.raises(PaperMissing):
                typeset("receipt", RECEIPT)
        finally:
            typesetting._open_fonts.cache_clear()


class TestDrawQr:
    def test_draws_the_address_for_a_page_without_style_or_script(self) -> None:
        drawn = draw_qr(ADDRESS)
        assert drawn.startswith("<svg")
        assert "style=" not in drawn
        side = segno.make(ADDRESS, error="m", micro=False).symbol_size(border=4)[0]
        assert f'viewBox="0 0 {side} {side}"' in drawn
