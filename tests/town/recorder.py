"""A recorder in front of servers: everything passes through unchanged, and every byte is kept in its order."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from socket import socket
from threading import Thread
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
    """Takes what comes to sockets and passes everything on to the servers behind."""

    pieces: list[tuple[str, str, bytes]] = field(default_factory=list)
    lines: set[asyncio.StreamWriter] = field(default_factory=set)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @contextmanager
    def between(cls, links: Mapping[str, tuple[socket, int]]) -> Iterator[Self]:
        """Record links by their names: each from a socket, which stays as it is, to a server's port."""
        recorder, loop = cls(), asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever)
        thread.start()
        try:
            servers = asyncio.run_coroutine_threadsafe(recorder._listen_to_all(links), loop).result()
            try:
                yield recorder
            finally:
                asyncio.run_coroutine_threadsafe(recorder._end(servers), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def take(self) -> tuple[Message, ...]:
        """Return what was said since the last time; how TCP cut it into pieces is nobody's saying."""
        taken, self.pieces = self.pieces, []
        speeches = groupby(taken, key=lambda piece: piece[:2])
        return tuple(
            Message(link, sender, b"".join(content for _, _, content in said)) for (link, sender), said in speeches
        )

    async def _listen_to_all(self, links: Mapping[str, tuple[socket, int]]) -> list[asyncio.Server]:
        return [await self._listen(name, front, behind) for name, (front, behind) in links.items()]

    async def _end(self, servers: Sequence[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        for line in self.lines:
            line.transport.abort()
        await asyncio.gather(*self.conversations)

    async def _listen(self, link: str, front: socket, behind: int) -> asyncio.Server:
        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self.conversations.add(task)
            await self._pass_on(link, behind, reader, writer)
            self.conversations.discard(task)

        return await asyncio.start_server(pass_on, sock=front.dup())

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
