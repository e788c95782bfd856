"""A client that does not read harms itself only."""

import contextlib
import threading

import pytest
from websockets.exceptions import ConnectionClosed

from harness.frames import BINARY, CLOSE, PING, Frame, FrameClient, frame
from harness.nats import NATSServer
from harness.topics import bridge, sockets
from harness.waiting import eventually

MESSAGE = 32 << 10
COUNT = 1024
"""32 MB: more than the kernel's buffers and the gateway's share for one socket together."""
BOUND = 24 << 20
"""What the gateway may grow by: its share for one socket is 4 MB."""


@pytest.fixture(params=["embedded", "nats"])
def gateway(request):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(NATSServer()) if request.param == "nats" else None
        yield stack.enter_context(bridge(server))


class Listener:
    """Counts on a thread what a socket hears; numbers must come without a gap."""

    def __init__(self, socket):
        self.socket, self.heard, self.failure = socket, 0, None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while True:
                message = self.socket.recv()
                assert int(message[:8]) == self.heard, f"{message[:8]!r} where {self.heard} is due"
                self.heard += 1
        except ConnectionClosed:
            pass
        except Exception as error:
            self.failure = error

    def has_heard(self, count: int) -> None:
        eventually(lambda: self.failure or self.heard >= count, f"message {count} is heard", pause=0.001)
        assert self.failure is None, self.failure


def say(socket, numbers: range, size: int, hearer: Listener) -> None:
    """Numbered messages, never so far ahead of `hearer` that it would be slow itself."""
    for number in numbers:
        if number % 32 == 0:
            hearer.has_heard(number - 32)
        socket.send(b"%08d" % number + b"x" * (size - 8))


def ending(client: FrameClient, first: int) -> tuple[int, Frame | None]:
    """Reads messages without a gap from `first` on; returns the number due next, and the Close if one came."""
    heard = first
    try:
        while (got := client.frame()).opcode != CLOSE:
            assert got.opcode == BINARY and int(got.payload[:8]) == heard
            heard += 1
    except (EOFError, ConnectionError):
        return heard, None
    return heard, got


def test_a_client_that_never_reads(gateway):
    """It is closed with 1013, having heard no gap; all others hear all; memory stays within bounds."""
    with sockets(gateway, "/ws/busy", "/ws/busy", "/ws/other", "/ws/other") as everyone:
        speaker, _, other_speaker, _ = everyone
        own, hearer, _, other_hearer = map(Listener, everyone)
        say(speaker, range(32), MESSAGE, hearer)
        hearer.has_heard(32)
        before = most = gateway.resident
        stalled = FrameClient.open(gateway, "/ws/busy", receive_buffer=4096)
        for start in range(32, COUNT, 32):
            say(speaker, range(start, start + 32), MESSAGE, hearer)
            say(other_speaker, range(start - 32, start), 100, other_hearer)
            most = max(most, gateway.resident)
        gateway.stderr.wait_for("slow consumer closed")
        for listener, count in [(own, COUNT), (hearer, COUNT), (other_hearer, COUNT - 32)]:
            listener.has_heard(count)
        assert most - before < BOUND, f"grew by {(most - before) >> 20} MB"
        with stalled:
            heard, last = ending(stalled, first=32)
            assert heard < COUNT // 2
            assert last is None or last.code == 1013


def test_a_slow_client_need_not_be_told_at_once(gateway):
    """One that wakes up in time has lost nothing."""
    with sockets(gateway, "/ws/nap", "/ws/nap") as everyone:
        _, hearer = map(Listener, everyone)
        with FrameClient.open(gateway, "/ws/nap", receive_buffer=4096) as sleeper:
            say(everyone[0], range(64), MESSAGE, hearer)
            hearer.has_heard(64)
            for number in range(64):
                assert int(sleeper.frame().payload[:8]) == number


def test_stalled_clients_that_reset(gateway):
    """Neither disturbs the others, and nothing of them stays behind."""
    with sockets(gateway, "/ws/reset", "/ws/reset") as everyone:
        own, hearer = map(Listener, everyone)
        before = gateway.descriptors
        for turn in range(8):
            stalled = [FrameClient.open(gateway, "/ws/reset", receive_buffer=4096) for _ in range(4)]
            say(everyone[0], range(turn * 64, turn * 64 + 64), MESSAGE, hearer)
            for client in stalled:
                client.reset()
        for listener in (own, hearer):
            listener.has_heard(8 * 64)
        eventually(lambda: gateway.descriptors <= before, "their descriptors are back")


def test_an_echo_that_is_never_read(gateway):
    """What a client does not read of its own echo must not fill the gateway: reading from it ends, or it is closed."""
    before = gateway.resident
    with FrameClient.open(gateway, "/echo", receive_buffer=4096) as client:
        client.socket.settimeout(3)
        message = frame(BINARY, b"x" * MESSAGE)
        with contextlib.suppress(TimeoutError, ConnectionError):
            for _ in range(8 * COUNT):
                client.send(message)
        assert gateway.resident - before < BOUND, f"grew by {(gateway.resident - before) >> 20} MB"


def test_pings_whose_pongs_are_never_read(gateway):
    before = gateway.resident
    with FrameClient.open(gateway, "/echo", receive_buffer=4096) as client:
        client.socket.settimeout(3)
        pings = frame(PING, b"y" * 125) * 1000
        with contextlib.suppress(TimeoutError, ConnectionError):
            for _ in range(1000):
                client.send(pings)
        assert gateway.resident - before < BOUND, f"grew by {(gateway.resident - before) >> 20} MB"
