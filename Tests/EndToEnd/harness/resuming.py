"""A client of a channel with history that comes back by itself and says what it has, as the live page does."""

import asyncio
import json

import websockets

from .gateway import Gateway
from .paths import PATIENCE


class Resumer:
    """Collects what a channel sends, over any number of connections, until it is closed."""

    def __init__(self, gateway: Gateway, path: str):
        self.gateway, self.path = gateway, path
        self.last: str | None = None
        self.sequences: list[int] = []
        self.texts: list[str] = []
        self.notices: list[dict] = []
        self.connections = 0
        self._socket = None
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            since = f"?since={self.last}" if self.last else ""
            try:
                async with websockets.connect(
                        self.gateway.ws(self.path + since), compression=None, proxy=None, open_timeout=PATIENCE,
                        max_queue=None, ping_interval=None) as self._socket:
                    self.connections += 1
                    async for text in self._socket:
                        self._take(json.loads(text))
            except (OSError, websockets.WebSocketException, TimeoutError):
                pass
            await asyncio.sleep(0.05)

    def _take(self, event: dict) -> None:
        if event["type"] != "message":
            self.notices.append(event)
            self.last = event.get("id") or event.get("after") or self.last
            return
        self.last = event["id"]
        self.sequences.append(event["sequence"])
        self.texts.append(event["data"])

    def reset(self) -> None:
        """Ends the connection without a word; it comes back."""
        if self._socket:
            self._socket.transport.abort()

    def heard_of(self, kind: str) -> list[dict]:
        return [notice for notice in self.notices if notice["type"] == kind]

    async def wait(self, condition, what: str, patience: float = PATIENCE) -> None:
        """Until `condition(self)` holds."""
        deadline = asyncio.get_running_loop().time() + patience
        while not condition(self):
            assert asyncio.get_running_loop().time() < deadline, (
                f"never so: {what}; {len(self.texts)} messages, last {self.texts[-3:]}, notices {self.notices[-5:]}")
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def publish(gateway: Gateway, path: str, first: int, count: int, pause: float = 0) -> None:
    """Has texts stored, `first` and on, each asked for until a stream has it, and stored once by its name."""
    def ask(number: int) -> bool:
        try:
            answer = gateway.request(
                "POST", path, str(number).encode(),
                [("Content-Type", "text/plain"), ("Idempotency-Key", f"{path} {number}")])
        except (OSError, AssertionError):
            return False
        return answer.status == 200

    for number in range(first, first + count):
        while not await asyncio.to_thread(ask, number):
            await asyncio.sleep(0.05)
        if pause:
            await asyncio.sleep(pause)
