"""A WebSocket client that does as it is told, also what RFC 6455 forbids."""

import base64
import os
import struct
from typing import NamedTuple

from .http import Answer, Client

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""Key and answer of RFC 6455 §1.3."""

HANDSHAKE = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", KEY),
             ("Sec-WebSocket-Version", "13"))


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True

    @property
    def code(self) -> int:
        """Of a Close frame; 1005 if it has none."""
        assert self.opcode == CLOSE, self
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else 1005


def masked(payload: bytes, mask: bytes) -> bytes:
    count = len(payload)
    key = (mask * (count // 4 + 1))[:count]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(count, "big")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, mask: bytes | None = b"\1\2\3\4",
          length: int | None = None, width: int | None = None) -> bytes:
    """A frame's bytes; `length` lies about the payload's, `width` (7, 16 or 64) writes it longer than it need be."""
    length = len(payload) if length is None else length
    width = width or (7 if length < 126 else 16 if length < 1 << 16 else 64)
    masks = 0x80 if mask is not None else 0
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    if width == 7:
        head += bytes([masks | length])
    elif width == 16:
        head += bytes([masks | 126]) + struct.pack("!H", length)
    else:
        head += bytes([masks | 127]) + struct.pack("!Q", length)
    return head + (mask + masked(payload, mask) if mask is not None else payload)


def close(code: int | None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, (struct.pack("!H", code) if code is not None else b"") + reason)


class FrameClient(Client):
    """A raw connection that has been upgraded."""

    @classmethod
    def open(cls, gateway, path: str, headers=HANDSHAKE, *, behind: bytes = b"", **options) -> "FrameClient":
        """`behind`: what goes into the handshake's segment, behind it."""
        client = cls(gateway.host, gateway.port, **options)
        client.send(client.head("GET", path, headers) + behind)
        answer = client.answer_head()
        assert answer.status == 101, (answer, client.buffer)
        return client

    def frame(self) -> Frame:
        """The next frame, checked as RFC 6455 §5 asks of a server's."""
        first, second = self.take(2)
        assert first & 0x70 == 0 and second & 0x80 == 0, (first, second)
        length = second
        if second == 126:
            length, = struct.unpack("!H", self.take(2))
            assert length > 125
        elif second == 127:
            length, = struct.unpack("!Q", self.take(8))
            assert length > 0xFFFF
        return Frame(first & 0xF, self.take(length), bool(first & 0x80))

    def say(self, text: str) -> None:
        self.send(frame(TEXT, text.encode(), mask=os.urandom(4)))

    def closes_with(self, code: int) -> None:
        """A Close with that code, and then the end."""
        got = self.frame()
        assert got.opcode == CLOSE and got.code == code, (got, code)
        self.send(close(code))
        assert self.is_closed()


def handshake(gateway, path: str, headers=HANDSHAKE) -> Answer:
    """What the gateway says to a handshake."""
    with gateway.connect() as client:
        client.send(client.head("GET", path, headers))
        head = client.answer_head()
        if head.status != 101:
            head.body = client.take(int(head.header("Content-Length") or 0))
        return head


def random_key() -> str:
    return base64.b64encode(os.urandom(16)).decode()
