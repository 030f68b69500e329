"""The shell around every page: the language in the path, the same page in the others, caching, and what is missing."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from cast import AT, LOADED_AT, PROGRAMME_FILE
from mynapoint.programme.operations import load_programme
from mynapoint.site.templatetags.shell import whole_words

pytestmark = pytest.mark.django_db

LANGUAGES = {"": "ja", "easy/": "ja", "en/": "en"}


@pytest.fixture
def client(settings: Settings, db: None) -> Iterator[Client]:
    settings.CLOCK = lambda: AT
    settings.DEMO = True
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    return Client(headers={"host": "127.0.0.1:8000"})


class TestLanguage:
    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_is_the_paths_and_stays_from_link_to_link(self, client: Client, prefix: str) -> None:
        html = client.get(f"/{prefix}").content.decode()
        assert f'<html lang="{LANGUAGES[prefix]}">' in html
        assert f'href="/{prefix}reserve/"' in html

    @pytest.mark.parametrize("prefix", LANGUAGES)
    def test_is_changed_by_one_link_to_the_same_page_with_its_query(self, client: Client, prefix: str) -> None:
        html = client.get(f"/{prefix}services/?kind=charge").content.decode()
        others = set(LANGUAGES) - {prefix}
        for other in others:
            assert f'<a href="/{other}services/?kind=charge" hreflang="{LANGUAGES[other]}"' in html
        assert html.count('rel="alternate"') == len(others)

    @pytest.mark.parametrize("path", ["/easy", "/en", "/english/", "/easygoing/"])
    def test_needs_its_own_folder(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code in {301, 404}

    @pytest.mark.parametrize(
        ("path", "words"),
        [("/nothing/", "ページがありません"), ("/easy/nothing/", "もどって|行って"), ("/en/nothing/", "no such page")],
    )
    def test_is_kept_where_there_is_no_page(self, client: Client, path: str, words: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 404
        assert re.search(words, re.sub(r"<rp>.*?</rp>|<rt>.*?</rt>|</?ruby>", "", answer.content.decode()))


class TestWholeWords:
    def test_begin_a_line_of_their_own_before_they_are_torn(self) -> None:
        assert (
            whole_words("会員番号 ＊＊5727")
            == '<span class="whole">会員番号</span> <span class="whole">＊＊5727</span>'
        )

    def test_are_text_whatever_a_service_says(self) -> None:
        assert whole_words("<b>") == '<span class="whole">&lt;b&gt;</span>'


class TestFooter:
    def test_is_short_where_one_answers_questions(self, client: Client) -> None:
        step = client.get(client.post("/reserve/")["Location"]).content.decode()
        assert 'href="/sitemap/"' in step
        assert 'href="/helpdesk/"' in step
        assert 'href="/news/"' not in step


class TestInformationalPage:
    def test_may_be_kept_by_any_cache_and_leaves_no_cookie(self, client: Client) -> None:
        answer = client.get("/")
        assert answer["Cache-Control"] == "public, max-age=60"
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")

    def test_is_not_sent_again_to_whoever_has_it(self, client: Client) -> None:
        tag = client.get("/")["ETag"]
        again = client.get("/", headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert client.get("/en/", headers={"if-none-match": tag}).status_code == 200

    def test_takes_no_form(self, client: Client) -> None:
        assert client.post("/").status_code == 405
