"""The flyer: one tagged page from the programme's and the places' texts, in three languages."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from catalogue import PLACES, load_catalogue
from django.test import Client
from paper_reader import check_qr
from pypdf import PdfReader
from pytest_django import Settings

from cardagent.languages import Language
from mynapoint.kernel.period import JST
from mynapoint.site.flyer.sheet import describe
from mynapoint.site.paper import typesetting
from mynapoint.site.paper.typesetting import PaperMissing
from mynapoint.site.shell.pages import get_served

AT = datetime(2020, 10, 5, 12, tzinfo=JST)


@pytest.fixture(scope="module", autouse=True)
def letters() -> None:
    try:
        typesetting._open_fonts()
    except PaperMissing:
        pytest.skip("NO PAPER WAS TESTED, MISSING: fonts-noto-cjk")


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    load_catalogue()
    settings.CLOCK = lambda: AT
    return Client(headers={"host": "127.0.0.1"})


def read(client: Client, path: str) -> tuple[PdfReader, str]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    reader = PdfReader(BytesIO(answer.content))
    return reader, "".join(page.extract_text() for page in reader.pages).replace(" ", "").replace("\n", "")


class TestS9Flyer:
    @pytest.mark.parametrize(
        ("prefix", "lang", "alt", "parts"),
        [
            ("", "ja-JP", "サイトの QR コード",
             ("最大5,000円分の", "2020年7月1日から2021年3月31日", "0120-00-0178", "案内で5番")),
            ("/easy", "ja-JP", "サイトのQRコード",
             ("5,000円分までのポイント", "だます人に気をつけて", "12/29–1/3は休み")),
            ("/en", "en", "QR code of the site",
             ("Upto5,000yeninpoints", "1July2020to31March2021", "BewareoffraudNobody")),
        ],
    )  # fmt: skip
    def test_says_it_all_on_one_tagged_page(
        self, client: Client, prefix: str, lang: str, alt: str, parts: tuple[str, ...]
    ) -> None:
        reader, text = read(client, f"{prefix}/flyer.pdf")
        root: Any = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"].value is True
        assert root["/Lang"] == lang
        assert len(reader.pages) == 1
        for part in parts:
            assert part in text
        assert f"http://127.0.0.1:8000{prefix}/" in text
        check_qr(reader, alt, f"http://127.0.0.1:8000{prefix}/")

    @pytest.mark.parametrize("place", [path.stem for path in PLACES if path.stem != "sodan"])
    def test_stays_on_one_page_with_any_counter_on_it(self, client: Client, place: str) -> None:
        reader, text = read(client, f"/flyer.pdf?place={place}")
        assert len(reader.pages) == 1
        assert "手伝ってもらえる窓口" in text

    def test_names_the_counter_that_was_chosen(self, client: Client) -> None:
        _, text = read(client, "/en/flyer.pdf?place=mihon-shimin")
        assert "MihonCity,Citizens'Division" in text
        assert "Mon,Tue,Wed,Thu,Fri8:30–17:00" in text
        assert "alsoopenonsomedaysoff" in text

    @pytest.mark.parametrize("language", list(Language))
    def test_says_how_long_a_card_takes_as_the_programme_has_it(self, client: Client, language: Language) -> None:
        programme = get_served(at=AT)
        longer = programme.model_copy(update={"card": programme.card.model_copy(update={"months": 7})})
        (_, said), *_ = describe(longer, language=language, counter=None, helpdesk=None)["step_list"]
        assert re.findall(r"\d+", said) == ["7"]

    @pytest.mark.parametrize("place", ["nowhere", "sodan", "%00", "市"])
    def test_is_none_for_a_place_that_is_no_counter(self, client: Client, place: str) -> None:
        assert client.get(f"/flyer.pdf?place={place}").status_code == 404

    def test_is_offered_with_the_counters_that_are_not_over(self, client: Client, settings: Settings) -> None:
        assert 'value="minatono-shima"' in client.get("/flyer/").content.decode()
        settings.CLOCK = lambda: datetime(2021, 1, 1, tzinfo=JST)
        assert 'value="minatono-shima"' not in client.get("/flyer/").content.decode()

    def test_says_what_is_missing_on_a_machine_without_letters(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: object
    ) -> None:
        monkeypatch.setattr(typesetting, "FONT_FOLDERS", (tmp_path,))
        typesetting._open_fonts.cache_clear()
        try:
            answer = client.get("/easy/flyer.pdf?place=minatono-yubin")
            assert answer.status_code == 503
            assert b"<h1>" in answer.content
        finally:
            typesetting._open_fonts.cache_clear()
