"""The Autobahn test suite, as `kosoku` has its cases, against `echo.channel`.

Cases 12 and 13, permessage-deflate, take minutes; `make conformance` runs all of them, and the rest of the time those
with messages of at most 32 KB.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.gateway import Gateway

# The suite takes a ping that it has not asked for as the end of a case.
CONFIG = """
channels:
  - { path: /echo, handler: echo.channel }
  - { path: /deflate, handler: echo.channel, compression: { threshold: 0 } }
  - { path: /takeover, handler: echo.channel, compression: { takeover: true, threshold: 0 } }
limits: { message: 32MB }
timeouts: { ping: 1h }
"""
AUTOBAHN = Path(__file__).with_name("harness") / "autobahn.py"
GOOD = {"OK", "INFORMATIONAL"}
PLAIN = ["-x", "12.*", "-x", "13.*"]
ALL = bool(os.environ.get("SWITCHYARD_CONFORMANCE"))
GROUPS = [f"12.{group}" for group in range(1, 6)] + [f"13.{group}" for group in range(1, 8)]
DEFLATE = [word for group in GROUPS for number in (range(1, 19) if ALL else (1, 2, 3, 4, 5, 11))
           for word in ("-i", f"{group}.{number}")]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path, chosen, cases", [
    ("/echo", PLAIN, 301), ("/deflate", DEFLATE, len(DEFLATE) // 2), ("/takeover", DEFLATE, len(DEFLATE) // 2),
])
def test_autobahn(path, chosen, cases, tmp_path):
    with Gateway(CONFIG) as gateway:
        ended = subprocess.run(
            [sys.executable, AUTOBAHN, "-m", "fuzzingclient", "-p", "4", *chosen, "-o", tmp_path, gateway.ws(path)],
            capture_output=True, text=True, timeout=850)
    report = tmp_path / "index.json"
    assert report.exists(), ended.stdout + ended.stderr
    verdicts, = json.loads(report.read_text()).values()
    assert len(verdicts) == cases
    assert not {case: verdict for case, verdict in verdicts.items()
                if verdict["behavior"] not in GOOD or verdict["behaviorClose"] not in GOOD}
