"""A NATS client of a few lines: what the gateway says to others must make sense to others."""

import json
import os
import re
import socket
from typing import NamedTuple

from .paths import PATIENCE


class Message(NamedTuple):
    subject: str
    payload: bytes
    headers: bytes = b""
    reply: str | None = None


class NATSClient:
    """One connection to a server; `sync` makes sure that what was sent before has been taken."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.file = self.socket.makefile("rb")
        assert self.file.readline().startswith(b"INFO ")
        options = {"verbose": False, "headers": True, "name": "foreign"}
        if server.user:
            options |= {"user": server.user, "pass": server.password}
        self.waiting: list[Message] = []
        self.send(f"CONNECT {json.dumps(options)}\r\n".encode())
        self.sync()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def subscribe(self, pattern: str) -> None:
        self.send(f"SUB {pattern} 1\r\n".encode())
        self.sync()

    def request(self, subject: str, payload: bytes = b"") -> Message:
        """Publishes with an inbox and returns the answer; other messages must not come meanwhile."""
        inbox = f"_INBOX.{os.urandom(8).hex()}"
        self.send(f"SUB {inbox} 2\r\nPUB {subject} {inbox} {len(payload)}\r\n".encode() + payload + b"\r\n")
        answer = self.message()
        self.send(b"UNSUB 2\r\n")
        return answer

    def jetstream(self, verb: str, **body) -> dict:
        """A call of the JetStream API: `STREAM.INFO.NAME`."""
        answer = json.loads(self.request(f"$JS.API.{verb}", json.dumps(body).encode() if body else b"").payload)
        assert "error" not in answer, answer
        return answer

    def publish(self, subject: str, payload: bytes) -> None:
        self.send(f"PUB {subject} {len(payload)}\r\n".encode() + payload + b"\r\n")

    def sync(self) -> None:
        self.send(b"PING\r\n")
        while not self._line():
            pass

    def message(self) -> Message:
        while not self.waiting:
            self._line()
        return self.waiting.pop(0)

    def _line(self) -> bool:
        """Reads one operation; true if it was a PONG."""
        line = self.file.readline()
        if match := re.fullmatch(rb"(H?)MSG (\S+) [12] (?:([^\s\d]\S*) )?(?:(\d+) )?(\d+)\r\n", line):
            has_headers, subject, reply, first, total = match.groups()
            data = self.file.read(int(total) + 2)[:-2]
            head = int(first) if has_headers else 0
            self.waiting.append(Message(subject.decode(), data[head:], data[:head], reply.decode() if reply else None))
        elif line == b"PING\r\n":
            self.send(b"PONG\r\n")
        elif not line:
            raise EOFError("the NATS server closed the connection")
        elif line != b"PONG\r\n" and not line.startswith(b"INFO "):
            raise AssertionError(f"not expected of a NATS server: {line!r}")
        return line == b"PONG\r\n"
