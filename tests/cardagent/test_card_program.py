"""The card program: from a link to the site's answer, as a library and as a command."""

import base64
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from card_program_site import AT, BYTES, PROBLEM, RECEIPT, TOKEN, Reply, Site, reply_json, run_site
from window_program import COMMAND, make_environment, trust, write_configuration

from cardagent.contents import read_card_facts
from cardagent.languages import Language, get_phrases
from cardagent.link import ActLink
from cardagent.places import FilePlace
from cardagent.refusal import UnableToSign
from cardagent.sentences import STOPS, ExitCode, find_sentence
from cardagent.signing import CardCertificateExpired, TriesUsedElsewhere, look_at_card, open_act, sign_act, sign_at
from cardagent.site import ActRefused, MalformedAnswer, OutcomeUnknown, SiteUnreachable, open_http_client
from cardagent.statement import Flaw, ForeignStatement, MalformedStatement, StatementExpired
from cardagent.trust import UntrustedSite
from democlock import ClockFileUnreadable
from iccard.unreachable import ReaderFailed, ReaderNotFound, SeveralCards, UnableToReachCard
from jpki.client import PinLocked, WrongPin
from jpki.path import check_certificate
from jpki.pin import Pin
from jpki.statement import StatementSignatureInvalid, check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose, describe_card
from jpki.virtual.keys import KeyKind

PIN = Pin("1234")
NOBODY = "http://127.0.0.1:9"
REFUSAL = {
    "type": "urn:mynapoint:problem:already",
    "code": "already",
    "title": "予約済みです。",
    "status": 409,
    "detail": "状況を確認してください。",
    "at": 1,
}


@pytest.fixture
def http_client(site: Site) -> Iterator[httpx2.Client]:
    with open_http_client(ActLink.parse(site.link)) as client:
        yield client


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TestSignAct:
    @pytest.mark.parametrize("card_path", KeyKind, indirect=True)
    @pytest.mark.parametrize("kind", ["reservation", "application"])
    def test_hands_in_a_signature_over_the_very_bytes(
        self, site: Site, http_client: httpx2.Client, card_path: Path, card_authority: Authority, kind: str
    ) -> None:
        site.kind = kind
        answer = sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT)
        assert (answer.receipt, answer.kind, answer.words) == ("R-0001", "reservation", ("予約ができました。",))
        assert answer.done_at == AT + timedelta(minutes=1)
        [body] = site.handed_in
        assert set(body) == {"signature", "certificate"}
        certificate = check_certificate(decode(body["certificate"]), anchors=card_authority.anchors(), at=AT)
        check_statement_signature(certificate, site.statement(), decode(body["signature"]))
        with pytest.raises(StatementSignatureInvalid):
            check_statement_signature(certificate, site.statement() + b" ", decode(body["signature"]))
        assert site.paths == [f"GET /act/{TOKEN}/statement", f"POST /act/{TOKEN}/signature"]

    def test_hands_nothing_in_after_a_wrong_pin(self, site: Site, http_client: httpx2.Client, card_path: Path) -> None:
        for tries_left in (2, 1):
            with pytest.raises(WrongPin) as wrong:
                sign_act(site.link, FilePlace(card_path), Pin("9999"), http_client, at=AT)
            assert wrong.value.tries_left == tries_left
        with pytest.raises(PinLocked):
            sign_act(site.link, FilePlace(card_path), Pin("9999"), http_client, at=AT)
        assert not site.handed_in

    @pytest.mark.parametrize(
        ("reply", "stop"),
        [
            pytest.param((200, BYTES, b"pay 1,000,000 yen"), MalformedStatement, id="something-else-to-sign"),
            pytest.param((200, BYTES, bytes(1 << 20)), MalformedStatement, id="too-long"),
            pytest.param((302, BYTES, b""), MalformedAnswer, id="redirect"),
            pytest.param((500, "text/html", b"<h1>oops"), MalformedAnswer, id="no-problem"),
            pytest.param((500, PROBLEM, b"{}"), MalformedAnswer, id="no-known-problem"),
            pytest.param((204, BYTES, b""), MalformedAnswer, id="nothing"),
            pytest.param((0, "", b""), SiteUnreachable, id="no-answer"),
            pytest.param(reply_json(410, REFUSAL, PROBLEM), ActRefused, id="problem"),
        ],
    )
    def test_signs_nothing_when_there_is_no_statement(
        self, site: Site, http_client: httpx2.Client, card_path: Path, reply: Reply, stop: type[Exception]
    ) -> None:
        site.get = lambda _site: reply
        with pytest.raises(stop):
            sign_act(site.link, FilePlace(card_path), Pin("9999"), http_client, at=AT)
        assert describe_card(card_path).pin_tries_left == 3

    @pytest.mark.parametrize(
        ("reply", "stop"),
        [
            pytest.param(reply_json(409, REFUSAL, PROBLEM), ActRefused, id="problem"),
            pytest.param((0, "", b""), OutcomeUnknown, id="no-answer"),
            pytest.param((500, "text/html", b"<h1>oops"), OutcomeUnknown, id="no-problem"),
            pytest.param((200, "application/json", b"{"), OutcomeUnknown, id="no-json"),
            pytest.param((200, "application/json", bytes(1 << 20)), OutcomeUnknown, id="too-long"),
            pytest.param(reply_json(200, RECEIPT | {"words": ["\x1b[2J"]}), OutcomeUnknown, id="not-showable"),
            pytest.param(reply_json(200, RECEIPT | {"done_at": "2020-09-01T10:00:00"}), OutcomeUnknown, id="no-zone"),
            pytest.param(reply_json(409, REFUSAL | {"title": "\x1b[2J"}, PROBLEM), OutcomeUnknown, id="odd-problem"),
        ],
    )
    def test_tells_a_refusal_from_an_unknown_outcome(
        self, site: Site, http_client: httpx2.Client, card_path: Path, reply: Reply, stop: type[Exception]
    ) -> None:
        site.post = lambda _site: reply
        with pytest.raises(stop):
            sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT)
        assert len(site.handed_in) == 1

    def test_gives_the_site_s_reason(self, site: Site, http_client: httpx2.Client, card_path: Path) -> None:
        site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
        with pytest.raises(ActRefused) as refused:
            sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT)
        reason = refused.value
        assert (reason.status, reason.code, reason.title) == (409, "already", "予約済みです。")

    def test_takes_a_receipt_with_fields_that_it_does_not_know(
        self, site: Site, http_client: httpx2.Client, card_path: Path
    ) -> None:
        site.post = lambda _site: reply_json(200, RECEIPT | {"proof": []})
        assert sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT).receipt == "R-0001"

    @pytest.mark.parametrize(
        ("said", "read"),
        [("en", "en"), ("ja-x-easy", "ja-x-easy"), ("en, ja", "ja"), ('"><script>', "ja"), (None, "ja")],
    )
    def test_knows_which_language_the_site_s_words_are_in(
        self, site: Site, http_client: httpx2.Client, card_path: Path, said: str | None, read: str
    ) -> None:
        site.language = said
        assert sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT).language == read

    def test_stops_at_a_site_that_shows_another_site_s_statement(
        self, site: Site, http_client: httpx2.Client, card_path: Path
    ) -> None:
        with pytest.raises(ForeignStatement):
            sign_act(site.link.replace("127.0.0.1", "localhost"), FilePlace(card_path), PIN, http_client, at=AT)

    def test_stops_when_it_is_too_late(self, site: Site, http_client: httpx2.Client, card_path: Path) -> None:
        with pytest.raises(StatementExpired):
            sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT + timedelta(minutes=5))

    def test_stops_at_a_card_whose_time_is_over(self, site: Site, http_client: httpx2.Client, card_path: Path) -> None:
        site.get = lambda site: (200, BYTES, site.statement().replace(b"2020-09", b"2026-09"))
        with pytest.raises(CardCertificateExpired):
            sign_act(site.link, FilePlace(card_path), PIN, http_client, at=AT.replace(year=2026))
        assert not site.handed_in

    def test_says_that_nobody_is_there(self, card_path: Path) -> None:
        link = f"http://127.0.0.1:9/act/{TOKEN}"
        with open_http_client(ActLink.parse(link)) as client, pytest.raises(SiteUnreachable):
            sign_act(link, FilePlace(card_path), PIN, client, at=AT)


class TestSignAt:
    """What was shown must still hold when the PIN is there."""

    def test_signs_until_the_last_second_and_tries_no_pin_after_it(
        self, site: Site, http_client: httpx2.Client, card_path: Path
    ) -> None:
        act, place = open_act(ActLink.parse(site.link), http_client=http_client, at=AT), FilePlace(card_path)
        seen = look_at_card(place, at=AT)
        end = act.statement.expires_at
        assert sign_at(place, act, seen=seen, pin=PIN, at=end - timedelta(seconds=1)).signature
        with pytest.raises(StatementExpired):
            sign_at(place, act, seen=seen, pin=Pin("9999"), at=end)
        assert describe_card(card_path).pin_tries_left == 3

    @pytest.mark.parametrize(("left", "stop"), [(2, TriesUsedElsewhere), (1, TriesUsedElsewhere), (0, PinLocked)])
    def test_tries_no_pin_when_fewer_tries_are_left_than_were_shown(
        self, site: Site, http_client: httpx2.Client, card_path: Path, left: int, stop: type[Exception]
    ) -> None:
        act, place = open_act(ActLink.parse(site.link), http_client=http_client, at=AT), FilePlace(card_path)
        seen = look_at_card(place, at=AT)
        FileMemory(card_path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=left))
        with pytest.raises(stop):
            sign_at(place, act, seen=seen, pin=PIN, at=AT)
        assert describe_card(card_path).pin_tries_left == left


class TestReadCardFacts:
    @pytest.mark.parametrize(
        ("after", "is_expired"), [(timedelta(microseconds=999_999), False), (timedelta(seconds=1), True)]
    )
    def test_counts_the_last_second_whole_as_signing_does(
        self, card_path: Path, after: timedelta, is_expired: bool
    ) -> None:
        at = describe_card(card_path).valid_until + after
        assert read_card_facts(FilePlace(card_path), at=at).is_expired is is_expired
        with pytest.raises(CardCertificateExpired) if is_expired else nullcontext():
            look_at_card(FilePlace(card_path), at=at)


# Of these only subclasses are raised.
STOP_KINDS = {kind for base in STOPS for kind in (base, *base.__subclasses__())} - {UnableToSign, UnableToReachCard}


class TestFindSentence:
    @pytest.mark.parametrize("stop", sorted(STOP_KINDS, key=str))
    def test_has_words_for_every_stop(self, stop: type[Exception]) -> None:
        examples = {
            MalformedStatement: MalformedStatement(Flaw.JSON),
            StatementExpired: StatementExpired(AT),
            WrongPin: WrongPin(2),
            ReaderNotFound: ReaderNotFound(name="x", readers=("a", "b")),
            SeveralCards: SeveralCards(readers=("a", "b")),
            ReaderFailed: ReaderFailed(0x80100001),
            TriesUsedElsewhere: TriesUsedElsewhere(1),
            ClockFileUnreadable: ClockFileUnreadable(Path("clock.json")),
            UntrustedSite: UntrustedSite("https://evil.example"),
            ActRefused: ActRefused(status=409, code="x", title="題", detail="次"),
        }
        instance = examples.get(stop) or stop.__new__(stop)
        sentence = find_sentence(instance)
        assert sentence.title
        assert sentence.advice
        assert sentence.code not in (0, 1, 2)

    @pytest.mark.parametrize("language", Language)
    def test_puts_values_in_place_in_every_language(self, language: Language) -> None:
        assert "https://evil.example" in find_sentence(UntrustedSite("https://evil.example"), language=language).title
        assert "2" in find_sentence(WrongPin(2), language=language).title


class TestGetPhrases:
    def test_has_the_same_names_and_values_in_every_language(self) -> None:
        japanese, *others = (
            {name: re.findall(r"{\w+[^}]*}", text) for name, text in get_phrases(language).texts.items()}
            for language in Language
        )
        assert all(sorted(other) == sorted(japanese) for other in others)
        assert [name for other in others for name in japanese if sorted(other[name]) != sorted(japanese[name])] == []


@pytest.fixture
def environment(tmp_path: Path, site: Site) -> dict[str, str]:
    clock = tmp_path / "clock.json"
    own = {
        "MYNAPOINT_DEMO": "1",
        "MYNAPOINT_DEMO_CLOCK": str(clock),
        "COLUMNS": "100",
        "XDG_CONFIG_HOME": trust(tmp_path, site.origin, NOBODY),
    }
    return make_environment(tmp_path, **own)


def run(
    environment: dict[str, str], link: str, card: Path, *options: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "sign", link, "--card", str(card), *options]
    return subprocess.run(
        command, input=typed, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


class TestTrust:
    def test_names_an_unknown_site_and_the_way_to_trust_it_and_asks_it_nothing(
        self, card_path: Path, environment: dict[str, str]
    ) -> None:
        with run_site() as stranger:
            done = run(environment, stranger.link, card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert done.returncode == ExitCode.NOT_SIGNABLE
        assert f"知らないサイト {stranger.origin}" in done.stdout
        assert f'origin = "{stranger.origin}"' in done.stdout
        assert f"{environment['XDG_CONFIG_HOME']}/mynapoint-card/config.toml" in done.stdout.replace("\n", "")
        assert not stranger.paths
        assert describe_card(card_path).pin_tries_left == 3

    def test_trusts_nobody_where_nothing_is_written_down(
        self, site: Site, card_path: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        done = run(environment | {"XDG_CONFIG_HOME": str(tmp_path / "empty")}, site.link, card_path)
        assert done.returncode == ExitCode.NOT_SIGNABLE
        assert not site.paths

    def test_says_by_which_name_it_knows_the_site(
        self, site: Site, card_path: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        listed = write_configuration(tmp_path / "list.toml", site.origin)
        nobody = environment | {"XDG_CONFIG_HOME": str(tmp_path / "empty")}
        done = run(nobody, site.link, card_path, "--config", str(listed), "--yes", "--pin-file", "-", typed="1234\n")
        assert done.returncode == ExitCode.DONE
        assert f"見本のサイト（{site.origin}）" in done.stdout

    def test_refuses_a_list_that_cannot_be_read(
        self, site: Site, card_path: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        done = run(environment, site.link, card_path, "--config", str(tmp_path / "missing.toml"))
        assert (done.returncode, "missing.toml を使えません" in done.stderr) == (2, True)


class TestCommand:
    def test_signs_with_a_piped_pin(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="１２３４\n")
        assert done.returncode == ExitCode.DONE
        for words in ("マイナポイント（第1弾）", site.origin, "あと3回", "受付番号: R-0001", "予約ができました。"):
            assert words in done.stdout
        assert "1234" not in done.stdout + done.stderr

    def test_takes_the_address_of_the_act_s_page_as_it_is_copied(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        done = run(environment, f"{site.link}/", card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert done.returncode == ExitCode.DONE

    def test_signs_with_a_pin_file_after_yes(
        self, site: Site, card_path: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        (tmp_path / "pin").write_text("1234\n")
        done = run(environment, site.link, card_path, "--pin-file", str(tmp_path / "pin"), typed="y\n")
        assert done.returncode == ExitCode.DONE

    @pytest.mark.parametrize("typed", ["n\n", "\n", ""], ids=["no", "enter", "end"])
    def test_signs_nothing_without_yes(
        self, site: Site, card_path: Path, environment: dict[str, str], typed: str, tmp_path: Path
    ) -> None:
        (tmp_path / "pin").write_text("1234\n")
        done = run(environment, site.link, card_path, "--pin-file", str(tmp_path / "pin"), typed=typed)
        assert done.returncode == ExitCode.DECLINED
        assert not site.handed_in
        assert describe_card(card_path).pin_tries_left == 3

    def test_shows_all_of_an_application_and_what_cannot_be_taken_back(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        site.kind = "application"
        done = run(environment, site.link, card_path)
        for words in ("みほんペイ", "●●●●1234", "25%", "5,000", "変えることはできません"):
            assert words in done.stdout

    def test_tries_a_wrong_pin_once(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="9999\n1234\n")
        assert done.returncode == ExitCode.WRONG_PIN
        assert "あと2回" in done.stdout
        assert describe_card(card_path).pin_tries_left == 2

    def test_wastes_no_try_on_a_malformed_pin(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="12345\n")
        assert done.returncode == ExitCode.MALFORMED_PIN
        assert "12345" not in done.stdout + done.stderr
        assert describe_card(card_path).pin_tries_left == 3

    def test_tells_the_signing_password_from_a_pin(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="ABC123\n")
        assert (done.returncode, "署名用の暗証番号" in done.stdout) == (ExitCode.MALFORMED_PIN, True)
        assert describe_card(card_path).pin_tries_left == 3

    def test_says_that_it_is_a_demonstration(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        assert run(environment, site.link, card_path).stdout.startswith("これは見本です。")

    @pytest.mark.parametrize("words", [("sign", f"{NOBODY}/act/{TOKEN}"), ("info",)], ids=["sign", "info"])
    def test_takes_virtual_cards_and_a_set_clock_in_a_demonstration_alone(
        self, card_path: Path, environment: dict[str, str], words: tuple[str, ...]
    ) -> None:
        clock = environment.pop("MYNAPOINT_DEMO_CLOCK")
        del environment["MYNAPOINT_DEMO"]
        for option in (("--card", str(card_path)), ("--demo-clock", clock)):
            done = subprocess.run(
                [*COMMAND, *words, *option], env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            assert (done.returncode, "MYNAPOINT_DEMO=1" in done.stderr) == (2, True)

    def test_takes_no_virtual_card_beside_a_real_site(
        self, site: Site, card_path: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        listed = write_configuration(tmp_path / "list.toml", site.origin, "https://mynapoint.example")
        done = run(environment, site.link, card_path, "--config", str(listed))
        assert (done.returncode, site.paths) == (2, [])

    def test_warns_before_the_last_try(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        FileMemory(card_path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=1))
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert "あと1回です。まちがえるとロックされ" in done.stdout.replace("\n", "")
        assert done.returncode == ExitCode.DONE

    def test_sends_a_locked_card_to_the_counter_and_asks_for_nothing(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        FileMemory(card_path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=0))
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert done.returncode == ExitCode.PIN_LOCKED
        assert "窓口" in done.stdout
        assert not site.handed_in

    def test_shows_the_site_s_reason(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        site.post = lambda _site: reply_json(409, REFUSAL, PROBLEM)
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert done.returncode == ExitCode.REFUSED
        assert "予約済みです。" in done.stdout
        assert "状況を確認してください。" in done.stdout

    def test_takes_words_of_the_site_for_text_never_for_markup(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        site.post = lambda _site: reply_json(409, REFUSAL | {"title": "[bold]x[/nothing]"}, PROBLEM)
        done = run(environment, site.link, card_path, "--yes", "--pin-file", "-", typed="1234\n")
        assert "[bold]x[/nothing]" in done.stdout

    @pytest.mark.parametrize(
        ("link", "code"),
        [
            ("nonsense", ExitCode.NOT_SIGNABLE),
            (f"http://mynapoint.example/act/{TOKEN}", ExitCode.NOT_SIGNABLE),
            (f"{NOBODY}/act/{TOKEN}", ExitCode.SITE_UNREACHABLE),
        ],
        ids=["nonsense", "insecure", "nobody-there"],
    )
    def test_stops_at_links_that_lead_nowhere(
        self, card_path: Path, environment: dict[str, str], link: str, code: ExitCode
    ) -> None:
        assert run(environment, link, card_path).returncode == code

    def test_stops_without_a_card(self, site: Site, tmp_path: Path, environment: dict[str, str]) -> None:
        done = run(environment, site.link, tmp_path / "none.json")
        assert done.returncode == ExitCode.CARD_UNUSABLE
        assert not site.paths

    def test_needs_a_keyboard_or_a_file_for_the_pin(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        assert run(environment, site.link, card_path, "--yes", typed="1234\n").returncode == ExitCode.MALFORMED_PIN

    def test_stops_when_the_statement_is_too_old(
        self, site: Site, card_path: Path, environment: dict[str, str]
    ) -> None:
        without_demo = {name: value for name, value in environment.items() if name != "MYNAPOINT_DEMO_CLOCK"}
        done = run(without_demo, site.link, card_path)
        assert done.returncode == ExitCode.NOT_SIGNABLE
        assert "期限が過ぎました" in done.stdout

    def test_asks_for_the_pin_without_echo(self, site: Site, card_path: Path, environment: dict[str, str]) -> None:
        code, shown = talk(
            [*COMMAND, "sign", site.link, "--card", str(card_path)],
            environment=environment,
            dialogue=[("署名しますか", "y\n"), ("暗証番号（", "1234\n")],
        )
        assert code == ExitCode.DONE
        assert "受付番号: R-0001" in shown
        assert "1234" not in shown


def talk(command: list[str], *, environment: dict[str, str], dialogue: list[tuple[str, str]]) -> tuple[int, str]:
    """This will run the command before a real terminal and type each answer after its question."""
    host, terminal = pty.openpty()
    ends = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    process = subprocess.Popen(command, **ends, env=environment, start_new_session=True)
    os.close(terminal)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        readable, _, _ = select.select([host], [], [], 0.1)
        try:
            shown += os.read(host, 4096) if readable else b""
        except OSError:  # the other end was closed
            break
        if dialogue and dialogue[0][0] in shown.decode(errors="replace"):
            time.sleep(0.2)  # until the echo is off
            os.write(host, dialogue.pop(0)[1].encode())
    os.close(host)
    return process.wait(timeout=60), shown.decode(errors="replace")
