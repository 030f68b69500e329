"""The story that both worlds tell: six people, two services, one paid month, and mutants who tell too much later on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evidence import Evidence, find_columns_by_clock
from shopping import SERVICE_OF, Movement
from world import World

from demo.town import PROGRAMME

CONTROL: Final = "an honest closing among the mutants"


@dataclass(frozen=True)
class Told:
    """What the state's side was left with after each part, and everybody's points as the services sealed them."""

    parts: Mapping[str, Evidence]
    points: Mapping[str, Mapping[str, int]]
    columns_by_clock: set[tuple[str, str]]


def tell(world: World, movements: Sequence[Movement]) -> Told:
    """Tell the whole story with one world's shopping."""
    parts = tell_parts(world, movements)
    columns = find_columns_by_clock(world.database_url)
    return Told(parts=parts, points=world.get_points(), columns_by_clock=columns)


def tell_parts(world: World, movements: Sequence[Movement]) -> dict[str, Evidence]:
    """Tell the story part by part."""
    story: dict[str, Evidence] = {}
    for name in SERVICE_OF:
        world.apply(name)
    story["applications"] = world.look()
    world.run_jobs()
    world.shop([movement for movement in movements if movement.month == "2020-09"])
    close_september(world)
    pay(world)
    look_around(world)
    story["september"] = world.look()
    world.shop([movement for movement in movements if movement.month == "2020-10"])
    story |= close_october(world)
    world.shop([movement for movement in movements if movement.month == "2020-11"])
    return story | close_november(world) | close_december(world)


def close_september(world: World) -> None:
    """Close the first month with both services."""
    world.set_clock("2020-10-01T00:10")
    assert world.try_command("hanamaru", "close", "--period", "2020-09") == "sealed"
    world.set_clock("2020-10-05T09:00")
    run_statement(world, "2020-09")
    assert world.try_command("sakura", "close", "--period", "2020-09") == "sealed"
    world.run_jobs()
    for service in ("hanamaru", "sakura"):
        assert world.try_command(service, "answer-audit", "--period", "2020-09") == "accepted"


def pay(world: World) -> None:
    """Approve both claims by two people and make the transfer."""
    aoi, midori = world.hire("aoi", "kumo-to-sora-2020"), world.hire("midori", "mori-to-kawa-2020")
    for service in ("hanamaru", "sakura"):
        assert [clerk.approve(service, 1).status for clerk in (aoi, midori)] == [200, 200]
    assert midori.make_transfer()
    world.run_jobs()


def look_around(world: World) -> None:
    """Let everybody see what is held about them, and anybody what is published; check the journal and a receipt."""
    for person in world.people.values():
        person.sign(person.fill_in("/status/"))
    anybody = world.people["nao"]
    for page in ("/", "/services/", "/privacy/", "/journal/checkpoint", f"/closings/{PROGRAMME}/sakura/2020-09"):
        assert anybody.look(page).status == 200
    receipt = world.town.folder / "ren.receipt.json"
    words = ["--account", world.accounts["ren"], "--period", "2020-09", "--out", str(receipt)]
    world.town.services["hanamaru"].ask("receipt", *words)
    world.town.command("receipt", "verify", str(receipt))
    world.town.command("journal", "verify")


def close_october(world: World) -> dict[str, Evidence]:
    """Close October with mutants who are refused, then honestly."""
    world.set_clock("2020-11-05T09:00")
    run_statement(world, "2020-10")
    world.look()
    story = {
        "date_closing": world.look(world.try_command("hanamaru", *CLOSE_OCTOBER, mutant="date_closing")),
        "leave_out_zeros": world.look(world.try_command("sakura", *CLOSE_OCTOBER, mutant="leave_out_zeros")),
    }
    assert world.try_command("hanamaru", *CLOSE_OCTOBER) == "sealed"
    world.run_jobs()
    world.look()
    answer = ("answer-audit", "--period", "2020-10")
    story["date_openings"] = world.look(world.try_command("hanamaru", *answer, mutant="date_openings"))
    story[CONTROL] = world.look(world.try_command("hanamaru", *answer))
    return story


def close_november(world: World) -> dict[str, Evidence]:
    """Close November with mutants whose messages are accepted."""
    world.set_clock("2020-12-05T09:00")
    run_statement(world, "2020-11")
    close, answer = ("close", "--period", "2020-11"), ("answer-audit", "--period", "2020-11")
    assert world.try_command("hanamaru", *close) == "sealed"
    world.look()
    story = {"count_purchases": world.look(world.try_command("sakura", *close, mutant="count_purchases"))}
    world.run_jobs()
    world.look()
    story["order_by_purchase"] = world.look(world.try_command("hanamaru", *answer, mutant="order_by_purchase"))
    return story


def close_december(world: World) -> dict[str, Evidence]:
    """Close December with a mutant who leaves a trace in the state's own books: therefore at the end."""
    world.set_clock("2021-01-05T09:00")
    world.look()
    words = ("close", "--period", "2020-12")
    return {"salt_with_purchases": world.look(world.try_command("hanamaru", *words, mutant="salt_with_purchases"))}


def run_statement(world: World, month: str) -> None:
    """Have the card service grant a month's points."""
    world.town.services["sakura"].ask("statement", "run", "--month", month)


CLOSE_OCTOBER: Final = ("close", "--period", "2020-10")
