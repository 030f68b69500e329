"""The closing book, alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paymentservice.client import Roll, assemble_roll
from paymentservice.closing_book import (
    ClosingBook,
    LinksUnknown,
    PointsOutOfRange,
    RollDigestMismatch,
    RowUnknown,
    fill_roll,
)
from paymentservice.encoding import to_base64url
from paymentservice.exchange import AnswerUntrusted
from paymentservice.wire import RollPage
from sealedclaim.opening import check_openings
from sealedclaim.receipt import check_receipt, parse_receipt
from sealedclaim.roll import roll_digest

rolls = st.lists(st.binary(min_size=16, max_size=16), max_size=40, unique=True).map(sorted)


def a_roll(tokens: list[bytes]) -> Roll:
    digest = roll_digest(tokens, count=len(tokens))
    return Roll(programme="mynapoint-2020", period="2020-09", digest=digest, tokens=tuple(tokens))


def a_book(tokens: list[bytes], points: dict[bytes, int], *, closing_key: bytes = b"K" * 32) -> ClosingBook:
    roll = a_roll(tokens)
    return ClosingBook.of_rows(
        fill_roll(roll, points, cap=5000),
        programme=roll.programme,
        service="hanamaru",
        period=roll.period,
        digest=roll.digest,
        closing_key=closing_key,
    )


TOKENS = [bytes([number]) * 16 for number in range(1, 4)]


class TestFillRoll:
    def test_has_a_row_for_every_link_zeros_too(self) -> None:
        points = {TOKENS[0]: 0, TOKENS[1]: 5000, TOKENS[2]: 7}
        assert fill_roll(a_roll(TOKENS), points, cap=5000) == list(zip(TOKENS, [0, 5000, 7], strict=True))

    def test_leaves_links_that_are_not_on_the_roll_for_later(self) -> None:
        assert len(fill_roll(a_roll(TOKENS[:1]), dict.fromkeys(TOKENS, 0), cap=5000)) == 1

    def test_refuses_links_that_the_service_never_made(self) -> None:
        with pytest.raises(LinksUnknown) as refused:
            fill_roll(a_roll(TOKENS), {TOKENS[0]: 0}, cap=5000)
        assert refused.value.count == 2

    @pytest.mark.parametrize("points", [-1, 5001])
    def test_refuses_points_outside_the_programme(self, points: int) -> None:
        with pytest.raises(PointsOutOfRange) as refused:
            fill_roll(a_roll(TOKENS), dict.fromkeys(TOKENS[:2], 0) | {TOKENS[2]: points}, cap=5000)
        assert refused.value.index == 2

    @pytest.mark.parametrize("tokens", [TOKENS[:2], TOKENS[::-1], [*TOKENS, b"short"], [*TOKENS, TOKENS[2]]])
    def test_refuses_a_roll_that_is_not_the_one_of_its_digest(self, tokens: list[bytes]) -> None:
        digest = roll_digest(TOKENS, count=3)
        roll = Roll(programme="mynapoint-2020", period="2020-09", digest=digest, tokens=tuple(tokens))
        with pytest.raises(RollDigestMismatch):
            fill_roll(roll, dict.fromkeys(tokens, 0), cap=5000)


class TestClosingBook:
    @given(rolls, st.data())
    def test_opens_what_the_platform_will_accept(self, tokens: list[bytes], data: st.DataObject) -> None:
        points = {token: data.draw(st.integers(0, 5000)) for token in tokens}
        book = a_book(tokens, points)
        assert book.totals.total == sum(points.values())
        drawn = dict(enumerate(tokens))
        check_openings(book.open_rows(drawn), commitment=book.sealed.commitment, drawn=drawn, cap=5000)

    def test_is_the_same_again_after_a_crash(self) -> None:
        points = dict.fromkeys(TOKENS, 100)
        assert a_book(TOKENS, points).totals == a_book(TOKENS, points).totals

    def test_hides_its_rows_behind_the_closing_key(self) -> None:
        points = dict.fromkeys(TOKENS, 100)
        assert a_book(TOKENS, points).totals != a_book(TOKENS, points, closing_key=b"L" * 32).totals

    def test_receipts_a_citizen_s_own_row(self) -> None:
        book = a_book(TOKENS, {TOKENS[0]: 0, TOKENS[1]: 5000, TOKENS[2]: 7})
        receipt = parse_receipt(book.receipt_for(TOKENS[1]))
        check_receipt(receipt, published=book.sealed.commitment)
        assert (receipt.service, receipt.opening.points) == ("hanamaru", 5000)

    def test_has_no_receipt_for_a_link_outside_the_roll(self) -> None:
        with pytest.raises(RowUnknown):
            a_book(TOKENS, dict.fromkeys(TOKENS, 0)).receipt_for(b"Z" * 16)


class TestAssembleRoll:
    def page(self, *tokens: bytes, count: int = 3, digest: bytes = bytes(32)) -> RollPage:
        return RollPage(
            programme="mynapoint-2020",
            period="2020-09",
            count=count,
            digest=to_base64url(digest),
            tokens=[to_base64url(token) for token in tokens],
            next=None,
        )

    def test_joins_the_pages(self) -> None:
        assert assemble_roll([self.page(*TOKENS[:2]), self.page(TOKENS[2])]).tokens == tuple(TOKENS)

    def test_refuses_pages_that_do_not_belong_together(self) -> None:
        for pages in (
            [self.page(*TOKENS[:2])],
            [self.page(*TOKENS), self.page(TOKENS[2])],
            [self.page(*TOKENS[1:]), self.page(TOKENS[0])],
            [self.page(*TOKENS[:2]), self.page(TOKENS[2], digest=b"x" * 32)],
            [self.page(*TOKENS[:2]), self.page(TOKENS[2], count=4)],
        ):
            with pytest.raises(AnswerUntrusted):
                assemble_roll(pages)
