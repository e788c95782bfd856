"""Bytes that no client would send, from a seeded generator: the gateway answers or closes, and serves on."""

import random
import socket

import pytest


CONFIG = """
timeouts: { header: 1s, body: 1s, idle: 1s }
routes:
  - { path: "/{rest...}", handler: echo.http }
  - { path: /sum, handler: add.sum }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""
SEEDS = [
    b"GET /a/b?c=d HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    b"POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{\"a\":1,\"b\":2}",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"GET /ws/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\x01\x02\x03\x04\x69\x6b",
]
ALPHABET = b"\0\r\n\t :;,=/\\%?#\"'(){}[]@\x7f\x80\xff09afAZ*+-."


def mutated(chance: random.Random) -> bytes:
    data = bytearray(b"".join(chance.choice(SEEDS) for _ in range(chance.randrange(1, 4))))
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0: data[at] = chance.choice(ALPHABET)
            case 1: data.insert(at, chance.choice(ALPHABET))
            case 2: del data[at:at + chance.randrange(1, 5)]
            case 3: data[at:at] = data[at:at + chance.randrange(1, 40)]
            case _: data[at:at] = bytes(chance.choice(ALPHABET) for _ in range(chance.randrange(1, 200)))
        if not data:
            return b"\0"
    return bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_requests(gateway, seed):
    chance = random.Random(seed)
    for _ in range(100):
        data = mutated(chance)
        with gateway.connect() as client:
            try:
                client.send(data)
                client.end()
                rest = client.rest()
            except ConnectionError:
                continue
            assert rest == b"" or rest.startswith(b"HTTP/1.1 "), (data, rest)
            assert b"HTTP/1.1 500" not in rest, (data, rest)
    assert gateway.post("/sum", '{"a":1,"b":2}').json["data"]["res"] == 3


def test_noise(gateway):
    chance = random.Random(99)
    for _ in range(200):
        with gateway.connect() as client:
            try:
                client.send(chance.randbytes(chance.randrange(1, 3000)))
                client.socket.shutdown(socket.SHUT_WR)
                client.rest()
            except ConnectionError:
                pass
    assert gateway.get("/").status == 200
