"""A TCP proxy that can stop forwarding, or cut: a network that fails."""

import asyncio
import threading


class Proxy:
    """Forwards a port of the loopback to `port`, from entering to leaving a `with`."""

    def __init__(self, port: int):
        self.target = port
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()
        self._refuses = False
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._open = asyncio.Event()
        self._open.set()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def blackhole(self) -> None:
        """Connections stay open and nothing passes any more; new ones are taken and hear nothing."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def cut(self, refuses: bool = False) -> None:
        """Resets every connection; with `refuses`, new ones too until `heal`."""
        self._run(self._cut(refuses))

    def heal(self) -> None:
        self._refuses = False
        self._loop.call_soon_threadsafe(self._open.set)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _cut(self, refuses: bool) -> None:
        self._refuses = refuses
        for writer in list(self._writers):
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._cut(True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer) -> None:
        self._tasks.add(asyncio.current_task())
        try:
            if self._refuses:
                return writer.transport.abort()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers |= {writer, far_writer}
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
            self._writers -= {writer, far_writer}
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(asyncio.current_task())

    async def _pump(self, reader, writer) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()
