"""`mynapoint-card serve`: the real program as a process, a site, and a browser between them."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from card_program_site import (
    ACT,
    AT,
    BYTES,
    JSON,
    PLACE,
    PROBLEM,
    TOKEN,
    Site,
    encode,
    make_fields,
    reply_json,
    run_site,
)
from window_program import (
    COMMAND,
    NAVIGATION,
    Browser,
    Page,
    Program,
    make_environment,
    run_program,
    write_configuration,
)

from cardagent.languages import Language
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose, describe_card

REFUSAL = {
    "type": "urn:mynapoint:problem:already",
    "code": "already",
    "title": "予約済みです。",
    "status": 409,
    "detail": "<script>状況を確認してください。",
}


@pytest.fixture
def site(trusted: Site) -> Site:
    fresh = Site()
    trusted.get, trusted.post, trusted.kind, trusted.place = fresh.get, fresh.post, fresh.kind, fresh.place
    trusted.paths.clear()
    trusted.handed_in.clear()
    return trusted


@pytest.fixture
def visitor(program: Program) -> Iterator[Browser]:
    with Browser(program) as browser:
        yield browser


def choose(visitor: Browser, site: Site, card: Path) -> Page:
    """Open the site's act with a person's card."""
    return visitor.press(visitor.open(site.link), place=card.stem)


def set_tries(card: Path, tries_left: int) -> None:
    FileMemory(card).change(lambda contents: contents.with_secret(Purpose.AUTHENTICATION, tries_left=tries_left))


class TestSigning:
    def test_shows_all_signs_once_and_goes_back_to_the_site(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        site.kind, site.language = "application", "en"
        page = choose(visitor, site, card_path)
        for words in (
            "見本のサイト",
            site.origin,
            "みほんペイ",
            "●●●●1234",
            "25%",
            "変えることはできません",
            "あと3回",
        ):
            assert words in page.words
        done = visitor.press(page, do="sign", pin="１２３４")
        assert done.address == site.link
        assert site.paths == [f"GET /act/{TOKEN}/statement", f"POST /act/{TOKEN}/signature"]
        over = visitor.go(page.address.removeprefix(visitor.program.origin))
        assert "R-0001" in over.words
        assert '<p lang="en">予約ができました。</p>' in over.response.text

    def test_takes_the_pin_from_the_pad_without_javascript(self, site: Site, visitor: Browser, card_path: Path) -> None:
        page = choose(visitor, site, card_path)
        for key in ("9", "clear", "1", "2", "3"):
            page = visitor.press(page, key=key)
        assert "ボタンで入れたけた数: 3 ●●●" in page.words
        assert 'value="3" autofocus' in page.response.text
        assert visitor.press(page, do="sign", pin="4").address == site.link

    def test_uses_one_try_for_a_wrong_pin_and_none_for_a_form_sent_again(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        page = choose(visitor, site, card_path)
        wrong = visitor.press(page, do="sign", pin="9999")
        assert "暗証番号がちがいます。あと2回でロックされます。" in wrong.words
        again = visitor.press(page, do="sign", pin="9999")
        assert "画面が古くなりました" in again.words
        assert describe_card(card_path).pin_tries_left == 2
        assert visitor.press(again, do="sign", pin="1234").address == site.link
        assert len(site.handed_in) == 1

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("12345", "4けたの数字です"),
            ("", "4けたの数字です"),
            ("ABC123", "署名用の暗証番号"),
            ("1 34", "4けたの数字です"),
        ],
        ids=["five", "none", "signing-password", "space"],
    )
    def test_wastes_no_try_on_what_is_no_pin(
        self, site: Site, visitor: Browser, card_path: Path, typed: str, words: str
    ) -> None:
        page = visitor.press(choose(visitor, site, card_path), do="sign", pin=typed)
        assert words in page.words
        assert page.title.startswith("エラー: ")
        assert typed == "" or typed not in page.response.text
        assert describe_card(card_path).pin_tries_left == 3

    def test_warns_before_the_last_try_then_sends_to_the_counter(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        set_tries(card_path, 1)
        page = choose(visitor, site, card_path)
        assert "入力できるのは、あと1回です" in page.words
        locked = visitor.press(page, do="sign", pin="9999")
        assert locked.words.count("暗証番号がロックされています") == 1
        assert "窓口" in locked.words
        assert 'name="pin"' not in locked.response.text
        assert not site.handed_in

    def test_stops_before_the_pin_when_the_certificate_has_expired(
        self, site: Site, visitor: Browser, card_authority: Authority, card_path: Path
    ) -> None:
        old = card_authority.issue(f"古{card_path.stem}", birth_date=date(1985, 4, 3), at=AT - timedelta(days=6 * 365))
        page = choose(visitor, site, old)
        assert "有効期限が切れています" in page.words
        assert 'name="pin"' not in page.response.text

    def test_stops_when_the_card_is_gone_and_offers_another(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        page = choose(visitor, site, card_path)
        card_path.rename(card_path.with_suffix(".gone"))
        page = visitor.press(page, do="sign", pin="1234")
        assert "カードが置かれていません" in page.words
        assert "だれのカードを使いますか" in visitor.press(page, place="").words

    def test_shows_the_site_s_refusal_as_text_and_signs_no_more(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
        page = choose(visitor, site, card_path)
        refused = visitor.press(page, do="sign", pin="1234")
        assert "予約済みです。 <script>状況を確認してください。" in refused.words
        assert "<script" not in refused.response.text
        assert f'href="{site.link}"' in refused.response.text
        assert 'name="pin"' not in visitor.press(page, do="sign", pin="1234").response.text
        assert len(site.handed_in) == 1

    def test_says_that_the_outcome_is_unknown(self, site: Site, visitor: Browser, card_path: Path) -> None:
        site.post = lambda _site: (0, JSON, b"")
        page = visitor.press(choose(visitor, site, card_path), do="sign", pin="1234")
        assert "結果を受け取れませんでした" in page.words
        assert 'name="pin"' not in page.response.text

    def test_hands_in_once_when_two_forms_come_together(self, site: Site, visitor: Browser, card_path: Path) -> None:
        page = choose(visitor, site, card_path)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: visitor.post(page, do="sign", pin="1234"), range(4)))
        assert len(site.handed_in) == 1

    def test_goes_back_unsigned_on_cancel_and_forgets(self, site: Site, visitor: Browser, card_path: Path) -> None:
        page = choose(visitor, site, card_path)
        assert visitor.press(page, do="cancel").address == site.link
        assert visitor.go(page.address.removeprefix(visitor.program.origin)).response.status_code == 404
        assert site.paths == [f"GET /act/{TOKEN}/statement"]


class TestEndAtACounter:
    OVER = staticmethod(lambda _site: reply_json(409, {"code": "case_over", "title": "件は終わりました"}, PROBLEM))

    def test_leads_back_by_itself_and_a_page_at_home_does_not_ask(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        assert "Refresh" not in choose(visitor, site, card_path).response.headers
        site.place = PLACE
        page = choose(visitor, site, card_path)
        here = page.address.removeprefix(visitor.program.origin)
        assert page.response.headers["Refresh"] == f"2; url={here}/end"
        site.get = self.OVER
        assert visitor.go(f"{here}/end").address == site.link

    def test_leaves_nothing_that_was_shown_or_typed(self, site: Site, visitor: Browser, card_path: Path) -> None:
        site.place = PLACE
        page = visitor.press(choose(visitor, site, card_path), key="1")
        here = page.address.removeprefix(visitor.program.origin)
        site.get = self.OVER
        visitor.go(f"{here}/end")
        site.get = lambda one: (200, BYTES, one.statement())
        assert visitor.go(here).response.status_code == 404

    def test_leaves_what_became_of_an_act_that_was_signed_here(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        site.place = PLACE
        page = choose(visitor, site, card_path)
        here = page.address.removeprefix(visitor.program.origin)
        site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
        visitor.press(page, do="sign", pin="1234")
        assert visitor.go(f"{here}/end").address == site.link
        assert "予約済みです。" in visitor.go(here).words

    def test_keeps_the_page_as_long_as_the_act_can_be_signed_or_the_site_does_not_say(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        site.place = PLACE
        page = choose(visitor, site, card_path)
        says_nothing = [(0, "", b""), (500, "text/plain", b"")]
        says_nothing += [
            reply_json(status, {"code": "busy", "title": "混んでいます"}, PROBLEM) for status in (408, 429, 503)
        ]
        for get in (site.get, *(lambda _site, reply=reply: reply for reply in says_nothing)):
            site.get = get
            with pytest.raises(httpx2.ReadTimeout):
                visitor.client.get(f"{page.address}/end", headers=NAVIGATION, timeout=0.5)
        site.get = lambda one: (200, BYTES, one.statement())
        assert visitor.press(page, do="sign", pin="1234").address == site.link

    def test_is_seen_at_the_next_look_as_well(self, site: Site, visitor: Browser, card_path: Path) -> None:
        site.place = PLACE
        here = choose(visitor, site, card_path).address
        site.get = self.OVER
        assert visitor.go(here.removeprefix(visitor.program.origin)).address == site.link

    def test_leads_back_from_the_page_that_tells_of_a_refusal(
        self, site: Site, visitor: Browser, card_path: Path
    ) -> None:
        site.place = PLACE
        page = choose(visitor, site, card_path)
        site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
        refused = visitor.press(page, do="sign", pin="1234")
        assert refused.response.headers["Refresh"] == f"10; url={site.link}"


class TestLanguages:
    @pytest.mark.parametrize(
        ("language", "lang", "words"),
        [
            ("ja", "ja", "この内容に署名しますか"),
            ("easy", "ja", "これでいいですか"),
            ("en", "en", "Do you want to sign"),
        ],
    )
    def test_are_one_link_away(
        self, site: Site, visitor: Browser, card_path: Path, language: str, lang: str, words: str
    ) -> None:
        page = choose(visitor, site, card_path)
        other = visitor.go(page.address.removeprefix(visitor.program.origin).replace("/ja/", f"/{language}/"))
        assert words in other.words
        assert f'<html lang="{lang}">' in other.response.text
        assert visitor.press(other, do="sign", pin="1234").address == site.link

    @pytest.mark.parametrize(
        ("header", "language"), [("en-GB,en;q=0.9", "en"), ("ja,en;q=0.5", "ja"), ("fr", "ja"), ("", "ja")]
    )
    def test_follow_the_browser(self, visitor: Browser, header: str, language: str) -> None:
        assert visitor.go("/", **{"Accept-Language": header}).address.endswith(f"/{language}/")

    @pytest.mark.parametrize("language", Language)
    def test_follow_the_site_that_names_one(self, site: Site, visitor: Browser, language: Language) -> None:
        page = visitor.go(f"/{language}/sign?{urlencode({'link': site.link})}", **{"Accept-Language": "en"})
        assert page.address.startswith(f"{visitor.program.origin}/{language}/visits/")


class TestStatements:
    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            (b"pay 1,000,000 yen", "正しく読み取れないため"),
            (encode(make_fields("reservation", audience="https://other.example")), "ちがうサイト"),
            (b"x" * 20_000, "正しく読み取れないため"),
        ],
        ids=["no-domain-line", "foreign-audience", "too-long"],
    )
    def test_that_are_not_ours_are_refused(self, site: Site, visitor: Browser, statement: bytes, words: str) -> None:
        site.get = lambda _site: (200, "application/octet-stream", statement)
        page = visitor.open(site.link)
        assert (page.response.status_code, words in page.words) == (400, True)

    def test_of_another_act_are_refused(self, site: Site, visitor: Browser) -> None:
        other = str(ACT).replace("0001", "0002")
        fields = make_fields("reservation", audience=site.origin) | {"act": other}
        site.get = lambda _site: (200, "application/octet-stream", encode(fields))
        assert "ちがうサイト" in visitor.open(site.link).words

    def test_of_an_unknown_site_are_not_even_asked_for_and_the_site_is_named(self, visitor: Browser) -> None:
        with run_site() as stranger:
            page = visitor.open(stranger.link)
            assert stranger.origin in page.words
            assert "知らないサイト" in page.title
            assert not stranger.paths

    @pytest.mark.parametrize(
        "link", ["", "javascript:alert(1)", "https://evil.example/x", "http://evil.example/act/" + TOKEN]
    )
    def test_behind_no_link_are_refused(self, visitor: Browser, link: str) -> None:
        page = visitor.open(link)
        assert page.response.status_code == 400
        assert "javascript:" not in page.response.text


class TestHostilePages:
    """What a page of somebody else can have a browser do, and what comes of it."""

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "evil.example:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""],
    )
    def test_cannot_bend_a_name_to_loopback(self, site: Site, visitor: Browser, host: str) -> None:
        page = visitor.open(site.link, Host=host.format(port=visitor.program.port))
        assert page.response.status_code in (400, 421)
        assert not site.paths

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Dest": "iframe"},
            {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Dest": "style", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Origin": "https://evil.example"},
            {"Sec-Purpose": "prefetch;prerender"},
        ],
        ids=["frame", "image", "script", "style", "fetch", "prerender"],
    )
    def test_cannot_ask_without_opening_a_window(self, site: Site, visitor: Browser, headers: dict[str, str]) -> None:
        page = visitor.open(site.link, **headers)
        assert page.response.status_code == 403
        assert "Access-Control-Allow-Origin" not in page.response.headers
        assert not site.paths

    @pytest.mark.parametrize(
        "headers",
        [
            NAVIGATION | {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            NAVIGATION | {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
            NAVIGATION | {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
            NAVIGATION | {"Sec-Fetch-Site": "same-origin"},
            {"Origin": "https://evil.example"},
            {},
        ],
        ids=["cross-site", "sandboxed", "other-port", "no-origin", "old-browser", "no-browser"],
    )
    def test_cannot_send_a_form(self, site: Site, visitor: Browser, card_path: Path, headers: dict[str, str]) -> None:
        page = choose(visitor, site, card_path)
        assert visitor.post(page, headers=headers, do="sign", pin="1234").status_code == 403
        assert not site.handed_in

    @pytest.mark.parametrize("token", ["", "A" * 22, "ä"])
    def test_cannot_guess_a_form(self, site: Site, visitor: Browser, card_path: Path, token: str) -> None:
        page = choose(visitor, site, card_path)
        assert "画面が古くなりました" in visitor.press(page, token=token, do="sign", pin="1234").words
        assert not site.handed_in
        assert describe_card(card_path).pin_tries_left == 3

    def test_cannot_ask_ahead_of_a_request_across_origins(self, visitor: Browser) -> None:
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = visitor.client.options(f"{visitor.program.origin}/ja/", headers=headers)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]

    def test_cannot_frame_or_read_any_page(self, site: Site, visitor: Browser, card_path: Path) -> None:
        for page in (visitor.go("/"), choose(visitor, site, card_path), visitor.open("x"), visitor.go("/nothing")):
            headers = page.response.headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src" not in policy
            assert (headers["X-Frame-Options"], headers["Cache-Control"]) == ("DENY", "no-store")
            assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Set-Cookie" not in headers
            assert "<script" not in page.response.text
            assert "style=" not in page.response.text

    def test_cannot_have_forms_lead_anywhere_but_back(self, site: Site, visitor: Browser, card_path: Path) -> None:
        policy = choose(visitor, site, card_path).response.headers["Content-Security-Policy"]
        assert f"form-action 'self' {site.origin};" in policy
        assert "form-action 'self';" in visitor.go("/").response.headers["Content-Security-Policy"]

    def test_cannot_send_a_large_body(self, site: Site, visitor: Browser, card_path: Path) -> None:
        page = choose(visitor, site, card_path)
        assert visitor.post(page, do="sign", pin="1" * 100_000).status_code == 413

    @pytest.mark.parametrize(
        "path", ["/../config.toml", "/static/../app.py", "/ja/visits/x", "/fr/", "/sign/x", "/static/x.css"]
    )
    def test_find_nothing_else_and_are_told_that_it_is_a_demonstration(self, visitor: Browser, path: str) -> None:
        page = visitor.go(path)
        assert page.response.status_code == 404
        assert '<aside class="demo">' in page.response.text

    def test_cannot_make_the_program_write_a_secret(self, site: Site, visitor: Browser, card_path: Path) -> None:
        page = visitor.press(choose(visitor, site, card_path), do="sign", pin="9071")
        visitor.press(page, do="sign", pin="1234")
        log = visitor.program.log.read_text()
        for secret in ("9071", "1234", TOKEN, site.handed_in[0]["signature"][:20], card_path.stem):
            assert secret not in log
        assert log.count("\n") == 1


class TestServe:
    """How the program begins, and when it does not."""

    @pytest.fixture
    def words(self, tmp_path: Path, card_path: Path) -> list[str]:
        make_environment(tmp_path)
        return ["--demo-cards", str(card_path.parent), "--demo-clock", str(tmp_path / "clock.json")]

    def run(self, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, "serve", "--port", "9", *words],
            env=make_environment(folder, **environment),
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    def test_refuses_virtual_cards_outside_a_demonstration(self, tmp_path: Path, words: list[str]) -> None:
        config = write_configuration(tmp_path / "config.toml", "http://127.0.0.1:8000")
        for part in (words[:2], words[2:]):
            ended = self.run(tmp_path, "--config", str(config), *part)
            assert (ended.returncode, "MYNAPOINT_DEMO=1" in ended.stderr) == (2, True)

    def test_refuses_virtual_cards_beside_a_real_site(self, tmp_path: Path, words: list[str]) -> None:
        config = write_configuration(tmp_path / "config.toml", "http://127.0.0.1:8000", "https://mynapoint.example")
        ended = self.run(tmp_path, "--config", str(config), *words, MYNAPOINT_DEMO="1")
        assert ended.returncode == 2

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (None, "missing"),
            ("sites = 1", "sites"),
            ("sites = []", "sites"),
            ("[", "TOML"),
            ('[[sites]]\norigin = "http://evil.example"\nname = "x"', "sites.0.origin"),
            ('[[sites]]\norigin = "https://a.example/"\nname = "x"', "sites.0.origin"),
            ('[[sites]]\norigin = "https://a.example"\nname = "x"\nsecret = 1', "sites.0.secret"),
        ],
        ids=["missing", "no-list", "nobody", "no-toml", "insecure", "slash", "unknown"],
    )
    def test_refuses_a_configuration_that_says_something_else(
        self, tmp_path: Path, text: str | None, said: str
    ) -> None:
        config = tmp_path / "config.toml"
        if text is not None:
            config.write_text(text)
        ended = self.run(tmp_path, "--config", str(config))
        assert (ended.returncode, said in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)

    def test_says_that_the_port_is_taken(self, tmp_path: Path, program: Program, site: Site) -> None:
        config = write_configuration(tmp_path / "config.toml", site.origin)
        ended = self.run(tmp_path, "--config", str(config), "--port", str(program.port))
        assert (ended.returncode, "ほかのプログラム" in ended.stderr) == (2, True)
        assert "待っています" not in ended.stdout

    def test_takes_any_free_port_and_says_which(self, tmp_path: Path, program: Program, site: Site) -> None:
        config = write_configuration(tmp_path / "config.toml", site.origin)
        with (
            run_program(tmp_path, "--config", str(config), environment=make_environment(tmp_path)) as another,
            Browser(another) as visitor,
        ):
            assert another.port not in (0, program.port)
            assert visitor.go("/").response.status_code == 200

    def test_says_that_there_is_no_reader(self, tmp_path: Path) -> None:
        with run_site() as site:
            site.get = lambda one: (200, "application/octet-stream", _fresh(one))
            config = write_configuration(tmp_path / "config.toml", site.origin)
            with (
                run_program(tmp_path, "--config", str(config), environment=make_environment(tmp_path)) as program,
                Browser(program) as visitor,
            ):
                page = visitor.open(site.link)
                assert re.search("読み取り機がつながっていません|リーダーの(サービス|部品)", page.words)
                assert 'name="pin"' not in page.response.text
                assert "見本" not in page.response.text.replace("見本のサイト", "")


def _fresh(site: Site) -> bytes:
    """A statement whose time has not come to its end by the machine's own clock."""
    fields = make_fields("reservation", audience=site.origin)
    return encode(fields | {"expires_at": (AT + timedelta(days=365 * 50)).isoformat()})
