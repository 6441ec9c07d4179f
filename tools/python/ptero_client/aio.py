"""The same for asyncio: `AsyncEvents` and `AsyncControl` are `Events` and `Control` whose waits are awaited.

Each is for one event loop.
"""
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import zmq
import zmq.asyncio

from ._security import Keys, secure
from .control import packed_question, understood
from .events import Event, decoded


class AsyncEvents:
    """Subscribes to the events of one or more services; see Events."""

    def __init__(self, *endpoints: str, topics: Sequence[str] = ("",),
                 context: zmq.asyncio.Context | None = None, **keys: Unpack[Keys]) -> None:
        """endpoints, topics and keys: as Events takes them."""
        self._socket = (context or zmq.asyncio.Context.instance()).socket(zmq.SUB)
        self._socket.linger = 0
        secure(self._socket, **keys)
        for endpoint in endpoints:
            self._socket.connect(endpoint)
        for topic in topics:
            self._socket.subscribe(topic)

    async def next(self, timeout_s: float | None = None) -> Event | None:
        """The next event; None when none came in time. Raises ValueError for what is no event."""
        if not await self._socket.poll(None if timeout_s is None else max(int(timeout_s * 1000), 0)):
            return None
        return decoded(await self._socket.recv_multipart())

    async def wait_for(self, topic: str, condition: Callable[[Event], bool] = lambda event: True,
                       timeout_s: float = 30.0) -> Event:
        """The next event of a topic that fulfils the condition. Raises TimeoutError."""
        try:
            async with asyncio.timeout(timeout_s):
                async for event in self:
                    if event.topic == topic and condition(event):
                        return event
        except TimeoutError:
            pass
        raise TimeoutError(f"no event {topic!r} in {timeout_s} s")

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            if event := await self.next():
                yield event

    def close(self) -> None:
        """Ends the subscription."""
        self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()


class AsyncControl:
    """Asks a service's control socket; see Control, whose actions `ask` takes by their names in proto/control.md."""

    def __init__(self, endpoint: str, by: str = "ptero_client", context: zmq.asyncio.Context | None = None,
                 timeout_s: float = 5.0, **keys: Unpack[Keys]) -> None:
        """As Control."""
        self._by, self._timeout_s = by, timeout_s
        self._socket = (context or zmq.asyncio.Context.instance()).socket(zmq.DEALER)
        self._socket.linger = 0
        secure(self._socket, **keys)
        self._socket.connect(endpoint)

    async def ask(self, action: str, **keys: Any) -> str:
        """What the service answers, a text. Raises ControlRefused, and TimeoutError without an answer."""
        await self._socket.send(packed_question(action, self._by, keys))
        if not await self._socket.poll(int(self._timeout_s * 1000)):
            raise TimeoutError(f"no answer to {action!r} in {self._timeout_s} s; is `control` set for that service?")
        return understood(await self._socket.recv())

    def close(self) -> None:
        """Ends the connection; what was asked and not answered is forgotten."""
        self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()
