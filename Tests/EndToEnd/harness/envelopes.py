"""What clients of `format: envelope` get: a JSON object for each message and notice."""

import base64
import json
from dataclasses import dataclass, field

from .paths import PATIENCE


def payload(envelope: dict) -> str | bytes:
    """A message's payload: text, or bytes if it was sent as base64."""
    assert envelope["type"] == "message", envelope
    assert ("data" in envelope) != ("data64" in envelope), envelope
    return envelope["data"] if "data" in envelope else base64.b64decode(envelope["data64"], validate=True)


@dataclass
class Reader:
    """Reads a WebSocket; notices are kept aside, in their order."""

    socket: object
    notices: list[dict] = field(default_factory=list)

    def next(self, patience: float = PATIENCE) -> dict:
        """The next object, whatever it is."""
        got = self.socket.recv(patience)
        assert isinstance(got, str), got
        envelope = json.loads(got)
        if envelope["type"] != "message":
            self.notices.append(envelope)
        return envelope

    def message(self) -> dict:
        while (envelope := self.next())["type"] != "message":
            pass
        return envelope

    def payloads(self, count: int) -> list[str | bytes]:
        """Of the next so many messages."""
        return [payload(self.message()) for _ in range(count)]

    def live(self) -> "Reader":
        """Reads on to where what comes is new: from there on nothing is missed that is said."""
        self.notice("live")
        return self

    def notice(self, kind: str, patience: float = PATIENCE) -> dict:
        """The next notice of that type; messages must not come before it."""
        while (envelope := self.next(patience))["type"] != kind:
            assert envelope["type"] != "message", envelope
        return envelope
