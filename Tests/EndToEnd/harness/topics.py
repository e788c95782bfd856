"""A gateway that does nothing but bridge, on either bus, and the sockets on it."""

from contextlib import ExitStack, contextmanager

from websockets.sync.client import ClientConnection, connect

from .gateway import Gateway
from .nats import NATSServer
from .paths import PATIENCE

ROUTES = """
routes:
  - { path: /api/add/sum, methods: [POST], handler: add.sum, with: { publish: add } }
  - { path: /api/add/concat, methods: [POST], handler: add.concat, with: { publish: add } }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
  - { path: "/tree/{rest...}", handler: nats.bridge, with: { subject: "tree.{rest}" } }
  - { path: /echo, handler: echo.channel }
"""


def bridge(server: NATSServer | None = None, more: str = "", **options) -> Gateway:
    """The routes above; on `server` if there is one, else on the embedded bus."""
    bus = f'bus: {{ url: "{server.url}" }}\n' if server else 'bus: { url: "embedded:" }\n'
    return Gateway(bus + ROUTES + more, **options)


@contextmanager
def sockets(gateway: Gateway, *paths: str, **options):
    """Open sockets, one for each path, closed at the end. What they do not read piles up here, not in the gateway."""
    options = {"open_timeout": PATIENCE, "compression": None, "proxy": None, "max_queue": None} | options
    with ExitStack() as stack:
        yield [stack.enter_context(connect(gateway.ws(path), **options)) for path in paths]


def hears(socket: ClientConnection, *expected: str | bytes) -> None:
    """The next messages are these, types included."""
    got = [socket.recv(PATIENCE) for _ in expected]
    assert got == list(expected)


def is_silent(socket: ClientConnection, marker: str = "nothing before this") -> bool:
    """Says `marker` on the socket's own topic; true if that is the next thing it hears."""
    socket.send(marker)
    return socket.recv(PATIENCE) == marker
