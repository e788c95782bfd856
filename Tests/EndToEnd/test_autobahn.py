"""Cases 1 to 10 of the Autobahn test suite against `echo.channel`, as `kosoku` has them: seconds, so all of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.gateway import Gateway

CONFIG = """
channels: [{ path: /echo, handler: echo.channel }]
limits: { message: 32MB }
"""
KOSOKU = Path(sys.executable).with_name("kosoku")
CASES = 301
GOOD = {"OK", "INFORMATIONAL"}


@pytest.mark.timeout(300)
def test_autobahn(tmp_path):
    with Gateway(CONFIG) as gateway:
        # 12 and 13 are permessage-deflate, which is not offered.
        ended = subprocess.run(
            [KOSOKU, "-m", "fuzzingclient", "-p", "4", "-x", "12.*", "-x", "13.*", "-o", tmp_path, gateway.ws("/echo")],
            capture_output=True, text=True, timeout=250)
    report = tmp_path / "index.json"
    assert report.exists(), ended.stdout + ended.stderr
    verdicts, = json.loads(report.read_text()).values()
    assert len(verdicts) == CASES
    assert not {case: verdict for case, verdict in verdicts.items()
                if verdict["behavior"] not in GOOD or verdict["behaviorClose"] not in GOOD}
