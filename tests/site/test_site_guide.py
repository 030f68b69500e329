"""The pages that explain: all are there in three languages, and what they say of the project is so."""

import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.urls import URLResolver
from pytest_django import Settings
from site_reader import PREFIXES, Reader

from cardagent.languages import Language
from cast import AT
from mynapoint.kernel.period import JST
from mynapoint.place.models import PlaceRevision
from mynapoint.site.guide.documents import list_checks, list_held, list_questions
from mynapoint.site.shell.navigation import EVERYTHING
from mynapoint.site.urls import PAGES as SITE_PAGES

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "src/mynapoint/site/guide"
PAGES = (
    *("faq", "howto", "card-program", "fraud", "never", "privacy", "accessibility", "terms"),
    *("news", "contact", "sitemap"),
)
SECOND = timedelta(seconds=1)
NO_PROGRAM = "check/?who=me&card=yes&certificate=yes&pin=known&device=pc&reader=yes&program=no&payment=ready"


class TestPages:
    @pytest.mark.parametrize("prefix", PREFIXES)
    @pytest.mark.parametrize("page", PAGES)
    def test_are_there_in_every_language_and_may_be_kept(self, reader: Reader, prefix: str, page: str) -> None:
        answer = reader.client.get(f"{prefix}{page}/")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "public, max-age=60"
        assert not answer.cookies
        assert reader.client.get(f"{prefix}{page}/", headers={"if-none-match": answer["ETag"]}).status_code == 304

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_lead_nowhere_that_is_not_there(self, reader: Reader, prefix: str) -> None:
        links = {link for page in PAGES for link in re.findall(r'href="(/[^"#]*)', reader.source(f"{prefix}{page}/"))}
        broken = [
            link for link in links if not link.startswith("/static/") and reader.client.get(link).status_code >= 400
        ]
        assert broken == []


class TestLists:
    @pytest.mark.parametrize("name", ["faq", "held", "checks", "news"])
    def test_say_everything_in_three_languages(self, name: str) -> None:
        def find_gaps(value: object, where: str) -> list[str]:
            if isinstance(value, dict):
                if "ja" in value:
                    return [] if value.keys() == {"ja", "easy", "en"} and all(value.values()) else [where]
                return [gap for key, inside in value.items() for gap in find_gaps(inside, f"{where}.{key}")]
            if isinstance(value, list):
                return [gap for number, inside in enumerate(value) for gap in find_gaps(inside, f"{where}.{number}")]
            return []

        assert find_gaps(tomllib.loads((GUIDE / f"{name}.toml").read_text()), name) == []


class TestS8Privacy:
    """What the page says is held is what docs/scale.md says of the tables that lie by person."""

    BY_PERSON = ("holder", "certificate", "act", "account", "MyKey ID", "draft", "entry")

    def test_names_every_class_of_what_is_held_about_a_person_and_no_other(self) -> None:
        page = (ROOT / "docs/scale.md").read_text()
        rows = re.findall(r"^\| `\w+` \| `\w+`: ([^|]+) \| (.+) \|$", page, re.MULTILINE)
        classes = {kind for of, columns in rows if of in self.BY_PERSON for kind in re.findall(r"` (\w+)", columns)}
        told = [kind for held in list_held() for kind in held.classes]
        assert sorted(told) == sorted(set(told))
        assert classes - {"staff"} <= set(told)
        assert set(told) - classes == set()

    @pytest.mark.parametrize(("prefix", "words"), [("/", "買い物の店、日時、品物、金額"), ("/easy/", "買い物の店"),
                                                   ("/en/", "Where, when and what you buy")])  # fmt: skip
    def test_says_what_cannot_be_held(self, reader: Reader, prefix: str, words: str) -> None:
        assert words in reader.words(f"{prefix}privacy/")


class TestS10Fraud:
    @pytest.mark.parametrize(("prefix", "words"), [("/", "それは詐欺です"), ("/easy/", "うそをついています"),
                                                   ("/en/", "is a fraud")])  # fmt: skip
    def test_is_warned_of(self, reader: Reader, prefix: str, words: str) -> None:
        assert words in reader.words(f"{prefix}fraud/")
        assert f'href="{prefix}never/"' in reader.source(f"{prefix}fraud/")

    @pytest.mark.parametrize(("prefix", "words"), [("/", "このサイトは、メールもSMSも送りません"),
                                                   ("/easy/", "このサイトは、メールもSMSも送りません"),
                                                   ("/en/", "sends no mail and no text messages")])  # fmt: skip
    def test_cannot_come_in_a_mail_of_this_site(self, reader: Reader, prefix: str, words: str) -> None:
        """No link in a mail, for there is no mail: nothing that runs the platform can send one."""
        assert words in reader.words(f"{prefix}fraud/")
        modules = [(path, path.read_text()) for path in (ROOT / "src/mynapoint").rglob("*.py")]
        assert [path for path, text in modules if re.search(r"smtplib|core\.mail|core import mail", text)] == []


class TestS17Questions:
    def test_have_names_of_their_own_so_that_one_can_link_to_them(self, reader: Reader) -> None:
        names = [group.id for group in list_questions()]
        names += [question.id for group in list_questions() for question in group.questions]
        assert len(names) == len(set(names))
        html = reader.source("/faq/")
        assert all(f'id="{name}"' in html for name in names)

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("暗証番号を忘れた", "forgotten"),
            ("ＰＩＮ　わすれ", "which-pin"),
            ("チヤージ", None),
            ("子ども", "children"),
            ("I forgot my PIN", "forgotten"),
            ("いくら", "how-much"),
            ("x" * 500, None),
            ("%00<script>", None),
        ],
    )
    def test_are_found_by_what_is_typed(self, reader: Reader, typed: str, found: str | None) -> None:
        html = reader.source(f"/faq/?{urlencode({'q': typed})}")
        shown = re.findall(r'<details id="([\w-]+)" open>', html)
        assert (found in shown and len(shown) < 10) if found else "合う質問は見つかりませんでした" in html and not shown
        assert "<script" not in html

    def test_are_all_there_for_an_empty_wish(self, reader: Reader) -> None:
        everything = {question.id for group in list_questions() for question in group.questions}
        assert set(re.findall(r'<details id="([\w-]+)">', reader.source("/faq/?q=++"))) == everything

    def test_send_on_to_pages_that_exist(self) -> None:
        pages = {name for names in EVERYTHING.values() for name in names}
        links = {question.link for group in list_questions() for question in group.questions}
        assert links - {None} <= pages

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_take_their_numbers_from_the_programme(self, reader: Reader, prefix: str) -> None:
        words = reader.words(f"{prefix}faq/")
        assert "{" not in words
        assert "5,000" in words

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_stand_beside_a_how_to(self, reader: Reader, prefix: str) -> None:
        assert f'href="{prefix}faq/"' in reader.source(f"{prefix}howto/")


class TestCardProgram:
    """Whoever is sent to a computer is told of the program before the browser cannot connect."""

    @pytest.mark.parametrize("prefix", PREFIXES)
    @pytest.mark.parametrize("page", ["howto/", "reserve/", "apply/", "faq/", NO_PROGRAM])
    def test_is_led_to_from_each_preparation(self, reader: Reader, prefix: str, page: str) -> None:
        main = reader.source(f"{prefix}{page}").partition("<main")[2].partition("</main>")[0]
        assert f'href="{prefix}card-program/"' in main

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_comes_from_the_office_where_nothing_else_is_set(self, reader: Reader, prefix: str) -> None:
        html = reader.source(f"{prefix}card-program/")
        assert f'href="{prefix}contact/"' in html.partition("<main")[2].partition("</main>")[0]
        assert "http://127.0.0.1:39390" in html

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_comes_from_where_the_operator_says(self, reader: Reader, settings: Settings, prefix: str) -> None:
        settings.CARD_PROGRAM_PAGE = "https://city.example/program/?v=1&os=2"
        settings.CARD_PROGRAM_PUBLISHER = "見本市<企画部>"
        html = reader.source(f"{prefix}card-program/")
        assert 'href="https://city.example/program/?v=1&amp;os=2"' in html
        assert "見本市&lt;企画部&gt;" in re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>|</?ruby>|</?rb>", "", html)

    @pytest.mark.parametrize(("program", "is_told"), [(None, True), ("mynapoint-card:", False)])
    def test_is_said_not_to_be_there_for_phones_while_it_is_not(
        self, reader: Reader, settings: Settings, program: str | None, is_told: bool
    ) -> None:
        settings.PHONE_PROGRAM, settings.DEMO = program, False
        phone = NO_PROGRAM.replace("device=pc&reader=yes&program=no", "device=iphone&iphone=yes")
        for page in (f"/{phone}", "/card-program/"):
            assert ("まだ配っていません" in reader.words(page)) is is_told


class TestS23Contact:
    def test_shows_the_helpdesk_and_every_counter_with_at_in_its_mail(self, reader: Reader) -> None:
        html = reader.source("/contact/")
        assert "(at)" in html
        assert not re.search(r"[\w.]+@[\w-]+\.", html)
        assert 'href="tel:' in html

    def test_says_what_there_is_without_places(self, reader: Reader) -> None:
        PlaceRevision.objects.all().delete()
        assert "決済サービス" in reader.words("/contact/")


def list_addresses() -> set[str]:
    """Return every address of a page that needs no more than its name."""
    resolvers = [chapter for chapter in SITE_PAGES if isinstance(chapter, URLResolver)]
    routes = {str(page.pattern) for chapter in resolvers for page in chapter.url_patterns}
    return {route for route in routes if "<" not in route and (route == "" or route.endswith("/"))}


class TestS24Changed:
    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_is_on_every_page_that_has_one_address(self, reader: Reader, prefix: str) -> None:
        pages = list_addresses()
        assert {"", "visit/", "objection/", "receipts/", "condition/", "services/compare/"} <= pages
        dated = re.compile(r'<p class="changed">.*<time datetime="\d{4}-\d\d-\d\d">')
        assert [page for page in pages if not dated.search(reader.source(f"{prefix}{page}"))] == []

    def test_is_on_each_question_and_never_where_one_act_or_person_is_shown(self, reader: Reader) -> None:
        begun = str(reader.client.post("/reserve/")["Location"])
        assert 'class="changed"' in reader.source(begun)
        assert 'class="changed"' not in reader.source("/act/unknown/", 404)

    def test_is_the_newest_of_the_text_and_of_the_documents_it_shows(self, rf: RequestFactory) -> None:
        days = {"older": date(2020, 9, 9), "newer": date(2020, 9, 11)}
        context = RequestContext(rf.get("/"), {"language": Language.JAPANESE, "now": AT, "document": AT} | days)
        page = Template("{% load shell %}{% changed older document %}|{% changed newer document %}")
        assert re.findall(r'datetime="([^"]+)"', page.render(context)) == ["2020-09-10", "2020-09-11"]

    def test_is_a_pieces_own_day(self, reader: Reader) -> None:
        assert '<p class="changed">更新日 <time datetime="2020-07-01">' in reader.source("/news/applications-open/")


class TestNews:
    def test_is_shown_from_its_own_second_on(self, reader: Reader, settings: Settings) -> None:
        appears = datetime(2020, 10, 27, 9, tzinfo=JST)
        settings.CLOCK = lambda: appears - SECOND
        assert "早めに申請" not in reader.words("/news/")
        assert reader.client.get("/news/ask-for-your-card-early/").status_code == 404
        settings.CLOCK = lambda: appears
        assert "早めに申請" in reader.words("/news/")
        assert "約2か月" in reader.words("/news/ask-for-your-card-early/")

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_is_a_feed_too(self, reader: Reader, prefix: str) -> None:
        feed = ElementTree.fromstring(reader.source(f"{prefix}news/feed.xml"))
        atom = "{http://www.w3.org/2005/Atom}"
        links = [entry.find(f"{atom}link").get("href") for entry in feed.findall(f"{atom}entry")]  # type: ignore[union-attr]
        assert len(links) == 3
        for link in links:
            assert reader.client.get(str(link).removeprefix("http://127.0.0.1:8000")).status_code == 200


class TestAccessibilityStatement:
    @pytest.mark.parametrize("check", list_checks(), ids=lambda check: check.test)
    def test_names_tests_that_exist(self, check: object) -> None:
        file, _, name = check.test.partition(":")  # type: ignore[attr-defined]
        text = (ROOT / file).read_text()
        assert all(re.search(rf"(class|def) {part}\b", text) for part in name.split("."))
