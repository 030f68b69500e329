"""The state learns sums, not purchases: two worlds with the same totals leave the same bytes with the platform."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from socket import create_server
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from evidence import (
    MASKED_COLUMNS,
    REFUSALS,
    Evidence,
    find_differences,
    mask_headers,
    write_traffic,
)
from mutant_service import MUTANTS
from programme_story import CONTROL, Told, tell
from recorder import HOST
from running_town import STARTS_AT, open_folder
from shopping import MORNINGS, NIGHTS, POINTS, SERVICE_OF
from world import World

from demo.town import SERVICE_NAMES
from jpki.virtual.authority import Authority

HONEST: Final = ("applications", "september", CONTROL)


# What crosses the sockets and stands in the dump is the programs' doing; each pair of worlds takes a minute.
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def authority() -> Iterator[Path]:
    """Give out the cards: RSA keys cannot be drawn from a seed, so that both worlds get copies of the same cards."""
    with open_folder() as folder:
        authority = Authority.create(folder / "authority", at=STARTS_AT)
        for name in SERVICE_OF:
            authority.issue(name, birth_date=date(1985, 4, 12), at=STARTS_AT)
        anchors = folder / "state" / "anchors"
        anchors.mkdir(parents=True)
        for number, anchor in enumerate(authority.anchors().certificates):
            (anchors / f"{number}.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
        yield folder


@pytest.fixture(scope="module")
def worlds(authority: Path, database_url: str) -> tuple[Told, Told]:
    """Tell the story in both worlds, one after the other, at the same addresses."""
    told = []
    with ExitStack() as kept:  # a port that nobody holds between the worlds may be somebody else's by then
        fronts = {name: kept.enter_context(create_server((HOST, 0))) for name in ("site", *SERVICE_NAMES)}
        for movements in (MORNINGS, NIGHTS):
            with World.founded(authority=authority, fronts=fronts, server_url=database_url) as world:
                told.append(tell(world, movements))
    one, other = told
    return one, other


@pytest.mark.slow
class TestTwoWorlds:
    def test_have_the_same_points(self, worlds: tuple[Told, Told]) -> None:
        for told in worlds:
            assert {period: told.points[period] for period in POINTS} == POINTS

    def test_have_no_purchase_in_common(self) -> None:
        for traits in (
            lambda movement: movement.at,
            lambda movement: movement.at.time(),
            lambda movement: (movement.at.date(), movement.who),
        ):
            assert not {*map(traits, MORNINGS)} & {*map(traits, NIGHTS)}
        assert [movement.who for movement in MORNINGS] != [movement.who for movement in NIGHTS]


@pytest.mark.slow
class TestTheStatesSide:
    @pytest.mark.parametrize("part", HONEST)
    def test_is_the_same_byte_for_byte(self, part: str, worlds: tuple[Told, Told]) -> None:
        one, other = (told.parts[part] for told in worlds)
        assert find_differences(one, other) == {}

    def test_was_seen_at_work(self, worlds: tuple[Told, Told]) -> None:
        for told in worlds:
            waiting, september = told.parts["applications"], told.parts["september"]
            assert waiting.dump.count("link_application") == len(SERVICE_OF)
            paid = sum(POINTS["2020-09"].values())
            assert re.search(rf"\nCOPY public.settlement_transfer .*\n.*\t2020-10-06\t.*\t{paid}\t", september.dump)
            assert september.log.count("job success") >= len(SERVICE_OF)
            assert {message.link for message in september.traffic} == {"site", *SERVICE_NAMES}
            assert write_traffic(september.traffic).count("POST /mynapoint/v1/links") == len(SERVICE_OF)


@pytest.mark.slow
class TestMutant:
    @pytest.mark.parametrize("mutant", MUTANTS)
    def test_is_refused_or_makes_a_difference(self, mutant: str, worlds: tuple[Told, Told]) -> None:
        one, other = (told.parts[mutant] for told in worlds)
        assert one.outcome == other.outcome
        assert one.outcome in REFUSALS or find_differences(one, other)

    @pytest.mark.parametrize(
        ("mutant", "outcome", "where"),
        [
            ("date_closing", "unknown_field", {"traffic"}),
            ("leave_out_zeros", "roll_mismatch", set()),
            ("date_openings", "unknown_field", {"traffic"}),
            ("count_purchases", "sealed", {"traffic"}),
            ("order_by_purchase", "accepted", {"traffic"}),
            ("salt_with_purchases", "sealed", {"traffic", "dump"}),
        ],
    )
    def test_is_caught_in_its_own_place(
        self, mutant: str, outcome: str, where: set[str], worlds: tuple[Told, Told]
    ) -> None:
        one, other = (told.parts[mutant] for told in worlds)
        assert one.outcome == outcome
        assert find_differences(one, other).keys() == where


class TestMask:
    @pytest.mark.slow
    def test_hides_only_columns_that_the_job_queue_fills_from_the_databases_clock(
        self, worlds: tuple[Told, Told]
    ) -> None:
        assert worlds[0].columns_by_clock >= MASKED_COLUMNS
        assert all(table.startswith("procrastinate_") for table, _ in MASKED_COLUMNS)

    def test_hides_only_the_value_of_the_date_header(self) -> None:
        heard = (
            b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 05:59:34 GMT\r\nx-date: Mon, 23 Nov 2026 05:59:34 GMT\r\n\r\n"
        )
        masked = mask_headers(heard)
        assert masked == heard.replace(b"\r\ndate: Mon, 23 Nov 2026 05:59:34 GMT", b"\r\ndate: (masked)")
        assert mask_headers(b"Date: yesterday\r\n") == b"Date: yesterday\r\n"

    def test_lets_a_difference_of_one_character_be_seen(self) -> None:
        plain = Evidence(dump="a", log="b", traffic=())
        assert find_differences(plain, plain) == {}
        assert find_differences(plain, replace(plain, log="c")).keys() == {"log"}
        assert find_differences(plain, replace(plain, dump="c")).keys() == {"dump"}
