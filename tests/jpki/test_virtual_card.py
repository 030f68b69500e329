"""The virtual card, frame by frame: one table row for each answer that real cards are known to give."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from card_world import AT, BIRTH_DATE, power_up
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import CardContents, FileMemory, MalformedCardFile, describe_card

SELECT_JPKI = "00A4040C0AD392F000260100000001"
SELECT_PIN = "00A4020C020018"
SELECT_KEY = "00A4020C020017"
SELECT_CERTIFICATE = "00A4020C02000A"
VERIFY = "002000800431323334"
VERIFY_WRONG = "002000800439393939"
TRIES_LEFT = "00200080"
DIGEST_INFO = "3031300D060960864801650304020105000420" + "00" * 32
SIGN = f"802A008033{DIGEST_INFO}00"
SELECT_PASSWORD = "00A4020C02001B"
VERIFY_PASSWORD = "0020008006" + b"ABC123".hex()
WRONG_PASSWORD = "0020008006" + b"ABC124".hex()

READY_TO_VERIFY = (SELECT_JPKI, SELECT_PIN)
VERIFIED = (*READY_TO_VERIFY, VERIFY)
PASSWORD_VERIFIED = (SELECT_PASSWORD, VERIFY_PASSWORD)

TABLE = [
    ("select-application", (), SELECT_JPKI, "9000"),
    ("select-another-application", (), "00A4040C0AD392F000260100000002", "6A82"),
    ("select-part-of-the-name", (), "00A4040C05D392F00026", "6A82"),
    ("select-application-with-unknown-p2", (), "00A404000AD392F000260100000001", "6A86"),
    ("select-file", (SELECT_JPKI,), SELECT_PIN, "9000"),
    ("select-file-before-application", (), SELECT_PIN, "6A82"),
    ("select-missing-file", (SELECT_JPKI,), "00A4020C020099", "6A82"),
    ("select-file-by-half-a-name", (SELECT_JPKI,), "00A4020C0100", "6700"),
    ("tries-left", READY_TO_VERIFY, TRIES_LEFT, "63C3"),
    ("tries-left-after-right-pin", VERIFIED, TRIES_LEFT, "63C3"),
    ("tries-left-by-short-name", (SELECT_JPKI,), "00200098", "63C3"),
    ("password-tries-left", (SELECT_JPKI, SELECT_PASSWORD), TRIES_LEFT, "63C5"),
    ("verify", READY_TO_VERIFY, VERIFY, "9000"),
    ("verify-by-short-name", (SELECT_JPKI,), "002000980431323334", "9000"),
    ("verify-first-error", READY_TO_VERIFY, VERIFY_WRONG, "63C2"),
    ("verify-second-error", (*READY_TO_VERIFY, VERIFY_WRONG), VERIFY_WRONG, "63C1"),
    ("verify-third-error", (*READY_TO_VERIFY, *[VERIFY_WRONG] * 2), VERIFY_WRONG, "63C0"),
    ("verify-wrong-when-locked", (*READY_TO_VERIFY, *[VERIFY_WRONG] * 3), VERIFY_WRONG, "6983"),
    ("verify-right-when-locked", (*READY_TO_VERIFY, *[VERIFY_WRONG] * 3), VERIFY, "6983"),
    ("tries-left-when-locked", (*READY_TO_VERIFY, *[VERIFY_WRONG] * 4), TRIES_LEFT, "63C0"),
    ("right-pin-gives-all-tries-back", (*READY_TO_VERIFY, VERIFY_WRONG, VERIFY), VERIFY_WRONG, "63C2"),
    ("verify-too-short", READY_TO_VERIFY, "0020008003313233", "6700"),
    ("verify-too-short-wastes-no-try", (*READY_TO_VERIFY, "0020008003313233"), TRIES_LEFT, "63C3"),
    ("verify-with-unknown-p1", READY_TO_VERIFY, "002001800431323334", "6A86"),
    ("verify-with-unknown-p2", READY_TO_VERIFY, "002000010431323334", "6A86"),
    ("verify-on-a-certificate", (SELECT_JPKI, SELECT_CERTIFICATE), VERIFY, "6A88"),
    ("verify-on-nothing", (SELECT_JPKI,), VERIFY, "6986"),
    ("password", (SELECT_JPKI, SELECT_PASSWORD), VERIFY_PASSWORD, "9000"),
    ("password-fifth-error", (SELECT_JPKI, SELECT_PASSWORD, *[WRONG_PASSWORD] * 4), WRONG_PASSWORD, "63C0"),
    ("password-when-locked", (SELECT_JPKI, SELECT_PASSWORD, *[WRONG_PASSWORD] * 5), VERIFY_PASSWORD, "6983"),
    ("read-without-length", (SELECT_JPKI, SELECT_CERTIFICATE), "00B00000", "6700"),
    ("read-nothing-selected", (SELECT_JPKI,), "00B0000000", "6986"),
    ("read-behind-the-end", (SELECT_JPKI, SELECT_CERTIFICATE), "00B0080000", "6B00"),
    ("read-pin", READY_TO_VERIFY, "00B0000000", "6981"),
    ("read-key", (*VERIFIED, SELECT_KEY), "00B0000000", "6981"),
    ("read-signing-certificate", (SELECT_JPKI,), "00B0810000", "6982"),
    ("read-missing-short-name", (SELECT_JPKI,), "00B0850000", "6A82"),
    ("sign-without-pin", (SELECT_JPKI, SELECT_KEY), SIGN, "6982"),
    ("sign-after-application-was-selected-again", (*VERIFIED, SELECT_JPKI, SELECT_KEY), SIGN, "6982"),
    ("sign-after-a-later-error", (*VERIFIED, VERIFY_WRONG, SELECT_KEY), SIGN, "6982"),
    ("sign-with-key-deselected", (*VERIFIED, SELECT_KEY, SELECT_CERTIFICATE), SIGN, "6A88"),
    ("sign-with-the-other-key", (*VERIFIED, "00A4020C02001A"), SIGN, "6982"),
    ("sign-nothing", (*VERIFIED, SELECT_KEY), "802A008000", "6700"),
    ("sign-too-much", (*VERIFIED, SELECT_KEY), "802A0080F6" + "00" * 246 + "00", "6700"),
    ("sign-expecting-less", (*VERIFIED, SELECT_KEY), f"802A008033{DIGEST_INFO}80", "6C00"),
    ("sign-expecting-nothing", (*VERIFIED, SELECT_KEY), f"802A008033{DIGEST_INFO}", "6700"),
    ("change-pin", VERIFIED, "002401800435363738", "9000"),
    ("change-pin-without-pin", READY_TO_VERIFY, "002401800435363738", "6982"),
    ("change-pin-to-letters", VERIFIED, "002401800441424344", "6A80"),
    ("change-pin-to-five-digits", VERIFIED, "00240180053536373839", "6700"),
    ("changed-pin-is-asked-for", (*VERIFIED, "002401800435363738"), VERIFY, "63C2"),
    ("changed-pin-is-right", (*VERIFIED, "002401800435363738"), "002000800435363738", "9000"),
    ("unknown-instruction", (SELECT_JPKI,), "0084000008", "6D00"),
    ("unknown-class", (SELECT_JPKI,), "90A4040C", "6E00"),
    ("instruction-of-the-other-class", (SELECT_JPKI,), "80A4040C", "6E00"),
    ("no-frame", (), "00", "6700"),
    ("extended-frame", (SELECT_JPKI,), "00B000000000FF", "6700"),
]  # fmt: skip


def answer(card: VirtualCard, *frames: str) -> bytes:
    return [card.transmit(bytes.fromhex(frame)) for frame in frames][-1]


class TestVirtualCard:
    @pytest.mark.parametrize(("before", "frame", "expected"), [pytest.param(*row, id=name) for name, *row in TABLE])
    def test_answers_as_cards_do(
        self, hanako: CardContents, before: tuple[str, ...], frame: str, expected: str
    ) -> None:
        card, _ = power_up(hanako)
        assert answer(card, *before, frame).hex().upper() == expected

    @pytest.mark.parametrize(
        ("before", "short", "get_content"),
        [
            pytest.param((), "8A", lambda c: c.credentials.authentication.certificate, id="000A"),
            pytest.param((), "8B", lambda c: c.credentials.authentication.ca_certificate, id="000B"),
            pytest.param(PASSWORD_VERIFIED, "81", lambda c: c.credentials.signing.certificate, id="0001"),
            pytest.param((), "82", lambda c: c.credentials.signing.ca_certificate, id="0002"),
        ],
    )  # fmt: skip
    def test_gives_each_certificate_by_short_name_and_by_offset(
        self, hanako: CardContents, before: tuple[str, ...], short: str, get_content
    ) -> None:
        card, _ = power_up(hanako)
        first = answer(card, SELECT_JPKI, *before, f"00B0{short}0000")
        later = answer(card, "00B0010000")
        assert (first[:-2] + later[:-2]) == get_content(hanako)[:512]
        assert answer(card, f"00B0{short}0410") == get_content(hanako)[4:20] + b"\x90\x00"

    def test_has_files_longer_than_their_certificates(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        assert answer(card, SELECT_JPKI, SELECT_CERTIFICATE, "00B007F000") == bytes(16) + b"\x90\x00"

    @pytest.mark.parametrize("frame", [SIGN, SIGN.replace("802A0080", "802A0097")], ids=["selected", "short-name"])
    def test_signs_after_the_pin(self, hanako: CardContents, frame: str) -> None:
        card, _ = power_up(hanako)
        signature = answer(card, *VERIFIED, SELECT_KEY, frame)
        assert (len(signature), signature[-2:]) == (258, b"\x90\x00")

    def test_signs_with_the_signing_key_after_its_password(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        assert answer(card, SELECT_JPKI, SELECT_PASSWORD, VERIFY_PASSWORD, "00A4020C02001A", SIGN)[-2:] == b"\x90\x00"

    def test_keeps_pin_and_password_apart(self, hanako: CardContents) -> None:
        card, _ = power_up(hanako)
        answer(card, *READY_TO_VERIFY, VERIFY_WRONG, SELECT_PASSWORD, WRONG_PASSWORD)
        assert (answer(card, "00200098"), answer(card, "0020009B")) == (b"\x63\xc2", b"\x63\xc4")

    @settings(max_examples=500)
    @given(frames=st.lists(st.binary(max_size=262), max_size=4))
    def test_answers_random_bytes_with_a_status(self, hanako: CardContents, frames: list[bytes]) -> None:
        card, _ = power_up(hanako)
        answer(card, *VERIFIED)
        assert all(len(card.transmit(frame)) >= 2 for frame in frames)


@pytest.fixture
def card_path(own_authority: Authority) -> Path:
    return own_authority.issue("次郎", birth_date=BIRTH_DATE, at=AT)


class TestCardFile:
    def test_keeps_the_errors_over_power_cuts(self, card_path: Path) -> None:
        for expected in ("63C2", "63C1", "63C0", "6983"):
            assert answer(VirtualCard.open(card_path), *READY_TO_VERIFY, VERIFY_WRONG).hex().upper() == expected

    def test_keeps_a_changed_pin_over_power_cuts(self, card_path: Path) -> None:
        answer(VirtualCard.open(card_path), *VERIFIED, "002401800435363738")
        assert answer(VirtualCard.open(card_path), *READY_TO_VERIFY, "002000800435363738") == b"\x90\x00"

    def test_forgets_the_verified_pin_with_its_power(self, card_path: Path) -> None:
        answer(VirtualCard.open(card_path), *VERIFIED)
        assert answer(VirtualCard.open(card_path), SELECT_JPKI, SELECT_KEY, SIGN) == b"\x69\x82"

    def test_has_spent_the_try_before_it_compares(self, card_path: Path) -> None:
        seen: list[int] = []

        class PowerCutAfterFirstChange(FileMemory):
            def change(self, change, /):  # type: ignore[no-untyped-def]
                super().change(change)
                seen.append(self.read().pin.tries_left)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            answer(VirtualCard(PowerCutAfterFirstChange(card_path)), *READY_TO_VERIFY, VERIFY)
        assert seen == [2]
        assert answer(VirtualCard.open(card_path), *READY_TO_VERIFY, TRIES_LEFT) == b"\x63\xc2"

    def test_gains_no_try_by_being_killed(self, card_path: Path) -> None:
        guess = "from jpki.virtual.card import VirtualCard; import sys, pathlib\n"
        guess += "card = VirtualCard.open(pathlib.Path(sys.argv[1]))\n"
        guess += "[card.transmit(bytes.fromhex(frame)) for frame in sys.argv[2:]]\n"
        answers = []
        for _ in range(4):
            before = describe_card(card_path).pin_tries_left
            process = subprocess.Popen(
                [sys.executable, "-c", guess, card_path, *READY_TO_VERIFY, *[VERIFY_WRONG] * 500]
            )
            while before and describe_card(card_path).pin_tries_left == before and process.poll() is None:
                time.sleep(0.0005)
            process.kill()
            process.wait()
            answers.append(describe_card(card_path).pin_tries_left)
        assert answers == sorted(answers, reverse=True)
        assert answers[-1] == 0
        assert answer(VirtualCard.open(card_path), *READY_TO_VERIFY, VERIFY) == b"\x69\x83"

    def test_gives_three_tries_to_all_readers_together(self, card_path: Path) -> None:
        cards = [VirtualCard.open(card_path) for _ in range(8)]
        start = threading.Barrier(len(cards))
        answers: list[str] = []

        def try_wrong_pin(card: VirtualCard) -> None:
            answer(card, *READY_TO_VERIFY)
            start.wait()
            answers.append(answer(card, VERIFY_WRONG).hex().upper())

        threads = [threading.Thread(target=try_wrong_pin, args=(card,)) for card in cards]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["63C0", "63C1", "63C2", *["6983"] * 5]

    def test_is_for_its_owner_only(self, card_path: Path) -> None:
        assert card_path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"\xff", b'{"format": "another"}'], ids=["empty", "bare", "no-text", "foreign"]
    )
    def test_is_refused_when_it_holds_no_card(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "card.json").write_bytes(content)
        with pytest.raises(MalformedCardFile):
            VirtualCard.open(tmp_path / "card.json")

    def test_is_refused_when_missing(self, tmp_path: Path) -> None:
        with pytest.raises(MalformedCardFile):
            VirtualCard.open(tmp_path / "card.json")

    def test_shows_no_secret_of_itself(self, card_path: Path, hanako: CardContents) -> None:
        shown = repr(FileMemory(card_path).read())
        assert "text" not in shown
        assert "key=" not in shown

    def test_can_be_described(self, card_path: Path) -> None:
        answer(VirtualCard.open(card_path), *READY_TO_VERIFY, VERIFY_WRONG)
        description = describe_card(card_path)
        assert (description.label, description.pin_tries_left, description.password_tries_left) == ("次郎", 2, 5)
        assert description.issued_at == AT
        assert description.valid_until.isoformat() == "2025-04-03T14:59:59+00:00"

    def test_is_plain_json(self, card_path: Path) -> None:
        assert json.loads(card_path.read_text())["format"] == "mynapoint virtual card 1"
