"""permessage-deflate (RFC 7692) between the gateway and clients that others wrote."""

import asyncio
import os
import zlib

import aiohttp
import pytest
import websockets
from websockets.exceptions import ConnectionClosedError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from harness.frames import HANDSHAKE
from harness.gateway import Gateway

CONFIG = """
channels:
  - { path: "/plain/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
  - { path: "/deflate/{topic}", handler: nats.bridge, with: { subject: "{topic}" }, compression: true }
  - path: "/takeover/{topic}"
    handler: nats.bridge
    with: { subject: "{topic}" }
    compression: { takeover: true, threshold: 0 }
  - { path: /small, handler: echo.channel, compression: true, limits: { message: 64KB } }
"""
TEXT = "a line that comes again and again; " * 40
MESSAGES = [TEXT, "short", "", TEXT[::-1], "é" * 500, bytes(range(256)) * 8, b"", TEXT]


def offer(**parameters):
    return [ClientPerMessageDeflateFactory(**parameters)]


async def exchange(gateway, paths, offers):
    """A client for each path, all on one topic; what each heard of what the first sent."""
    clients = []
    for path, extensions in zip(paths, offers):
        clients.append(await websockets.connect(gateway.ws(path), compression=None, extensions=extensions))
    for message in MESSAGES:
        await clients[0].send(message)
    heard = [[await asyncio.wait_for(client.recv(), 20) for _ in MESSAGES] for client in clients]
    agreed = [[extension.name for extension in client.protocol.extensions] for client in clients]
    for client in clients:
        await client.close()
    return heard, agreed


@pytest.mark.parametrize("parameters", [
    {}, {"server_no_context_takeover": True}, {"client_no_context_takeover": True}, {"server_max_window_bits": 9},
    {"server_max_window_bits": 12, "client_max_window_bits": 9}, {"client_max_window_bits": True},
])
@pytest.mark.parametrize("path", ["/deflate/t", "/takeover/t"])
def test_everybody_hears_the_same(gateway, path, parameters):
    paths = [path, path, "/plain/t", "/deflate/t", "/takeover/t"]
    offers = [offer(**parameters), offer(**parameters), offer(), offer(server_max_window_bits=9), offer()]
    heard, agreed = asyncio.run(exchange(gateway, paths, offers))
    for messages in heard:
        assert messages == MESSAGES
    deflate = ["permessage-deflate"]
    assert agreed == [deflate, deflate, [], deflate, deflate]


def handshake(gateway, path, extensions):
    fields = [("Sec-WebSocket-Extensions", extensions)] if extensions else []
    with gateway.connect() as client:
        client.send(client.head("GET", path, [*HANDSHAKE, *fields]))
        return client.answer_head()


@pytest.mark.parametrize("path, extensions", [
    ("/deflate/n", None), ("/plain/n", "permessage-deflate"), ("/deflate/n", "x-other"),
    ("/deflate/n", "permessage-deflate; unknown"), ("/plain/n", "permessage-deflate; =1"),
])
def test_nothing_is_agreed_unless_both_want_it(gateway, path, extensions):
    answer = handshake(gateway, path, extensions)
    assert answer.status == 101
    assert answer.header("Sec-WebSocket-Extensions") is None


@pytest.mark.parametrize("field", ["permessage-deflate; =1", "permessage-deflate;", ", ,", "a b"])
def test_a_field_that_is_none_is_refused(gateway, field):
    assert handshake(gateway, "/deflate/n", field).status == 400


def test_a_bomb_is_stopped_at_the_limit_of_a_message(gateway):
    """80 MB of zeros in 80 KB: the socket is closed with 1009, and the gateway has not grown by as much."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflater.compress(bytes(80 << 20)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    before = gateway.resident

    async def throw():
        async with websockets.connect(gateway.ws("/small"), max_size=None) as client:
            frame = bytes([0xC2, 0xFF]) + len(bomb[:-4]).to_bytes(8, "big") + bytes(4) + bomb[:-4]
            client.transport.write(frame)
            with pytest.raises(ConnectionClosedError):
                await asyncio.wait_for(client.recv(), 20)
            return client.close_code

    assert asyncio.run(throw()) == 1009
    assert gateway.resident - before < 8 << 20


def test_aiohttp(gateway):
    async def talk():
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(f"{gateway.url}/takeover/a", compress=15) as client:
                for _ in range(3):
                    await client.send_str(TEXT)
                heard = [(await client.receive(20)).data for _ in range(3)]
                return client.compress, heard

    compress, heard = asyncio.run(talk())
    assert compress and heard == [TEXT] * 3


def test_many_sockets_with_takeover_leave_nothing_behind(gateway):
    async def visit():
        for _ in range(10):
            clients = [await websockets.connect(gateway.ws("/takeover/v")) for _ in range(20)]
            await clients[0].send(os.urandom(300))
            for client in clients:
                await asyncio.wait_for(client.recv(), 20)
            for client in clients:
                await client.close()

    asyncio.run(visit())
    before = gateway.resident
    for _ in range(3):
        asyncio.run(visit())
    assert gateway.resident - before < 4 << 20
