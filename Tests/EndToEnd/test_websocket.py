"""Frames by RFC 6455 §5 to §7, from a client that breaks the rules where libraries would not."""

import struct
import time

import pytest

from harness.frames import (
    BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, FrameClient, close, frame)
from harness.waiting import eventually

CONFIG = """
channels:
  - { path: /echo, handler: echo.channel }
  - { path: /small, handler: echo.channel, limits: { message: 1000 } }
  - { path: /watched, handler: echo.channel, timeouts: { ping: 1s } }
"""


@pytest.fixture
def client(gateway):
    with FrameClient.open(gateway, "/echo") as client:
        yield client


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 125, 126, 127, 65535, 65536, 1 << 20])
@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xa5\x5a\x01\xfe"], ids=["zero mask", "mask"])
def test_lengths_and_masks(client, size, mask):
    payload = (bytes(range(256)) * (size // 256 + 1))[:size]
    client.send(frame(BINARY, payload, mask=mask))
    assert client.frame() == Frame(BINARY, payload)


@pytest.mark.parametrize("lengths", [[1], [2, 3], [5, 1], [3, 11]])
def test_segments_that_cut_frames_anywhere(client, lengths):
    messages = [b"", b"a", b"bc" * 100, bytes(range(256)) * 300]
    data = b"".join(frame(BINARY, message, mask=bytes([7, 77, 177, 27])) for message in messages)
    position = index = 0
    while position < 1000:
        step = lengths[index % len(lengths)]
        client.send(data[position:position + step])
        position, index = position + step, index + 1
    client.send(data[position:])
    assert [client.frame().payload for _ in messages] == messages


def test_fragments_with_controls_between(client):
    client.send(frame(TEXT, b"one ", fin=False) + frame(PING, b"1") + frame(CONTINUATION, b"two ", fin=False)
                + frame(PONG, b"unasked") + frame(CONTINUATION, b"", fin=False) + frame(CONTINUATION, b"three"))
    assert client.frame() == Frame(PONG, b"1")
    assert client.frame() == Frame(TEXT, b"one two three")


@pytest.mark.parametrize("payload", [b"", b"x", b"\xff\x00", b"y" * 125])
def test_a_ping_is_answered(client, payload):
    client.send(frame(PING, payload))
    assert client.frame() == Frame(PONG, payload)


def test_many_pings_are_answered_in_order(client):
    client.send(b"".join(frame(PING, str(number).encode()) for number in range(1000)))
    assert [int(client.frame().payload) for _ in range(1000)] == list(range(1000))


def test_an_unasked_pong_is_ignored(client):
    client.send(frame(PONG, b"?") + frame(TEXT, b"still here"))
    assert client.frame() == Frame(TEXT, b"still here")


BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
VIOLATIONS = {
    "not masked": frame(TEXT, b"hello", mask=None),
    "not masked, empty": frame(TEXT, b"", mask=None),
    "a ping not masked": frame(PING, b"", mask=None),
    "reserved bit 1": frame(TEXT, b"hello", reserved=4),
    "reserved bit 2": frame(TEXT, b"hello", reserved=2),
    "reserved bit 3": frame(BINARY, b"hello", reserved=1),
    "reserved bit on a ping": frame(PING, b"", reserved=4),
    "reserved bit on a continuation": frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b", reserved=4),
    **{f"opcode {opcode}": frame(opcode, b"") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping in fragments": frame(PING, b"a", fin=False),
    "a close in fragments": frame(CLOSE, struct.pack("!H", 1000), fin=False),
    "a ping of 126": frame(PING, b"x" * 126),
    "a pong of 65536": frame(PONG, b"x" * 65536),
    "a close of 126": close(1000, b"x" * 124),
    "a continuation of nothing": frame(CONTINUATION, b"x"),
    "a message in a message": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "a length wider than need be, 16": frame(TEXT, b"hello", width=16),
    "a length wider than need be, 64": frame(TEXT, b"hello", width=64),
    "a length with the top bit": frame(BINARY, b"", length=1 << 63, width=64),
    "a close of one byte": frame(CLOSE, b"\x03"),
    **{f"close code {code}": close(code) for code in BAD_CODES},
}


@pytest.mark.parametrize("data", VIOLATIONS.values(), ids=VIOLATIONS)
def test_violations(client, data):
    """A message before it is still answered; nothing after it is."""
    client.send(frame(TEXT, b"before") + data + frame(TEXT, b"after"))
    assert client.frame() == Frame(TEXT, b"before")
    client.closes_with(1002)


NOT_TEXT = {
    "a lone continuation": b"\x80", "0xFF": b"a\xff", "too long a form of /": b"\xc0\xaf", "of NUL": b"\xc0\x80",
    "three bytes for two": b"\xe0\x80\xaf", "a surrogate": b"\xed\xa0\x80", "above U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80", "cut short": b"abc\xe6\x9d", "cut after one": b"\xf0",
    "ASCII where more is due": b"\xe6\x9d.", "behind a long text": b"x" * 5000 + b"\xff" + b"x" * 5000,
}


@pytest.mark.parametrize("payload", NOT_TEXT.values(), ids=NOT_TEXT)
@pytest.mark.parametrize("pieces", [1, 2, 100])
def test_text_that_is_not_utf_8(client, payload, pieces):
    """However it is cut into fragments."""
    size = -(-len(payload) // pieces)
    parts = [payload[start:start + size] for start in range(0, len(payload), size)]
    for index, part in enumerate(parts):
        client.send(frame(CONTINUATION if index else TEXT, part, fin=index == len(parts) - 1))
    client.closes_with(1007)


def test_text_that_cannot_become_utf_8_is_refused_at_once(client):
    """Before the message is complete."""
    client.send(frame(TEXT, b"\xce\xba\xed\xa0", fin=False))
    client.closes_with(1007)


def test_text_cut_within_a_letter_is_text(client):
    text = "κόσμε \U0001F682".encode()
    for index in range(len(text)):
        client.send(frame(CONTINUATION if index else TEXT, text[index:index + 1], fin=index == len(text) - 1))
    assert client.frame() == Frame(TEXT, text)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
def test_a_close_is_answered(client, code):
    client.send(close(code, "adieu, Grüße".encode()))
    got = client.frame()
    assert got.opcode == CLOSE and got.code == code
    assert client.is_closed()


def test_a_close_without_a_code(client):
    client.send(close(None))
    got = client.frame()
    assert got.opcode == CLOSE and got.code in (1000, 1005)
    assert client.is_closed()


def test_a_close_whose_reason_is_not_text(client):
    client.send(close(1000, b"\xff\xfe"))
    client.closes_with(1007)


def test_nothing_counts_after_a_close(client):
    client.send(frame(TEXT, b"before") + close(1000) + frame(TEXT, b"after") + frame(PING, b"after"))
    assert client.frame() == Frame(TEXT, b"before")
    assert client.frame().opcode == CLOSE
    assert client.is_closed()


def test_a_client_that_ends_its_direction(client):
    client.send(frame(TEXT, b"before"))
    client.end()
    assert client.frame() == Frame(TEXT, b"before")
    assert client.is_closed()


@pytest.mark.parametrize("data", [
    frame(BINARY, b"x" * 1001), frame(BINARY, b"", length=1001, width=16), frame(BINARY, b"", length=1 << 40, width=64),
    frame(TEXT, b"x" * 600, fin=False) + frame(CONTINUATION, b"y" * 401),
], ids=["at once", "announced", "announced a terabyte", "in two fragments"])
def test_too_large(gateway, data):
    """Known from the header: nothing is waited for, nothing allocated."""
    with FrameClient.open(gateway, "/small") as client:
        client.send(frame(BINARY, b"z" * 1000))
        assert client.frame() == Frame(BINARY, b"z" * 1000)
        client.send(data)
        client.closes_with(1009)


def test_fragments_without_end_stay_within_the_limit(gateway):
    with FrameClient.open(gateway, "/small") as client:
        client.send(frame(BINARY, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 20_000)
        client.send(frame(CONTINUATION, b"end"))
        assert client.frame() == Frame(BINARY, b"end")


def test_an_idle_socket_is_pinged_and_lives_if_it_answers(gateway):
    with FrameClient.open(gateway, "/watched") as client:
        for _ in range(3):
            ping = client.frame()
            assert ping.opcode == PING
            client.send(frame(PONG, ping.payload))
        client.send(frame(TEXT, b"alive"))
        got = client.frame()
        while got.opcode == PING:
            got = client.frame()
        assert got == Frame(TEXT, b"alive")


def test_one_that_never_answers_is_cut(gateway):
    with FrameClient.open(gateway, "/watched") as client:
        assert client.frame().opcode == PING
        assert client.is_closed() or client.frame().opcode == CLOSE and client.is_closed()


def test_one_that_talks_is_alive(gateway):
    """Any frame will do: it need not be the pong."""
    with FrameClient.open(gateway, "/watched") as client:
        pings, echoes, begun = 0, 0, time.monotonic()
        client.send(frame(TEXT, b"x"))
        while time.monotonic() - begun < 3.5:
            if client.frame().opcode == PING:
                pings += 1
                client.send(frame(TEXT, b"x"))
            else:
                echoes += 1
        assert pings and echoes


def test_a_client_that_goes_on_after_a_violation_is_cut(gateway):
    """It neither answers the Close nor ends its side."""
    before = gateway.descriptors
    with FrameClient.open(gateway, "/echo") as client:
        client.send(frame(TEXT, b"x", mask=None))
        assert client.frame().opcode == CLOSE
        assert client.is_closed()
        eventually(lambda: gateway.descriptors <= before, "the connection is gone")


def test_many_sockets_of_one_client_do_not_mix(gateway):
    clients = [FrameClient.open(gateway, "/echo") for _ in range(50)]
    for turn in range(10):
        for number, client in enumerate(clients):
            client.send(frame(TEXT, f"{number}:{turn}".encode()))
    for number, client in enumerate(clients):
        assert [client.frame().payload for _ in range(10)] == [f"{number}:{turn}".encode() for turn in range(10)]
        client.close()
