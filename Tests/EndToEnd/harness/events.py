"""Server-Sent Events over a raw connection (WHATWG HTML §9.2)."""

import json
from typing import NamedTuple

from .http import Answer, Client


class Event(NamedTuple):
    type: str
    data: str
    id: str | None = None

    @property
    def json(self):
        return json.loads(self.data)


class EventStream(Client):
    """One response that goes on, read strictly: chunks, then lines, then events."""

    @classmethod
    def open(cls, gateway, target: str, headers=(), **options) -> "EventStream":
        client = cls(gateway.host, gateway.port, **options)
        client.send(client.head("GET", target, [("Accept", "text/event-stream"), *headers]))
        client.answer_head_of_stream = answer = client.answer_head()
        assert answer.status == 200, (answer, client.buffer)
        assert answer.header("Content-Type") == "text/event-stream"
        assert answer.header("Cache-Control") == "no-store"
        client.text, client.comments, client.retry, client.has_ended = "", 0, None, False
        return client

    answer_head_of_stream: Answer

    def event(self) -> Event:
        """The next event; EOFError at the end of the stream."""
        while True:
            while "\n\n" not in self.text:
                self.read_chunk()
            block, _, self.text = self.text.partition("\n\n")
            if event := self.parsed(block.split("\n")):
                return event

    def events(self, count: int) -> list[Event]:
        return [self.event() for _ in range(count)]

    def message(self) -> Event:
        """The next event that is no notice."""
        while (event := self.event()).type != "message":
            pass
        return event

    def read_chunk(self) -> None:
        size = int(self.line(), 16)
        if size == 0:
            self.has_ended = True
            raise EOFError("the stream has ended")
        self.text += self.take(size).decode()
        assert self.line() == b""

    def wait_for_comments(self, count: int) -> None:
        """Heartbeats are comments; events must not come meanwhile."""
        while self.comments < count:
            self.read_chunk()
            while "\n\n" in self.text:
                block, _, self.text = self.text.partition("\n\n")
                assert self.parsed(block.split("\n")) is None, block

    def parsed(self, lines: list[str]) -> Event | None:
        kind, data, identity = "message", [], None
        for line in lines:
            if line.startswith(":"):
                self.comments += 1
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "event": kind = value
                case "data": data.append(value)
                case "id": identity = value
                case "retry": self.retry = int(value)
                case "": pass
                case _: raise AssertionError(f"not a field of an event: {line!r}")
        return Event(kind, "\n".join(data), identity) if data else None
