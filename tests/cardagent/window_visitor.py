"""What a person does in the card program's pages with a real browser."""

from card_program_site import Site
from playwright.sync_api import Page
from window_program import Program


def go_to_program(page: Page, program: Program, site: Site, *, label: str = "署名する") -> None:
    """Go from a page of the site to the program by a plain link, as a person does."""
    link = f'<!doctype html><title>act</title><a href="{program.origin}/sign?link={site.link}">{label}</a>'
    act = (200, "text/html; charset=utf-8", link.encode())
    statement = (200, "application/octet-stream", site.statement())
    site.get = lambda one: statement if one.paths[-1].endswith("/statement") else act
    page.goto(site.link)
    page.get_by_role("link", name=label).click()


def hold_still(page: Page) -> None:
    """Have the program's pages at a counter wait for no end: while they do, Playwright can look at nothing in them."""
    page.route("**/visits/*/end", lambda route: route.fulfill(status=204))


def let_go(page: Page) -> None:
    """Have the page wait for its end again."""
    page.unroute("**/visits/*/end")
    page.reload()


def type_pin(page: Page, pin: str) -> None:
    page.get_by_label("利用者証明用の暗証番号").press_sequentially(pin)
    page.keyboard.press("Enter")
