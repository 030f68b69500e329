"""A recorder in front of servers: everything passes through unchanged, and every byte is kept in its order."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Self

PIECE: Final = 65536
HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Message:
    """Everything that one side said on a link before the other side said something."""

    link: str
    sender: str
    content: bytes


@dataclass
class Recorder:
    """Listens on ports of its own and passes everything on to the servers behind."""

    pieces: list[tuple[str, str, bytes]] = field(default_factory=list)
    lines: set[asyncio.StreamWriter] = field(default_factory=set)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @contextmanager
    def between(cls, links: Mapping[str, tuple[int, int]]) -> Iterator[Self]:
        """Record links by their names: each from a port of ours to a server's."""
        recorder, loop = cls(), asyncio.new_event_loop()
        listening, over = threading.Event(), asyncio.Event()
        work = recorder._serve(links, listening=listening, over=over)
        thread = threading.Thread(target=loop.run_until_complete, args=[work])
        thread.start()
        listening.wait()
        try:
            yield recorder
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()
            loop.close()

    def take(self) -> tuple[Message, ...]:
        """Return what was said since the last time; how TCP cut it into pieces is nobody's saying."""
        taken, self.pieces = self.pieces, []
        speeches = groupby(taken, key=lambda piece: piece[:2])
        return tuple(
            Message(link, sender, b"".join(content for _, _, content in said)) for (link, sender), said in speeches
        )

    async def _serve(
        self, links: Mapping[str, tuple[int, int]], *, listening: threading.Event, over: asyncio.Event
    ) -> None:
        servers = [await self._listen(name, front, behind) for name, (front, behind) in links.items()]
        listening.set()
        await over.wait()
        for server in servers:
            server.close()
        for line in self.lines:
            line.transport.abort()
        await asyncio.gather(*self.conversations)

    async def _listen(self, link: str, front: int, behind: int) -> asyncio.Server:
        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self.conversations.add(task)
            await self._pass_on(link, behind, reader, writer)
            self.conversations.discard(task)

        return await asyncio.start_server(pass_on, HOST, front)

    async def _pass_on(
        self, link: str, behind: int, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        server, to_server = await asyncio.open_connection(HOST, behind)
        self.lines |= {to_client, to_server}
        await asyncio.gather(
            self._pump(link, "client", client, to_server), self._pump(link, "server", server, to_client)
        )
        self.lines -= {to_client, to_server}

    async def _pump(self, link: str, sender: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Keep each piece before it goes on: whoever has an answer finds it recorded."""
        with suppress(ConnectionError):
            while piece := await reader.read(PIECE):
                self.pieces.append((link, sender, piece))
                writer.write(piece)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
