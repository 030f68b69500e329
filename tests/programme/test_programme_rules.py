"""What a programme's text decides, to the second."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast import PROGRAMME_FILE, SECOND
from mynapoint.kernel.documents import DocumentMalformed
from mynapoint.kernel.period import JST
from mynapoint.programme.queries import REGISTER
from mynapoint.programme.rules import (
    Grant,
    PeriodUnknown,
    Programme,
    WindowClosed,
    WindowNotOpen,
    WithinRenewalWait,
    check_open,
    check_renewal_wait,
    get_closing_period,
    places_in_shard,
    sum_for_cap,
)

OPENS = datetime(2020, 7, 1, tzinfo=JST)
CLOSES = datetime(2021, 4, 1, tzinfo=JST)
RENEWED = datetime(2020, 9, 9, 15, 30, tzinfo=JST)


@pytest.fixture(scope="module")
def national() -> Programme:
    return REGISTER.read(PROGRAMME_FILE)


class TestCheckOpen:
    """S12: 2020-07-01 … 2021-03-31, to the second."""

    def test_is_closed_a_second_before_it_opens_and_says_when(self, national: Programme) -> None:
        with pytest.raises(WindowNotOpen) as refusal:
            check_open(national.application, at=OPENS - SECOND)
        assert refusal.value.open_from == OPENS

    @pytest.mark.parametrize("at", [OPENS, CLOSES - SECOND])
    def test_is_open_at_its_first_instant_and_its_last_second(self, national: Programme, at: datetime) -> None:
        check_open(national.application, at=at)

    def test_is_closed_at_the_first_instant_after_and_says_since_when(self, national: Programme) -> None:
        with pytest.raises(WindowClosed) as refusal:
            check_open(national.application, at=CLOSES)
        assert refusal.value.closed_at == CLOSES


class TestCheckRenewalWait:
    """S16: only once 24 hours have passed."""

    def test_refuses_a_second_too_early_and_says_from_when(self, national: Programme) -> None:
        with pytest.raises(WithinRenewalWait) as refusal:
            check_renewal_wait(national, renewed_at=RENEWED, at=RENEWED + timedelta(hours=24) - SECOND)
        assert refusal.value.open_from == datetime(2020, 9, 10, 15, 30, tzinfo=JST)

    def test_lets_through_at_the_very_second(self, national: Programme) -> None:
        check_renewal_wait(national, renewed_at=RENEWED, at=RENEWED + timedelta(hours=24))

    def test_never_lets_a_first_issue_wait(self, national: Programme) -> None:
        check_renewal_wait(national, renewed_at=None, at=RENEWED)


class TestSumForCap:
    @given(rate=st.integers(1, 100), cap=st.integers(1, 1_000_000))
    def test_is_the_smallest_that_reaches_the_cap(self, rate: int, cap: int) -> None:
        total = sum_for_cap(Grant(rate_percent=rate, cap=cap))
        assert total * rate // 100 >= cap
        assert (total - 1) * rate // 100 < cap


class TestPlacesInShard:
    @given(places=st.integers(1, 10**8), shards=st.integers(1, 64))
    def test_shares_out_every_place_once(self, places: int, shards: int) -> None:
        assert sum(places_in_shard(places, shard=n, shards=shards) for n in range(shards)) == places


class TestGetClosingPeriod:
    def test_finds_a_period_by_its_name(self, national: Programme) -> None:
        assert get_closing_period(national, "2020-09").ends_at == datetime(2020, 10, 1, tzinfo=JST)

    def test_refuses_a_period_that_the_programme_does_not_have(self, national: Programme) -> None:
        with pytest.raises(PeriodUnknown):
            get_closing_period(national, "1999-01")


class TestReadProgramme:
    @pytest.mark.parametrize(
        ("old", "new", "where"),
        [
            ("cap = 5000", "cap = 0", "grant.cap"),
            ("cap = 5000", "cup = 5000", "grant.cap"),
            (
                "until = 2021-04-01T00:00:00+09:00\n\n# Charges",
                "until = 2019-04-01T00:00:00+09:00\n\n# Charges",
                "application",
            ),
            ("from = 2020-07-01T00:00:00+09:00", "from = 2020-07-01T00:00:00", "application.from"),
            ('id = "2020-10"', 'id = "2020-09"', "closing periods must be in order"),
            ('id = "mynapoint-2020"', 'id = "My Na"', "id"),
        ],
    )
    def test_names_what_is_wrong(self, tmp_path: Path, old: str, new: str, where: str) -> None:
        text = PROGRAMME_FILE.read_text()
        assert old in text
        path = tmp_path / "programme.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(DocumentMalformed, match=where):
            REGISTER.read(path)

    @given(noise=st.binary(max_size=200))
    def test_answers_any_bytes_with_one_typed_error(
        self, tmp_path_factory: pytest.TempPathFactory, noise: bytes
    ) -> None:
        path = tmp_path_factory.mktemp("noise") / "programme.toml"
        path.write_bytes(noise)
        with pytest.raises(DocumentMalformed):
            REGISTER.read(path)
