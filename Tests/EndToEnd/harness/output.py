"""What a process writes, gathered by a thread."""

import re
import threading
import time
from typing import IO

from .paths import PATIENCE


class Output:
    """Lines of one stream, as they come; can be waited for."""

    def __init__(self, stream: IO[bytes]):
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            with self._changed:
                self._lines.append(line.decode("utf-8", "replace"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        stream.close()

    @property
    def text(self) -> str:
        with self._changed:
            return "".join(self._lines)

    @property
    def position(self) -> int:
        """How many lines there are: where a later `wait_for` may begin to look."""
        with self._changed:
            return len(self._lines)

    def wait_for(self, pattern: str, since: int = 0, patience: float = PATIENCE) -> re.Match[str]:
        """The first line from number `since` on that `pattern` is found in."""
        deadline = time.monotonic() + patience
        expression = re.compile(pattern)
        with self._changed:
            while True:
                while since < len(self._lines):
                    if match := expression.search(self._lines[since]):
                        return match
                    since += 1
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "the stream ended" if self._ended else f"waited {patience} s"
                    raise AssertionError(f"no line like {pattern!r} ({why}); there was:\n{''.join(self._lines)}")
                self._changed.wait(left)

    def wait_for_end(self, patience: float = PATIENCE) -> str:
        self._thread.join(patience)
        return self.text
