"""The bank-transfer file: its bytes, its characters, its date."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zengin_reader import read_file

from mynapoint.kernel.kana import (
    ALLOWED,
    KanaNotAllowed,
    KanaTooLong,
    write_kana,
    write_payer_name,
    write_recipient_name,
)
from mynapoint.kernel.money import Yen
from mynapoint.settlement.bankdays import get_next_bank_day, is_bank_day
from mynapoint.settlement.bankfile import (
    ACCOUNT_KINDS,
    MAX_PAYMENT,
    MAX_TOTAL,
    Payer,
    Payment,
    TransferTooLarge,
    compose_file,
    split_amount,
)

TOKYO = ZoneInfo("Asia/Tokyo")
PAYER = Payer("0000000001", "ﾏｲﾅﾎﾟｲﾝﾄ ﾐﾎﾝ", "0999", "001", "1", "0000001")


def payment(amount: int = 1, *, recipient: str = "ｻｸﾗﾍﾟｲ ﾐﾎﾝ", kind: str = "ordinary") -> Payment:
    return Payment("0998", "002", ACCOUNT_KINDS[kind], "0000002", recipient, Yen(amount), "0000010001", "202009")


class TestComposeFile:
    def test_is_read_back_by_a_reader_that_knows_only_the_form(self) -> None:
        payments = [payment(12_345), payment(9_999_999_999, recipient="ﾊﾅﾏﾙｶ-ﾄﾞ ﾐﾎﾝ", kind="current")]
        found = read_file(compose_file(PAYER, payments, transfer_date=date(2020, 10, 12)))
        assert (found.consignor, found.name, found.date) == ("0000000001", "ﾏｲﾅﾎﾟｲﾝﾄ ﾐﾎﾝ", "1012")
        assert (found.bank, found.branch, found.kind, found.account) == ("0999", "001", "1", "0000001")
        first, second = found.payments
        assert (first.bank, first.branch, first.kind, first.account) == ("0998", "002", "1", "0000002")
        assert (first.name, first.amount) == ("ｻｸﾗﾍﾟｲ ﾐﾎﾝ", 12_345)
        assert (first.customer_1, first.customer_2) == ("0000010001", "0000202009")
        assert (second.kind, second.amount) == ("2", 9_999_999_999)

    def test_has_these_very_bytes(self) -> None:
        content = compose_file(PAYER, [payment(5000)], transfer_date=date(2020, 10, 12))
        assert content == (
            b"1210" + b"0000000001" + "ﾏｲﾅﾎﾟｲﾝﾄ ﾐﾎﾝ".encode("cp932").ljust(40) + b"1012"
            b"0999" + b" " * 15 + b"001" + b" " * 15 + b"1" + b"0000001" + b" " * 17 + b"\r\n"
            b"2" + b"0998" + b" " * 15 + b"002" + b" " * 15 + b"0000" + b"1" + b"0000002"
            + "ｻｸﾗﾍﾟｲ ﾐﾎﾝ".encode("cp932").ljust(30) + b"0000005000" + b"0" + b"0000010001" + b"0000202009"
            + b"7" + b" " + b" " * 7 + b"\r\n"
            b"8" + b"000001" + b"000000005000" + b" " * 101 + b"\r\n"
            b"9" + b" " * 119 + b"\r\n"
        )  # fmt: skip

    def test_takes_a_sum_of_twelve_digits_and_not_one_yen_more(self) -> None:
        full, rest = divmod(MAX_TOTAL, MAX_PAYMENT)
        payments = [payment(MAX_PAYMENT)] * full + [payment(rest)]
        assert len(read_file(compose_file(PAYER, payments, transfer_date=date(2020, 10, 12))).payments) == full + 1
        with pytest.raises(TransferTooLarge):
            compose_file(PAYER, [*payments, payment(1)], transfer_date=date(2020, 10, 12))

    @given(st.lists(st.integers(1, MAX_PAYMENT), max_size=20))
    def test_adds_up(self, amounts: list[int]) -> None:
        content = compose_file(PAYER, [payment(amount) for amount in amounts], transfer_date=date(2021, 1, 4))
        assert [found.amount for found in read_file(content).payments] == amounts


class TestSplitAmount:
    @given(st.integers(0, 20 * MAX_PAYMENT))
    def test_loses_nothing_and_fills_each_payment_but_the_last(self, amount: int) -> None:
        parts = split_amount(Yen(amount))
        assert sum(parts) == amount
        assert all(part == MAX_PAYMENT for part in parts[:-1])
        assert all(0 < part <= MAX_PAYMENT for part in parts)


class TestWriteKana:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("マイナポイント　ミホン", "ﾏｲﾅﾎﾟｲﾝﾄ ﾐﾎﾝ"),
            ("カ)サンプルショウジ", "ｶ)ｻﾝﾌﾟﾙｼﾖｳｼﾞ"),
            ("ｼｮｯﾌﾟ", "ｼﾖﾂﾌﾟ"),
            ("ヴァーチャル", "ｳﾞｱ-ﾁﾔﾙ"),
            ("（カ）abc１２", "(ｶ)ABC12"),
        ],
    )
    def test_writes_half_width_capitals(self, text: str, expected: str) -> None:
        assert write_kana(text, field="name", limit=30) == expected

    @pytest.mark.parametrize(
        ("text", "character"),
        [("ヲカシ", "ｦ"), ("株式会社", "株"), ("ア・イ", "･"), ("あ", "あ"), ("A\nB", "\n"), ("A\\", "\\")],
    )
    def test_names_the_field_and_the_character_that_cannot_travel(self, text: str, character: str) -> None:
        with pytest.raises(KanaNotAllowed) as refused:
            write_kana(text, field="payer.name_kana", limit=30)
        assert refused.value.data() == {"field": "payer.name_kana", "character": character}

    def test_counts_a_voiced_kana_twice(self) -> None:
        assert len(write_recipient_name("ガ" * 15, field="name")) == 30
        with pytest.raises(KanaTooLong) as refused:
            write_recipient_name("ガ" * 15 + "ア", field="name")
        assert refused.value.data() == {"field": "name", "limit": 30, "length": 31}

    def test_gives_the_payer_forty_characters(self) -> None:
        assert len(write_payer_name("ア" * 40, field="name")) == 40
        with pytest.raises(KanaTooLong):
            write_payer_name("ア" * 41, field="name")

    @given(st.text(max_size=30))
    def test_lets_only_allowed_characters_through(self, text: str) -> None:
        try:
            written = write_kana(text, field="name", limit=30)
        except (KanaNotAllowed, KanaTooLong):
            return
        assert set(written) <= ALLOWED
        assert len(written.encode("cp932")) == len(written)


class TestGetNextBankDay:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ((2020, 10, 1, 10, 0, 0), (2020, 10, 2)),  # Thursday
            ((2020, 10, 2, 23, 59, 59), (2020, 10, 5)),  # the last second of Friday
            ((2020, 10, 3, 0, 0, 0), (2020, 10, 5)),  # the first second of Saturday
            ((2020, 9, 18, 12, 0, 0), (2020, 9, 23)),  # weekend and two holidays
            ((2020, 12, 29, 12, 0, 0), (2020, 12, 30)),
            ((2020, 12, 30, 0, 0, 0), (2021, 1, 4)),  # banks rest from 31 December to 3 January
            ((2021, 4, 30, 12, 0, 0), (2021, 5, 6)),  # a weekend inside the holidays
            ((2020, 7, 22, 12, 0, 0), (2020, 7, 27)),  # the holidays that were moved for the games of 2020
        ],
    )
    def test_skips_weekends_holidays_and_the_turn_of_the_year(
        self, at: tuple[int, ...], expected: tuple[int, int, int]
    ) -> None:
        assert get_next_bank_day(datetime(*at, tzinfo=TOKYO)) == date(*expected)  # type: ignore[arg-type, misc]

    def test_goes_by_the_day_in_japan(self) -> None:
        before_midnight = datetime(2020, 10, 1, 14, 59, 59, tzinfo=ZoneInfo("UTC"))
        midnight = datetime(2020, 10, 1, 15, 0, 0, tzinfo=ZoneInfo("UTC"))
        assert get_next_bank_day(before_midnight) == date(2020, 10, 2)
        assert get_next_bank_day(midnight) == date(2020, 10, 5)

    @given(st.datetimes(datetime(2019, 1, 1), datetime(2030, 12, 31)))  # noqa: DTZ001
    def test_is_always_a_bank_day_within_eleven_days(self, naive: datetime) -> None:
        day = get_next_bank_day(naive.replace(tzinfo=TOKYO))
        assert is_bank_day(day)
        assert 1 <= (day - naive.date()).days <= 11  # the ten days of 2019, when an emperor abdicated
