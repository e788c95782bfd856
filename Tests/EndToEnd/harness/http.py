"""HTTP/1.1 over a raw socket: nothing is repaired, hidden or retried."""

import json
import socket
import struct
from dataclasses import dataclass, field

from .paths import PATIENCE


@dataclass
class Answer:
    """A response as it came."""

    status: int
    version: str
    reason: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The only field of that name; None if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def closes(self) -> bool:
        return (self.header("Connection") or "").lower() == "close"


def echoed(answer: Answer) -> dict:
    """What `echo.http` says of the request."""
    assert answer.status == 200, answer
    return answer.json


class Client:
    """One connection. Every wait ends after `patience` seconds with an error."""

    def __init__(self, host: str, port: int, *, patience: float = PATIENCE, receive_buffer: int | None = None):
        self.host, self.port = host, port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(patience)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    # Sending

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte a segment."""
        for index in range(len(data)):
            self.socket.sendall(data[index:index + 1])

    def end(self) -> None:
        """Ends our direction; the other stays open."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Closes with a RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def head(self, method: str, target: str, headers=()) -> bytes:
        """A request head with Host, unless `headers` has it."""
        lines = [f"{method} {target} HTTP/1.1"]
        if not any(name.lower() == "host" for name, _ in headers):
            host = f"[{self.host}]" if ":" in self.host else self.host
            lines.append(f"Host: {host}:{self.port}")
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def request(self, method: str, target: str, body: bytes | None = None, headers=()) -> Answer:
        headers = list(headers)
        if body is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        self.send(self.head(method, target, headers) + (body or b""))
        return self.answer(method)

    # Receiving

    def more(self) -> bool:
        """Receives what there is; False at the end."""
        data = self.socket.recv(1 << 16)
        self.buffer += data
        return bool(data)

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        parts, have = [self.buffer[:count]], min(count, len(self.buffer))
        self.buffer = self.buffer[count:]
        while have < count:
            data = self.socket.recv(min(1 << 20, count - have))
            if not data:
                raise EOFError(f"closed after {have} of {count} bytes")
            parts.append(data)
            have += len(data)
        return b"".join(parts)

    def line(self) -> bytes:
        """Up to CR LF, without it."""
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise EOFError(f"closed in a line: {self.buffer!r}")
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        assert b"\n" not in line and b"\r" not in line, f"a bare line break in {line!r}"
        return line

    def fields(self) -> list[tuple[str, str]]:
        fields = []
        while line := self.line():
            name, colon, value = line.decode("latin-1").partition(":")
            assert colon and name and name == name.strip(), f"not a field: {line!r}"
            fields.append((name, value.strip()))
        return fields

    def answer_head(self) -> Answer:
        version, status, reason = self.line().decode("latin-1").split(" ", 2)
        assert len(status) == 3, status
        return Answer(int(status), version, reason, self.fields())

    def answer(self, method: str = "GET") -> Answer:
        """A whole response to a request of `method`; body by its framing, checked strictly."""
        answer = self.answer_head()
        length, coding = answer.header("Content-Length"), answer.header("Transfer-Encoding")
        assert length is None or coding is None, "both Content-Length and Transfer-Encoding"
        if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
            return answer
        if coding is not None:
            assert coding == "chunked", coding
            self._chunks(answer)
        elif length is not None:
            answer.body = self.take(int(length))
        else:
            answer.body = self.rest()
        return answer

    def _chunks(self, answer: Answer) -> None:
        parts = []
        while size := int(self.line(), 16):
            parts.append(self.take(size))
            assert self.line() == b"", "a chunk that does not end with its line"
        answer.trailers = self.fields()
        answer.body = b"".join(parts)

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while self.more():
            pass
        rest, self.buffer = self.buffer, b""
        return rest

    def is_closed(self) -> bool:
        """Waits for the other side's end, which must come before any byte. A reset counts."""
        try:
            return self.buffer == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
