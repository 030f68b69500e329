"""The card is pulled at every single frame of the exchange: nothing is lost, and it can be done again."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from queue import SimpleQueue

import pytest
from card_program_site import run_site
from reader_cards import Puller, Recorder, at, lying_in
from stack_times import AT

from cardagent.link import ActLink
from cardagent.places import ReaderPlace
from cardagent.sentences import ExitCode, find_sentence
from cardagent.signing import look_at_card, open_act, sign_at
from cardagent.site import Answer, hand_in_signature, open_http_client
from demo.card_stack import CardStack, Reader
from iccard.unreachable import CardRemoved
from jpki.pin import Pin
from jpki.virtual.authority import Authority
from jpki.virtual.contents import describe_card


def go_all_the_way(link: str, reader: Reader) -> Answer:
    """Do what the program does, without its screen."""
    place, act_link = ReaderPlace(reader.name), ActLink.parse(link)
    with open_http_client(act_link) as http_client:
        act = open_act(act_link, http_client=http_client, at=AT)
        seen = look_at_card(place, at=AT)
        assert seen.pin_tries_left == 3
        signed = sign_at(place, act, seen=seen, pin=Pin("1234"), at=AT)
        return hand_in_signature(act_link, signed, http_client=http_client)


def count_frames(reader: Reader, card: Path) -> int:
    recorder = Recorder(card)
    with run_site() as site, lying_in(reader, recorder.power_up):
        recorder.frames.clear()  # some may be the service's own
        go_all_the_way(site.link, reader)
    return len(recorder.frames)


class TestPulledCard:
    def test_loses_no_try_and_no_act_at_any_frame(self, stack: CardStack, stack_authority: Authority) -> None:
        cards = [
            stack_authority.issue(f"pulled-{n}", birth_date=date(1985, 4, 3), at=AT) for n in range(len(stack.readers))
        ]
        frames = count_frames(stack.readers[0], cards[0])
        assert frames > 20
        free: SimpleQueue[tuple[Reader, Path]] = SimpleQueue()
        for pair in zip(stack.readers, cards, strict=True):
            free.put(pair)

        def pull_and_try_again(frame: int, is_heard: bool) -> None:
            reader, card = free.get()
            try:
                check_pull(reader, Puller(card, frame=frame, is_heard=is_heard))
            finally:
                free.put((reader, card))

        with ThreadPoolExecutor(len(stack.readers)) as pool:
            pulls = [pool.submit(pull_and_try_again, n, heard) for n in range(1, frames + 1) for heard in (False, True)]
            for pull in pulls:
                pull.result(timeout=120)


def check_pull(reader: Reader, puller: Puller) -> None:
    with run_site() as site:
        with lying_in(reader, puller.power_up) as puller.connection, pytest.raises(CardRemoved) as removed:
            go_all_the_way(site.link, reader)
        assert puller.count == puller.frame
        time.sleep(0.5)  # pcscd looks every 0.4 s: a card exchanged faster than that, it takes for the one before
        assert find_sentence(removed.value).code is ExitCode.CARD_REMOVED
        assert not site.handed_in
        assert describe_card(puller.path).pin_tries_left == 3
        with lying_in(reader, at(puller.path)):
            assert go_all_the_way(site.link, reader).receipt == "R-0001"
        assert len(site.handed_in) == 1
