"""Whoever comes and goes leaves nothing behind."""

import resource

import pytest

from harness.frames import CLOSE, TEXT, FrameClient, close, frame
from harness.nats import NATSServer
from harness.topics import bridge
from harness.waiting import eventually

ROUND = 750
"""Sockets; four rounds are 3,000."""
GROWTH = 3 << 20
"""What the process may keep between the second round and the fourth: 2 KB a socket would be 3 MB."""


@pytest.fixture(scope="module")
def server():
    with NATSServer() as server:
        yield server


@pytest.fixture(params=["embedded", "nats"])
def gateway(request, server):
    with bridge(server if request.param == "nats" else None) as gateway:
        yield gateway


def clean(client: FrameClient) -> None:
    client.send(close(1000))
    while client.frame().opcode != CLOSE:
        pass
    client.close()


def reset(client: FrameClient) -> None:
    client.reset()


def half_open(client: FrameClient) -> None:
    """Ends its direction without a Close and waits for the gateway to end the other."""
    client.end()
    client.rest()
    client.close()


def abandoned(client: FrameClient) -> None:
    """In the middle of a message."""
    client.send(frame(TEXT, b"x" * 1000)[:500])
    client.close()


@pytest.mark.parametrize("leave", [clean, reset, half_open, abandoned])
def test_sockets_that_come_and_go(gateway, server, leave):
    def turn():
        for number in range(ROUND // 10):
            clients = [FrameClient.open(gateway, f"/ws/leak.{number}.{index % 3}") for index in range(10)]
            for client in clients:
                client.send(frame(TEXT, b"hello"))
            for client in clients:
                leave(client)
        eventually(lambda: gateway.descriptors <= before, f"{before} descriptors")
        server.wait_for_subscriptions([])
        return gateway.resident

    before = gateway.descriptors
    sizes = [turn() for _ in range(4)]
    assert sizes[3] - sizes[1] < GROWTH, sizes


def test_connections_that_never_become_sockets(gateway, server):
    def turn():
        for number in range(ROUND):
            with gateway.connect() as client:
                heads = [b"", b"GET /ws/a HT", client.head("GET", "/ws/%3E"), client.head("GET", "/ws/a")]
                client.send(heads[number % 4])
                if number % 2:
                    client.reset()
        eventually(lambda: gateway.descriptors <= before, f"{before} descriptors")
        return gateway.resident

    before = gateway.descriptors
    sizes = [turn() for _ in range(4)]
    assert sizes[3] - sizes[1] < GROWTH, sizes
    server.wait_for_subscriptions([])


def test_a_thousand_idle_sockets(gateway, server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    before = gateway.descriptors

    def turn():
        clients = [FrameClient.open(gateway, f"/ws/idle.{index % 7}") for index in range(1000)]
        assert gateway.descriptors >= 1000
        clients[0].send(frame(TEXT, b"to every seventh"))
        for client in clients[::7]:
            assert client.frame().payload == b"to every seventh"
        most = gateway.resident
        for client in clients:
            client.close()
        eventually(lambda: gateway.descriptors <= before, f"{before} descriptors")
        server.wait_for_subscriptions([])
        return most

    sizes = [turn() for _ in range(3)]
    assert sizes[2] - sizes[1] < GROWTH, sizes
