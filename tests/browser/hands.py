"""What somebody uses a page with: a mouse, or the keyboard alone."""

from typing import Final, Protocol

import pytest
from playwright.sync_api import Page

_MOST_STEPS: Final = 100
"""presses of a key from one thing on a page to the next; who needs more goes in a circle"""
_WHERE: Final = """thing => {
    const [here, there] = [document.activeElement, document.querySelector(thing)];
    const isAnswer = here?.type === "radio" && here.name === there?.name;
    return here === there ? "there" : isAnswer ? "at its question" : "elsewhere";
}"""


class Hand(Protocol):
    """What somebody uses a page with."""

    def press(self, page: Page, button: str) -> None:
        """Press a button and wait for the page that it leads to."""

    def tick(self, page: Page, name: str) -> None:
        """Tick the box or choose the answer of this id."""

    def type_in(self, page: Page, name: str, text: str) -> None:
        """Type into the field of this id, over what stands in it."""


class Mouse:
    """A mouse or a finger, and the keys for letters."""

    def press(self, page: Page, button: str) -> None:
        with page.expect_navigation():
            page.locator(button).first.click()

    def tick(self, page: Page, name: str) -> None:
        page.locator(f'label[for="{name}"]').click()

    def type_in(self, page: Page, name: str, text: str) -> None:
        page.locator(f"#{name}").click(click_count=3)
        page.keyboard.type(text)


class Keyboard:
    """Keys alone: from one thing to the next with Tab, through the answers to a question with the arrows."""

    def press(self, page: Page, button: str) -> None:
        self.reach(page, button)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def tick(self, page: Page, name: str) -> None:
        self.reach(page, f"#{name}")
        page.keyboard.press("Space")

    def type_in(self, page: Page, name: str, text: str) -> None:
        self.reach(page, f"#{name}")
        page.keyboard.type(text)

    def reach(self, page: Page, thing: str) -> None:
        """Go on with Tab until this has the focus; within its question, with the arrow."""
        for _ in range(_MOST_STEPS):
            match page.evaluate(_WHERE, thing):
                case "there":
                    return
                case "at its question":
                    page.keyboard.press("ArrowDown")
                case _:
                    page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {thing} on {page.url}")
