"""The gateway's own error answers."""

import re

from .http import Answer


def assert_own_error(answer: Answer, status: int) -> None:
    """The envelope of the add API with a request id beside it."""
    assert answer.status == status
    assert answer.header("Content-Type") == "application/json"
    assert answer.json["error"]["code"] == status
    assert answer.json["error"]["errors"] == [{"message": answer.json["error"]["message"]}]
    assert re.fullmatch(r"[0-9A-Za-z-]{8,64}", answer.json["requestId"])
