"""A server that misbehaves in the way its path says: what the load program must notice, or must put up with."""

import asyncio
import re

ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HEAD = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: ")
PLAIN = {
    "/plain": [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"],
    "/split": [b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 6\r", b"\n\r\nhel", b"lo\n"],
    "/chunked": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n4", b"\r\nllo\n\r\n0\r\n\r", b"\n"],
    "/close": [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nhello\n"],
    "/other-body": [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nHELLO\n"],
    "/empty": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "/garbage": [b"SMTP ready and waiting\r\n\r\n"],
}


def frame(opcode, payload, first=0x80):
    count = len(payload)
    size = bytes([count]) if count < 126 else b"\x7e" + count.to_bytes(2, "big")
    return bytes([first | opcode]) + size + payload


async def read_frame(reader):
    first, second = await reader.readexactly(2)
    size = second & 127
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(size)
    key = (mask * (size // 4 + 1))[:size]
    return first & 15, (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class Room:
    """The sockets of one path, and what the path does to the messages after the warm-up."""

    def __init__(self, fault):
        self.fault, self.writers, self.count, self.held = fault, [], 0, None

    def spread(self, payload):
        out = [payload]
        if payload[:1] == b"m":
            self.count += 1
            if self.fault == "drop" and self.count == 7:
                out = []
            elif self.fault == "twice" and self.count == 7:
                out = [payload, payload]
            elif self.fault == "swap" and self.count == 7:
                out, self.held = [], payload
            elif self.held:
                out, self.held = [payload, self.held], None
        data = b"".join(frame(1, each) for each in out)
        for position, writer in enumerate(self.writers):
            # Only the first subscriber meets the fault.
            writer.write(data if position == 0 else frame(1, payload))


async def dribble(writer, pieces):
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.001)


async def serve_plain(reader, writer, path):
    while True:
        await dribble(writer, PLAIN[path])
        if path == "/close":
            return
        await reader.readuntil(b"\r\n\r\n")


async def serve_socket(reader, writer, path, rooms):
    if path == "/refuse":
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        return
    writer.write(HEAD + (b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=" if path == "/accept" else ACCEPT) + b"\r\n\r\n")
    room = rooms.setdefault(path, Room(path[1:].rstrip("0123456789")))
    if not path.startswith("/echo"):
        room.writers.append(writer)
    while True:
        opcode, payload = await read_frame(reader)
        if opcode == 8:
            if path == "/rude":
                return
            writer.write(frame(8, payload))
            if path == "/linger":
                await asyncio.sleep(60)
            return
        if opcode != 1:
            continue
        if path == "/echo":
            await dribble(writer, [frame(9, b"ping") + frame(1, payload)[:1], frame(1, payload)[1:9],
                                   frame(1, payload)[9:]])
        elif path == "/echo-changed":
            writer.write(frame(1, payload[:-1] + b"!"))
        elif path == "/echo-fragment":
            writer.write(frame(1, payload[:8], first=0) + frame(0, payload[8:]))
        else:
            room.spread(payload)


async def serve(reader, writer, rooms):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        path = re.match(rb"\w+ (\S+)", head)[1].decode()
        if b"Upgrade: websocket" in head:
            await serve_socket(reader, writer, path, rooms)
        else:
            await serve_plain(reader, writer, path)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        for room in rooms.values():
            if writer in room.writers:
                room.writers.remove(writer)
        writer.close()


async def main():
    rooms = {}
    server = await asyncio.start_server(lambda reader, writer: serve(reader, writer, rooms), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
