"""Waiting for what must happen."""

import time
from typing import Callable

from .paths import PATIENCE


def eventually(condition: Callable[[], object], what: str, patience: float = PATIENCE, pause: float = 0.02):
    """Calls `condition` until it gives something true, and returns that. A refused connection counts as not yet."""
    deadline = time.monotonic() + patience
    last: object = None
    while time.monotonic() < deadline:
        try:
            if last := condition():
                return last
        except (ConnectionError, EOFError) as error:
            last = error
        time.sleep(pause)
    raise AssertionError(f"not within {patience} s: {what} (last: {last!r})")
