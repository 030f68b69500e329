"""The virtual readers, which have no password, are nobody's but the tests'."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from demo.card_stack import CardStack
from demo.reader_door import reach_through
from jpki.virtual.vpcd import NoVirtualReader

_LISTENS = "0A"


def find_listening(tables: Path) -> dict[int, int]:
    """Return whose sockets (by inode) listen in a network, and at which ports."""
    found = {}
    for table in ("tcp", "tcp6"):
        for line in (tables / table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTENS:
                found[int(words[9])] = int(words[1].rpartition(":")[2], 16)
    return found


def find_sockets(process: int) -> set[int]:
    targets = [os.readlink(entry) for entry in Path(f"/proc/{process}/fd").iterdir()]
    return {int(target[8:-1]) for target in targets if target.startswith("socket:[")}


class TestNetwork:
    def test_has_every_reader_s_port_inside_and_none_outside(self, stack: CardStack) -> None:
        theirs, inside = find_sockets(stack.process), find_listening(Path(f"/proc/{stack.process}/net"))
        assert {port for inode, port in inside.items() if inode in theirs} == {r.port for r in stack.readers}
        assert not theirs & find_listening(Path("/proc/self/net")).keys()

    def test_reaches_nothing_but_itself(self, stack: CardStack) -> None:
        asked = subprocess.run(stack.inside("ip", "-o", "link"), capture_output=True, text=True, check=True)
        assert [line.split(": ")[1] for line in asked.stdout.splitlines()] == ["lo"]

    def test_is_where_a_connection_of_the_door_is(self, stack: CardStack) -> None:
        with stack.readers[-1].reach() as card:
            inside = (Path(f"/proc/{stack.process}/net") / "tcp").read_text()
            assert f" {os.fstat(card.fileno()).st_ino} " in inside
            assert card.getpeername() == ("127.0.0.1", stack.readers[-1].port)


class TestDoor:
    def test_says_that_there_is_no_reader(self, stack: CardStack) -> None:
        with pytest.raises(NoVirtualReader), reach_through(stack.readers[0].door, port=1):
            pytest.fail("nothing listens there")

    def test_says_that_it_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NoVirtualReader), reach_through(tmp_path / "door", port=1):
            pytest.fail("there is no door")

    @pytest.mark.parametrize("words", [b"", b"\1"], ids=["nothing", "half a port"])
    def test_outlives_who_says(self, stack: CardStack, words: bytes) -> None:
        reader = stack.readers[-1]
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(reader.door))
            asker.sendall(words)
        with reader.reach() as card:
            assert card.fileno() >= 0
